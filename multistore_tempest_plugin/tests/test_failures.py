"""Uploads that cannot succeed, and what they leave: nothing.

These tests disturb whoever else uses Glance, and run alone.
"""

from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc
import testtools

from multistore_tempest_plugin.tests import base

CONF = base.CONF


@decorators.serial
class FullStoreTest(base.BaseMultistoreTest):

    min_stores = 1

    @decorators.idempotent_id('c6e1f8b3-2a94-4d07-8b5e-9f0d7c3a6701')
    @testtools.skipUnless(CONF.multistore.fillable_store,
                          '[multistore] fillable_store is empty')
    def test_an_upload_that_does_not_fit(self):
        """The volume is as before, there is no image, the user is told"""
        store = CONF.multistore.fillable_store
        self.assertIn(store, self.stores)
        volume = self.create_volume(
            volume_type=self.create_type(store)['id'])
        image_id = self.begin_upload(volume, 'raw')
        self.assert_left_nothing(volume, image_id)
        told = base.wait_for(lambda: self.messages_about(volume),
                             f'a message about volume {volume["id"]}')
        if CONF.multistore.plugin:
            self.assertIn(f"'{store}' is full", told[0])


@decorators.serial
class GlanceGoneTest(base.BaseMultistoreTest):

    min_stores = 1

    @classmethod
    def skip_checks(cls):
        super().skip_checks()
        if not CONF.multistore.plugin:
            raise cls.skipException('[multistore] plugin is off')
        if not base.RESTARTS:
            raise cls.skipException(
                '[multistore] glance_stop_command or glance_start_command '
                'is empty')

    def _stop_glance(self):
        self.addCleanup(base.start_glance)
        base.stop_glance()

    @decorators.idempotent_id('4b8d0e9f-5c37-4a61-92fe-a6d1c7b03801')
    def test_type_key_says_that_glance_cannot_be_asked(self):
        """503, not 500, and nothing is set"""
        volume_type = self.create_type()
        self._stop_glance()
        self.assert_refused(
            503, (), self.admin_types.create_volume_type_extra_specs,
            volume_type['id'], {base.STORE_KEY: self.writable[0]})
        self.assertEqual({}, self.admin_types.list_volume_types_extra_specs(
            volume_type['id'])['extra_specs'])

    @decorators.idempotent_id('9e2c7a4d-1b6f-4f85-b0d3-c8f5e6a90802')
    def test_an_upload_is_refused_before_anything_is_made(self):
        volume = self.create_volume(
            volume_type=self.create_type(self.writable[0])['id'])
        self._stop_glance()
        self.assert_refused(503, (), self.begin_upload, volume, 'raw')
        self.assertEqual('available', self.volumes.show_volume(
            volume['id'])['volume']['status'])

    @decorators.idempotent_id('d7f3b5c1-8e0a-4296-a9c4-0b6e1d8f5803')
    def test_glance_goes_in_the_middle_of_an_upload(self):
        """The volume is as before, no image stays, the user is told"""
        # Large, or all of it may have arrived before Glance has stopped.
        volume = self.create_volume(
            size=4 * CONF.volume.volume_size,
            volume_type=self.create_type(self.writable[0])['id'])
        image_id = self.begin_upload(volume, 'raw')
        base.wait_for(
            lambda: self.images.show_image(image_id)['status'] == 'saving',
            f'image {image_id} to be saving')
        self._stop_glance()
        base.wait_for(
            lambda: self.volumes.show_volume(
                volume['id'])['volume']['status'] == 'available',
            f'volume {volume["id"]} to be available')
        base.start_glance()
        base.wait_for(lambda: self._is_gone(image_id),
                      f'image {image_id} to be gone')
        self.assertNotEqual([], self.messages_about(volume))
        # And the next one succeeds.
        self.upload(volume)

    def _is_gone(self, image_id):
        try:
            self.images.show_image(image_id)
        except lib_exc.NotFound:
            return True
        return False
