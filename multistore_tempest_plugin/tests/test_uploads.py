"""Where an uploaded volume lands, and that it is the volume."""

import hashlib
import io

from tempest.common import waiters
from tempest.lib import decorators
from tempest.lib.common.utils import data_utils
from tempest.lib.common.utils import test_utils
import testtools

from multistore_tempest_plugin.tests import base

CONF = base.CONF
# What of a volume is random; a volume's smallest size is 1 GiB.
DATA = 8 * base.MIB
# qemu-img's clusters are this large, or larger.
CLUSTER = 64 * 1024


class UploadByTypeTest(base.BaseMultistoreTest):

    @decorators.idempotent_id('0f8a2b6e-18a4-45f3-a5f0-2a6cb2c9b101')
    def test_every_store_gets_the_volumes_of_its_type(self):
        """For every store that takes images"""
        for store in self.writable:
            volume = self.create_volume(
                volume_type=self.create_type(store)['id'])
            image = self.upload(volume)
            self.assertEqual([store], self.stores_of(image))

    @decorators.idempotent_id('6b1e5c7d-2e0f-4b95-9d86-b1f7c8d2a102')
    def test_without_the_extra_spec_it_is_the_default_store(self):
        volume = self.create_volume(volume_type=self.create_type()['id'])
        image = self.upload(volume)
        self.assertEqual([self.default_store], self.stores_of(image))

    @decorators.idempotent_id('c92f7d05-8be3-4e0f-8a3b-0e5d6f4b7103')
    def test_two_types_at_once(self):
        """Uploads side by side do not go to each other's store"""
        begun = []
        for store in self.writable[:2] * 2:
            volume = self.create_volume(
                volume_type=self.create_type(store)['id'])
            begun.append((store, volume))
        begun = [(store, volume, self.begin_upload(volume))
                 for store, volume in begun]
        for store, volume, image_id in begun:
            image = self.end_upload(volume, image_id)
            self.assertEqual([store], self.stores_of(image))

    @decorators.idempotent_id('18d4e3ab-6c57-4a0e-b2d1-7f9e0c3a5104')
    def test_after_a_retype_it_is_the_new_types_store(self):
        first, second = self.writable[:2]
        # Before the volume: what is made last is deleted first.
        other = self.create_type(second)
        volume = self.create_volume(
            volume_type=self.create_type(first)['id'])
        self.volumes.retype_volume(
            volume['id'], new_type=other['id'], migration_policy='on-demand')
        waiters.wait_for_volume_resource_status(
            self.volumes, volume['id'], 'available')
        has = self.volumes.show_volume(volume['id'])['volume']['volume_type']
        if has != other['name'] and not CONF.multistore.plugin:
            raise self.skipException(
                '[multistore] plugin is off, and Cinder retypes no volume '
                'here without another back end to move it to')
        self.assertEqual(other['name'], has)
        image = self.upload(volume)
        self.assertEqual([second], self.stores_of(image))

    @decorators.idempotent_id('f5b0c4d8-3a9e-4d12-8c6f-2e7a1b9d0105')
    def test_a_type_that_was_pointed_elsewhere(self):
        """By PUT of the one key, while no volume has the type"""
        first, second = self.writable[:2]
        volume_type = self.create_type(first)
        self.admin_types.update_volume_type_extra_specs(
            volume_type['id'], base.STORE_KEY, {base.STORE_KEY: second})
        volume = self.create_volume(volume_type=volume_type['id'])
        self.assertEqual([second], self.stores_of(self.upload(volume)))

    @decorators.idempotent_id('82e7f1c6-5d40-4b8b-a97e-3c0d6b5f2106')
    def test_visibility_and_protection_are_kept(self):
        """And the store too"""
        store = self.writable[0]
        volume = self.create_volume(
            volume_type=self.create_type(store)['id'])
        image_id = self.begin_upload(
            volume, visibility='shared', protected=True)
        self.addCleanup(
            test_utils.call_and_ignore_notfound_exc,
            self.images.update_image, image_id,
            [{'replace': '/protected', 'value': False}])
        image = self.end_upload(volume, image_id)
        self.assertEqual([store], self.stores_of(image))
        self.assertEqual(('shared', True),
                         (image['visibility'], image['protected']))
        self.assert_refused(403, (), self.images.delete_image, image_id)

    @decorators.idempotent_id('9d3a6e20-b7f4-4c85-9e1d-5a8c7f0b4107')
    def test_a_member_cannot_upload_a_public_image(self):
        """Refused, and nothing stays"""
        volume = self.create_volume(
            volume_type=self.create_type(self.writable[0])['id'])
        before = self.count_images()
        self.assert_refused(
            403, (), self.begin_upload, volume, visibility='public')
        self.assertEqual(before, self.count_images())

    @decorators.idempotent_id('4e6c9b83-0f1d-4a72-8b5e-d2c7a1f3e108')
    @testtools.skipUnless(CONF.multistore.vsphere_store,
                          '[multistore] vsphere_store is off')
    def test_a_vmdk_lands_in_the_vsphere_store(self):
        detail = self.admin_images.info_stores_detail()['stores']
        stores = [store['id'] for store in detail
                  if store['type'] in ('vsphere', 'vmware')]
        self.assertNotEqual([], stores)
        for store in stores:
            volume = self.create_volume(
                volume_type=self.create_type(store)['id'])
            image = self.upload(volume, 'vmdk')
            self.assertEqual([store], self.stores_of(image))
            self.assertEqual('vmdk', image['disk_format'])


