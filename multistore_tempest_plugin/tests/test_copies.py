"""Images that are in several stores."""

import hashlib

from tempest.common import waiters
from tempest.lib import decorators
import testtools

from multistore_tempest_plugin.tests import base

CONF = base.CONF


class CopiesTest(base.BaseMultistoreTest):
    """By default policy only an administrator copies and takes away."""

    @classmethod
    def resource_setup(cls):
        super().resource_setup()
        methods = cls.images.info_import()['import-methods']['value']
        if 'copy-image' not in methods:
            raise cls.skipException('Glance copies no images (copy-image)')

    def _image_in(self, *stores):
        """Make an image in stores; return (its id, SHA-512 of its data)."""
        data = base.random_bytes(base.MIB)
        image_id = self.create_image(data, stores[0])
        for store in stores[1:]:
            self._copy(image_id, store)
        self.assertEqual(
            set(stores),
            set(self.stores_of(self.images.show_image(image_id))))
        return image_id, hashlib.sha512(data).hexdigest()

    def _copy(self, image_id, store):
        self.admin_images.image_import(
            image_id, method='copy-image', all_stores=False, stores=[store])
        waiters.wait_for_image_copied_to_stores(self.images, image_id)

    @decorators.idempotent_id('60d1e8f4-b9a2-4c73-8e5d-7f2c0b6a3901')
    def test_an_image_is_deleted_from_one_store_of_two(self):
        first, second = self.writable[:2]
        image_id, _ = self._image_in(first, second)
        self.admin_images.delete_image_from_store(image_id, first)
        image = self.images.show_image(image_id)
        self.assertEqual(([second], 'active'),
                         (self.stores_of(image), image['status']))

    @decorators.idempotent_id('ad5f7c20-3e81-4b94-9a6c-e0d8b1f46902')
    def test_it_is_downloaded_whichever_store_is_gone(self):
        for gone, left in (self.writable[:2], self.writable[1::-1]):
            image_id, sha512 = self._image_in(gone, left)
            self.admin_images.delete_image_from_store(image_id, gone)
            self.assertEqual(
                (base.MIB, sha512), self.download(image_id)[:2])

    @decorators.idempotent_id('fc0b4e93-7d62-4815-b8ae-2a9d5f7c1903')
    def test_the_last_store_is_not_taken_from_an_image(self):
        image_id, sha512 = self._image_in(self.writable[0])
        self.assert_refused(
            403, (), self.admin_images.delete_image_from_store, image_id,
            self.writable[0])
        self.assertEqual(sha512, self.download(image_id)[1])

    @decorators.idempotent_id('28a6d9e5-0f4c-4b37-9d1e-c5b8f3e70904')
    def test_an_uploaded_volume_is_copied_to_another_store(self):
        first, second = self.writable[:2]
        volume = self.create_volume(
            volume_type=self.create_type(first)['id'])
        image = self.upload(volume)
        self._copy(image['id'], second)
        self.admin_images.delete_image_from_store(image['id'], first)
        self.assertEqual(image['os_hash_value'],
                         self.images.show_image(image['id'])['os_hash_value'])
        if image['os_hash_algo'] == 'sha512':
            self.assertEqual(image['os_hash_value'],
                             self.download(image['id'])[1])

    @decorators.idempotent_id('b1e9c5f7-64d8-4a20-8f3b-0c7a9e2d6905')
    @testtools.skipUnless(CONF.multistore.store_weights,
                          '[multistore] store_weights is off')
    def test_stores_are_told_by_weight(self):
        """Heaviest first: in that order Glance reads them

        The weights are those an administrator is told: what everybody is
        told has none. The lightest store gets the image first, so the order
        in which it came to the stores is another one.
        """
        weights = {store['id']: store['weight'] for store in
                   self.admin_images.info_stores_detail()['stores']}
        stores = sorted(self.writable, key=weights.__getitem__)
        light, heavy = stores[0], stores[-1]
        self.assertGreater(weights[heavy], weights[light])
        image_id, _ = self._image_in(light, heavy)
        self.assertEqual([heavy, light],
                         self.stores_of(self.images.show_image(image_id)))
