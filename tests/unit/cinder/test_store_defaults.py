"""``[multistore_store_<id>]``: what images get where nothing is said."""

from cinder.tests.unit import fake_constants
import ddt
from oslo_config import cfg

from cinder_glance_multistore.cinder import store_defaults
from cinder_glance_multistore.conf import store_defaults as options
from cinder_glance_multistore.image_service import errors
from tests.unit.cinder import base
from tests.unit.cinder import test_manager

CONF = cfg.CONF


def section(test, store_id, **values):
    """Do as if cinder.conf had a section."""
    group = options.group_of(store_id)
    options.register_opts(CONF, group)
    for name, value in values.items():
        test.override_config(name, value, group)
    sections = [*CONF.list_all_sections(), group]
    test.mock_object(cfg.ConfigOpts, 'list_all_sections',
                     return_value=sections)


class TestRequests(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.patch('cinder.volume.rpcapi.VolumeAPI.copy_volume_to_image')
        section(self, 'fast', disk_format='qcow2', container_format='ovf',
                visibility='community')

    def uploaded(self, volume, **kwargs):
        status, body = self.upload(volume, **kwargs)
        self.assertEqual(202, status, body)
        image = self.api.images[body['os-volume_upload_image']['image_id']]
        return tuple(image.get(name) for name in (
            'disk_format', 'container_format', 'visibility'))

    def test_they_apply_where_the_request_says_nothing(self):
        self.assertEqual(('qcow2', 'ovf', 'community'),
                         self.uploaded(self.volume()))
        self.assertEqual(
            ('vmdk', 'ovf', 'private'),
            self.uploaded(self.volume(), disk_format='vmdk',
                          visibility='private'))

    def test_another_store_has_upstreams(self):
        self.assertEqual(('raw', 'bare', 'private'),
                         self.uploaded(self.volume(store='reliable')))

    def test_the_default_store_and_an_alias_have_theirs(self):
        section(self, 'reliable', container_format='ova')
        self.assertEqual(('raw', 'ova', 'private'),
                         self.uploaded(self.volume(store=None)))
        self.override_config('store_aliases', {'old': 'fast'}, 'multistore')
        self.assertEqual('qcow2', self.uploaded(
            self.volume(store='old'))[0])

    def test_an_old_microversion_has_no_visibility(self):
        self.assertEqual(('qcow2', 'ovf'), self.uploaded(
            self.volume(), version='3.0')[:2])

    def test_an_encrypted_volume_stays_raw(self):
        self.patch('cinder.volume.volume_utils.clone_encryption_key',
                   return_value=fake_constants.ENCRYPTION_KEY2_ID)
        volume = self.volume(
            encryption_key_id=fake_constants.ENCRYPTION_KEY_ID)
        self.assertEqual(('raw', 'bare', 'community'),
                         self.uploaded(volume))

    def test_nobody_gets_more_rights_by_them(self):
        section(self, 'fast', visibility='public')
        self.assertAnswer(403, ["Policy doesn't allow"],
                          self.upload(self.volume(), user=self.member))
        self.assertEqual('private', self.uploaded(
            self.volume(), visibility='private', user=self.member)[2])


@ddt.ddt
class TestProperties(test_manager.ManagerTestCase):

    def setUp(self):
        super().setUp()
        section(self, 'fast', properties={'hw_disk_bus': 'scsi',
                                          'os_type': 'linux'})

    def test_what_the_image_has_stays(self):
        volume, image_id = self.uploading()
        self.api.images[image_id]['os_type'] = 'windows'
        self.copy(volume, image_id)
        image = self.api.images[image_id]
        self.assertEqual(('active', 'scsi', 'windows', self.digest),
                         (image['status'], image['hw_disk_bus'],
                          image['os_type'], image['os_hash_value']))

    def test_the_default_store_has_its_own(self):
        section(self, 'reliable', properties={'a': 'b'})
        volume, image_id = self.uploading(store=None)
        self.copy(volume, image_id)
        image = self.api.images[image_id]
        self.assertEqual(('b', None), (image.get('a'),
                                       image.get('hw_disk_bus')))

    def test_a_refusal_ends_the_upload_before_the_first_byte(self):
        self.api.overrides.append((
            'PATCH .*', lambda api, request: request.answer(
                403, b'property hw_disk_bus is protected')))
        volume, image_id = self.uploading()
        self.fail(errors.PropertiesRefused, volume, image_id)
        self.assertEqual([], self.api.puts)
        self.assertNotIn(image_id, self.api.images)
        self.assertOver(volume)
        self.assertEqual(
            "The image service refused the properties that images in the "
            "image store 'fast' are to have.", self.user_message(volume))


@ddt.ddt
class TestMistakes(base.TestCase):

    @ddt.data(
        ({'properties': {'visibility': 'public'}}, "'visibility' is no"),
        ({'properties': {'os_glance_x': 'y'}}, "'os_glance_x' is no"),
        ({'properties': {'a': ''}}, 'has no value'),
        ({'properties': {'a' * 256: 'b'}}, 'too long'))
    @ddt.unpack
    def test_are_told_at_the_start(self, values, text):
        section(self, 'fast', **values)
        error = self.assertRaises(errors.InvalidStoreDefaults,
                                  store_defaults.check)
        self.assertIn(text, str(error))
        self.assertIn('[multistore_store_fast]', str(error))

    def test_stores_that_oslo_config_cannot_tell_apart(self):
        section(self, 'Fast')
        section(self, 'fast')
        self.assertIn("cannot be told from that of 'Fast'", str(
            self.assertRaises(errors.InvalidStoreDefaults,
                              store_defaults.check)))

    def test_a_store_in_another_spelling_is_another_store(self):
        section(self, 'Fast', disk_format='qcow2')
        self.assertEqual(store_defaults.Defaults(),
                         store_defaults.of('fast'))