class UploadedBytesTest(base.BaseMultistoreTest):
    """What was written to a volume is what is downloaded from its image."""

    @classmethod
    def resource_setup(cls):
        super().resource_setup()
        cls.data = base.random_bytes(DATA)
        # An image is how a volume gets known data on any cloud.
        cls.source = cls.create_shared_image(cls.data)

    def _check(self, image):
        size, sha512, head = self.download(image['id'], DATA)
        self.assertEqual(base.volume_bytes(), size)
        self.assertEqual(size, image['size'])
        self.assertEqual(hashlib.sha512(self.data).digest(),
                         hashlib.sha512(head).digest())
        if image['os_hash_algo'] == 'sha512':
            self.assertEqual(image['os_hash_value'], sha512)

    @decorators.idempotent_id('b7c1f4a9-6e28-4d53-8f0a-1d9e5c2b3202')
    def test_raw_in_two_stores_at_once(self):
        begun = []
        for store in self.writable[-2:]:
            volume = self.create_volume(
                volume_type=self.create_type(store)['id'],
                imageRef=self.source)
            begun.append((store, volume))
        begun = [(store, volume, self.begin_upload(volume, 'raw'))
                 for store, volume in begun]
        for store, volume, image_id in begun:
            image = self.end_upload(volume, image_id)
            self.assertEqual([store], self.stores_of(image))
            self._check(image)

    @decorators.idempotent_id('e0a4d6c3-9b72-4c1e-a5d8-7f3b0e9c6203')
    def test_qcow2(self):
        """Whole, and with every cluster of the data"""
        store = self.other_stores[0]
        volume = self.create_volume(
            volume_type=self.create_type(store)['id'], imageRef=self.source)
        image = self.upload(volume, 'qcow2')
        self.assertEqual('qcow2', image['disk_format'])
        size, sha512, body = self.download(image['id'], image['size'])
        self.assertEqual((image['size'], b'QFI\xfb'), (size, body[:4]))
        if image['os_hash_algo'] == 'sha512':
            self.assertEqual(image['os_hash_value'], sha512)
        for start in range(0, DATA, CLUSTER):
            self.assertIn(self.data[start:start + CLUSTER], body)

    @decorators.idempotent_id('57f9e2d4-1c8b-4e60-b3a7-0d6f4a8c5204')
    @testtools.skipUnless(CONF.multistore.encrypted_volumes,
                          '[multistore] encrypted_volumes is off')
    def test_encrypted(self):
        """A LUKS volume stays one, with a key of its own"""
        store = self.other_stores[0]
        volume_type = self.create_type(store)['id']
        self.encryption.create_encryption_type(
            volume_type, provider='luks', cipher='aes-xts-plain64',
            key_size=256, control_location='front-end')
        # Many back ends format no volume that is empty and never attached.
        volume = self.create_volume(
            volume_type=volume_type, imageRef=self.source)
        image = self.upload(volume, 'raw')
        self.assertEqual([store], self.stores_of(image))
        self.assertTrue(image['cinder_encryption_key_id'])
        size, sha512, head = self.download(image['id'], 4)
        self.assertEqual((image['size'], b'LUKS'), (size, head))


class StoreHeaderTest(base.BaseMultistoreTest):
    """Images that users give to a store of their choice."""

    @decorators.idempotent_id('c4b8a7e1-5f03-4d29-9c6b-e8d2f1a07301')
    def test_every_store_gets_what_is_sent_to_it(self):
        for store in self.writable:
            data = base.random_bytes(base.MIB)
            image_id = self.create_image(data, store)
            image = self.images.show_image(image_id)
            self.assertEqual([store], self.stores_of(image))
            self.assertEqual(
                (len(data), hashlib.sha512(data).hexdigest()),
                self.download(image_id)[:2])

    @decorators.idempotent_id('13e6d0f8-a2b7-4c94-8d5e-6b0c9f7a2302')
    def test_an_unknown_store_is_refused(self):
        """And the image takes data for another store still"""
        image_id = self.create_image()
        self.assert_refused(
            400, (), self.images.store_image_file, image_id,
            io.BytesIO(b'data'), data_utils.rand_name('nosuch'))
        self.assertEqual(
            'queued', self.images.show_image(image_id)['status'])
