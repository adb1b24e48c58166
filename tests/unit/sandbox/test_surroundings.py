import os
import subprocess
import sys
import unittest
from unittest import mock

import ddt

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import surroundings


@ddt.ddt
class SurroundingsTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        self.layout = layout.Layout('/srv/sandbox')

    @ddt.data('http_proxy', 'HTTPS_PROXY', 'REQUESTS_CA_BUNDLE',
              'CURL_CA_BUNDLE', 'OS_AUTH_URL', 'EVENTLET_HUB',
              'OS_CINDER_DISABLE_EVENTLET_PATCHING', 'AWS_SECRET')
    def test_services_do_not_see(self, name):
        with mock.patch.dict(os.environ, {name: 'x'}):
            self.assertNotIn(name, surroundings.environment(self.layout))

    def test_services_need_no_variable_of_the_caller(self):
        with mock.patch.dict(os.environ, clear=True):
            environment = surroundings.environment(self.layout)
        self.assertEqual('/srv/sandbox', environment['HOME'])
        self.assertIn('/usr/bin', environment['PATH'].split(':'))

    def test_services_run_the_code_of_the_caller(self):
        said = subprocess.run(
            [*surroundings.python('-c',
             'import cinder_glance_multistore as it; print(it.__file__)')],
            env=surroundings.environment(self.layout), cwd='/',
            capture_output=True, text=True, check=True).stdout.strip()
        self.assertEqual(
            sys.modules['cinder_glance_multistore'].__file__, said)

    def test_a_missing_program_is_named_with_the_remedy(self):
        with mock.patch.object(surroundings, 'program', return_value=None), \
                self.assertRaisesRegex(
                    errors.MissingRequirement, 'qemu-img.*qemu-utils'):
            surroundings.check()

    def test_a_missing_package_is_named_with_the_remedy(self):
        with mock.patch.object(
                surroundings.importlib.util, 'find_spec',
                side_effect=lambda name: None if name == 'pyuwsgi' else 1), \
                self.assertRaisesRegex(
                    errors.MissingRequirement, r'pyuwsgi.*\[sandbox\]'):
            surroundings.check()

    @ddt.data(('cinder', 'etc/cinder/api-paste.ini'),
              ('cinder', 'etc/cinder/resource_filters.json'),
              ('glance', 'etc/glance/glance-api-paste.ini'))
    @ddt.unpack
    def test_files_that_upstream_ships_are_found(self, package, name):
        self.assertTrue(surroundings.shipped(package, name).is_file())

    def test_a_file_that_upstream_does_not_ship_is_an_error(self):
        self.assertRaises(errors.MissingRequirement, surroundings.shipped,
                          'cinder', 'etc/cinder/nosuch.ini')
