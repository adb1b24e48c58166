import configparser
import tempfile
import unittest

import ddt

from cinder_glance_multistore.sandbox import cinder
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import layout

_GLANCE = 'http://127.0.0.1:20001'


@ddt.ddt
class CinderConfigTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)

    def _paste(self):
        files.make_directory(self.layout.config_dir('cinder'))
        cinder.write_config(
            self.layout, 'cinder',
            cinder.config(self.layout, 'cinder', 20002, _GLANCE))
        paste = configparser.RawConfigParser()
        paste.read(self.layout.config_dir('cinder') / 'api-paste.ini')
        return paste

    @ddt.data('noauth', 'keystone')
    def test_no_pipeline_asks_keystone(self, auth_strategy):
        paste = self._paste()
        pipeline = paste['composite:openstack_volume_api_v3'][auth_strategy]
        self.assertIn('noauth', pipeline.split())
        self.assertIn('anyone', pipeline.split())
        self.assertNotIn('authtoken', pipeline.split())

    def test_every_filter_of_a_pipeline_is_defined(self):
        paste = self._paste()
        for auth_strategy in ('noauth', 'keystone'):
            *filters, app = paste['composite:openstack_volume_api_v3'][
                auth_strategy].split()
            for name in filters:
                self.assertIn(f'filter:{name}', paste.sections())
            self.assertIn(f'app:{app}', paste.sections())

    def test_the_plugin_is_loaded_beside_what_is_standard(self):
        sections = ini.merge(
            cinder.config(self.layout, 'cinder', 20002, _GLANCE),
            cinder.PLUGIN)
        text = ini.render(sections)
        self.assertIn('osapi_volume_extension = '
                      'cinder.api.contrib.standard_extensions\n', text)
        self.assertIn('osapi_volume_extension = '
                      'cinder_glance_multistore.cinder.extension\n', text)

    def test_upstream_is_upstream(self):
        text = ini.render(cinder.config(
            self.layout, 'upstream', 20003, _GLANCE, 'keystone'))
        self.assertNotIn('cinder_glance_multistore.cinder', text)
        self.assertIn('auth_strategy = keystone', text)

    def test_two_cinders_write_to_different_places(self):
        ours = cinder.config(self.layout, 'cinder', 20002, _GLANCE)
        theirs = cinder.config(self.layout, 'upstream', 20003, _GLANCE)
        for section, option in (
                ('database', 'connection'), ('DEFAULT', 'state_path'),
                ('DEFAULT', 'image_conversion_dir'),
                ('coordination', 'backend_url'),
                ('oslo_concurrency', 'lock_path'),
                (layout.BACKEND, 'nfs_mount_point_base')):
            self.assertNotEqual(
                ours[section][option], theirs[section][option])

    def test_it_listens_on_this_machine_only(self):
        sections = cinder.config(self.layout, 'cinder', 20002, _GLANCE)
        self.assertEqual(
            '127.0.0.1', sections['DEFAULT']['osapi_volume_listen'])
