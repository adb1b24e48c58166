"""What a store that will not do gets, at each door."""

from tempest.lib import decorators
from tempest.lib.common.utils import data_utils
import testtools

from multistore_tempest_plugin.tests import base

CONF = base.CONF


class _Refusals(base.BaseMultistoreTest):

    min_stores = 1

    @classmethod
    def skip_checks(cls):
        super().skip_checks()
        if not CONF.multistore.plugin:
            raise cls.skipException('[multistore] plugin is off')

    def misspelt(self):
        """Return (what is wrong, the store that was meant)."""
        # Of the longest id, so that no other is as near.
        store = max(self.writable, key=len)
        wrong = f'{store}x'
        while wrong in self.stores:
            wrong += 'x'
        return wrong, store


class TypeKeyTest(_Refusals):
    """Extra specs set on a type that there is."""

    def _assert_refused(self, specs, *texts):
        volume_type = self.create_type()
        self.assert_refused(
            400, texts, self.admin_types.create_volume_type_extra_specs,
            volume_type['id'], specs)
        self.assertEqual({}, self.admin_types.list_volume_types_extra_specs(
            volume_type['id'])['extra_specs'])

    @decorators.idempotent_id('8a1d5e4c-7b30-4f92-a6c8-2d0e9f3b1401')
    def test_unknown_store(self):
        """The answer names the stores that are allowed"""
        store = data_utils.rand_name('nosuch')
        self._assert_refused(
            {base.STORE_KEY: store}, base.STORE_KEY, store, *self.writable)

    @decorators.idempotent_id('f26c0b9a-3d8e-4715-9e5b-c1a7d4f60402')
    def test_misspelt_store(self):
        """The answer says which one may have been meant"""
        wrong, meant = self.misspelt()
        self._assert_refused(
            {base.STORE_KEY: wrong}, f"Did you mean '{meant}'?")

    @decorators.idempotent_id('6d9b3f72-e5a1-4c08-8f4d-7b2e0c5a9403')
    def test_no_store(self):
        for value in ('', ' '):
            self._assert_refused({base.STORE_KEY: value}, base.STORE_KEY)

    @decorators.idempotent_id('0e7f4a5d-92c6-4b1e-b3d0-8a5c6e1f2404')
    @testtools.skipUnless(CONF.multistore.read_only_store,
                          '[multistore] read_only_store is off')
    def test_read_only_store(self):
        self._assert_refused(
            {base.STORE_KEY: self.read_only[0]}, 'read-only',
            *self.writable)

    @decorators.idempotent_id('d5a20c8e-4f6b-4e39-a7d1-3c9b0f8e7405')
    def test_misspelt_key(self):
        self._assert_refused(
            {'image_service:storeid': self.writable[0]}, base.STORE_KEY)

    @decorators.idempotent_id('b3c8e6d1-0a5f-4972-8d4e-f1b7a9c20406')
    def test_one_key_of_a_type(self):
        """PUT of a single key: refused, and the old value stays"""
        volume_type = self.create_type(self.writable[0])
        store = data_utils.rand_name('nosuch')
        self.assert_refused(
            400, (store, *self.writable),
            self.admin_types.update_volume_type_extra_specs,
            volume_type['id'], base.STORE_KEY, {base.STORE_KEY: store})
        self.assertEqual(
            {base.STORE_KEY: self.writable[0]},
            self.admin_types.list_volume_types_extra_specs(
                volume_type['id'])['extra_specs'])


class TypeCreationTest(_Refusals):
    """Extra specs that come with a new type, which upstream checks not."""

    def _assert_refused(self, specs, *texts):
        self.assert_no_type(400, texts, self.admin_types, specs)

    @decorators.idempotent_id('79e4b0d6-c2f3-4a18-9b5c-0d8e7f6a1501')
    def test_unknown_store(self):
        store = data_utils.rand_name('nosuch')
        self._assert_refused({base.STORE_KEY: store}, store, *self.writable)

    @decorators.idempotent_id('1f5a9c3e-8d70-4b62-a4e7-6c0b2d9f8502')
    def test_misspelt_store(self):
        wrong, meant = self.misspelt()
        self._assert_refused(
            {base.STORE_KEY: wrong}, f"Did you mean '{meant}'?")

    @decorators.idempotent_id('e8d6c1b4-7a9f-4053-8e2d-5f3c0a7b4503')
    @testtools.skipUnless(CONF.multistore.read_only_store,
                          '[multistore] read_only_store is off')
    def test_read_only_store(self):
        self._assert_refused(
            {base.STORE_KEY: self.read_only[0]}, 'read-only',
            *self.writable)

    @decorators.idempotent_id('a0b9f7e5-3c1d-4e86-b2a4-9d6f8c5e0504')
    def test_misspelt_key(self):
        self._assert_refused(
            {'image_service:storeid': self.writable[0]}, base.STORE_KEY)


class RetiredStoreTest(_Refusals):

    @decorators.idempotent_id('35c7d2a8-6f0e-4b91-9c3e-b8e1f4d70601')
    @testtools.skipUnless(CONF.multistore.retired_volume_type,
                          '[multistore] retired_volume_type is empty')
    def test_an_upload_to_a_store_that_is_gone(self):
        """Refused before anything is made; the answer names the others"""
        volume = self.create_volume(
            volume_type=CONF.multistore.retired_volume_type)
        before = self.count_images()
        self.assert_refused(
            400, self.writable, self.begin_upload, volume)
        self.assertEqual('available', self.volumes.show_volume(
            volume['id'])['volume']['status'])
        self.assertEqual(before, self.count_images())
