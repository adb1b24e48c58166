"""What only some may do."""

from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc
from tempest.lib.common.utils import data_utils
import testtools

from multistore_tempest_plugin.tests import base

CONF = base.CONF

_of_operators = testtools.skipIf(
    CONF.multistore.show_multiple_locations,
    '[multistore] show_multiple_locations is on')


class RolesTest(base.BaseMultistoreTest):

    min_stores = 1
    LOCATION = 'https://127.0.0.1/image.raw'

    @decorators.idempotent_id('5f0d8b7e-a3c1-4692-9e4f-d1b6c8a72a01')
    def test_a_member_cannot_set_extra_specs(self):
        """Nor learn from the answer which stores there are"""
        volume_type = self.create_type()
        for store in (self.writable[0], data_utils.rand_name('nosuch')):
            try:
                self.types.create_volume_type_extra_specs(
                    volume_type['id'], {base.STORE_KEY: store})
            except lib_exc.Forbidden as error:
                self.assertNotIn('Allowed', str(error))
            else:
                self.fail('A member has set an extra spec')
        self.assertEqual({}, self.admin_types.list_volume_types_extra_specs(
            volume_type['id'])['extra_specs'])

    @decorators.idempotent_id('e3a7c9f1-0b5d-4e68-8a2d-7c4f6b9e1a02')
    def test_a_member_cannot_make_a_type(self):
        self.assert_no_type(
            403, (), self.types, {base.STORE_KEY: self.writable[0]})

    @decorators.idempotent_id('96b2d4e0-7f8c-4a15-b3e6-0d9a5c1f8a03')
    @_of_operators
    def test_a_member_cannot_put_a_location_into_an_image(self):
        """Not by PATCH, where location would be anybody's choice"""
        image_id = self.create_image()
        self.assert_refused(
            403, (), self.images.update_image, image_id, [{
                'add': '/locations/-',
                'value': {'url': self.LOCATION, 'metadata': {}}}])

    @decorators.idempotent_id('2c8e6f5a-1d94-4b70-9f3a-e7b0d6c4ba04')
    def test_a_member_registers_no_file_of_the_node(self):
        """Nor a location of a scheme that is a driver's, or nobody's"""
        image_id = self.create_image()
        for url in ('file:///etc/passwd', 'filesystem:///etc/passwd',
                    'multidir:///etc/passwd', 'nosuch://host/image'):
            # 404 where Glance is too old to register any.
            self.assert_refused(
                (400, 403, 404), (), self.images.register_location,
                image_id, url)
        image = self.images.show_image(image_id)
        self.assertEqual(('queued', None), (image['status'], image['size']))

    @decorators.idempotent_id('70a5d3c8-e9b6-4f12-8c0d-5b7e2f1a4a05')
    def test_a_reader_makes_no_image_and_registers_no_location(self):
        image_id = self.create_image()
        # 400 where Glance takes no location of this scheme from anybody.
        self.assert_refused(
            (400, 403, 404), (), self.reader_images.register_location,
            image_id, self.LOCATION)
        self.assertEqual(
            'queued', self.images.show_image(image_id)['status'])
        try:
            made = self.reader_images.create_image(name=self.name())
        except lib_exc.Forbidden:
            return
        self.delete_later(made['id'])
        self.fail('A reader has made an image')

    @decorators.idempotent_id('bd4f1e7c-6a02-4985-a7d3-9c8b0e5f3a06')
    def test_the_locations_of_services_are_not_told_to_users(self):
        image_id = self.create_image(b'data', self.writable[0])
        for client in (self.images, self.reader_images):
            self.assert_refused(
                (403, 404), (), client.show_image_locations, image_id)

    @decorators.idempotent_id('1e9c47d2-58ab-4f63-9d07-b2a6e8f0c507')
    @_of_operators
    def test_an_image_does_not_say_where_it_lies(self):
        image_id = self.create_image(b'data', self.writable[0])
        self.assertNotIn('locations', self.images.show_image(image_id))
