"""Who sees what of Glance's stores."""

from tempest.lib import decorators
import testtools

from multistore_tempest_plugin.tests import base

CONF = base.CONF


class DiscoveryTest(base.BaseMultistoreTest):

    min_stores = 1

    def _seen_by(self, client):
        return {store['id']: store
                for store in client.info_stores()['stores']}

    @decorators.idempotent_id('0c5b1c8e-4f0e-4c56-8d9e-1a9f2b7a1f01')
    def test_every_role_sees_the_same_stores(self):
        """Admin, member and reader see the ids, one of them the default"""
        self.assertIsNotNone(self.default_store)
        for client in (self.admin_images, self.reader_images):
            self.assertEqual(self.stores.keys(), self._seen_by(client).keys())
        self.assertEqual(1, sum(
            str(store.get('default')).lower() == 'true'
            for store in self.stores.values()))

    @decorators.idempotent_id('5a8d2e63-77c1-4c0b-92de-6c3b80cf4d02')
    def test_details_are_not_told_to_everyone(self):
        """Member and reader learn nothing of how stores are made"""
        for client in (self.images, self.reader_images):
            for store in self._seen_by(client).values():
                self.assertEqual(
                    set(), {'properties', 'places', 'reason', 'weight'} &
                    store.keys())

    @decorators.idempotent_id('a4e2f9b0-2f5f-4e43-9b0c-5f6a7bd1c303')
    def test_detail_is_refused_to_member_and_reader(self):
        for client in (self.images, self.reader_images):
            self.assert_refused(403, (), client.info_stores_detail)

    @decorators.idempotent_id('d1c6a7e4-9c3e-4e2b-8a57-0b9d3f5e6a04')
    @testtools.skipUnless(CONF.multistore.discovery_filter,
                          '[multistore] discovery_filter is off')
    def test_detail_tells_an_admin_of_stores_of_every_type(self):
        """Upstream answers 500 where it does not know a store's type"""
        detail = {store['id']: store for store in
                  self.admin_images.info_stores_detail()['stores']}
        self.assertEqual(self.stores.keys(), detail.keys())
        for store in detail.values():
            self.assertTrue(store['type'])
            self.assertIsInstance(store['weight'], int)
            self.assertIn('properties', store)

    @decorators.idempotent_id('7f3c0d52-e0b4-4d27-b6f5-93c8e21d4a05')
    @testtools.skipUnless(CONF.multistore.discovery_filter,
                          '[multistore] discovery_filter is off')
    def test_a_store_says_whether_it_works(self):
        for store_id in self.writable:
            self.assertEqual('available', self.stores[store_id]['status'])

    @decorators.idempotent_id('3e9b6d17-5a4c-4f18-a2c9-64d0f7b81e06')
    @testtools.skipUnless(CONF.multistore.read_only_store,
                          '[multistore] read_only_store is off')
    def test_a_read_only_store_is_marked(self):
        self.assertNotEqual([], self.read_only)
