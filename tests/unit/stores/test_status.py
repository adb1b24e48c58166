"""Glance's side of the status check, by its configuration alone."""

import logging
import pathlib

import fixtures
import testtools

import api_validation
from cinder_glance_multistore.stores import glance_conf
from cinder_glance_multistore.stores import status


class TestGlanceConfiguration(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path)

    def configuration(self, text):
        path = self.folder / 'glance-api.conf'
        path.write_text(text)
        return status.GlanceConfiguration([path])

    def test_reservations(self):
        found = list(self.configuration(f"""
[DEFAULT]
enabled_backends = a:multidir, b:multidir, c:vsphere, d:file
[a]
multidir_reservations = sqlite:///{self.folder}/none.sqlite
[b]
multidir_reservations = sqlite:///{self.folder}/none.sqlite
[c]
vsphere_reservations = me:s3cret@nonsense
""").check_reservations())
        self.assertEqual([logging.INFO, logging.ERROR],
                         [severity for severity, _ in found])
        self.assertIn('multidir_reservations of a, b', found[0][1])
        self.assertIn('vsphere_reservations of c', found[1][1])
        self.assertNotIn('s3cret', str(found))
        self.assertEqual(['glance-api.conf'], [
            path.name for path in self.folder.iterdir()])

    def test_drivers(self):
        found = list(self.configuration("""
[DEFAULT]
enabled_backends = a:multidir, b:file, c:nosuch
""").check_drivers())
        self.assertEqual([logging.ERROR], [severity for severity, _ in found])
        self.assertIn('The store c is of type nosuch', found[0][1])

    def test_agreement(self):
        configuration = self.configuration("""
[DEFAULT]
enabled_backends = a:file, b:file
[glance_store]
default_backend = a
[multistore_discovery]
draining_stores = b
""")
        stores = [{'id': 'a', 'default': 'true'},
                  {'id': 'b', 'status': 'draining'},
                  {'id': 'os_glance_staging_store'}]
        self.assertEqual([logging.INFO], [
            severity for severity, _ in configuration.check_agreement(
                api_validation.StoresDocument.parse({'stores': stores}))])
        stores = [{'id': 'a'}, {'id': 'c', 'default': 'true'}]
        found = list(configuration.check_agreement(
            api_validation.StoresDocument.parse({'stores': stores})))
        self.assertEqual([logging.ERROR] * 3 + [logging.INFO],
                         [severity for severity, _ in found])

    def test_files_that_cannot_be_read(self):
        self.assertRaises(glance_conf.Unreadable,
                          status.GlanceConfiguration,
                          [self.folder / 'nosuch.conf'])
