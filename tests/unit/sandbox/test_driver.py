import os
from pathlib import Path
import tempfile
import types
import unittest
from unittest import mock

from cinder import exception
from cinder import interface
from cinder import objects
from cinder.interface import util
from cinder.interface import volume_driver
from cinder.volume import configuration
from oslo_config import cfg
from oslo_config import fixture

# As every command of Cinder does before it loads a driver.
objects.register_all()

# ruff: noqa: E402
from cinder_glance_multistore.sandbox import cinder
from cinder_glance_multistore.sandbox import driver
from cinder_glance_multistore.sandbox import layout


class DirectoryDriverTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)
        self.volumes = self.layout.volumes('cinder')
        self.volumes.mkdir(parents=True)
        sections = cinder.config(
            self.layout, 'cinder', 20002, 'http://127.0.0.1:20001')
        self.conf = self.enterContext(fixture.Config(cfg.CONF))
        options = sections[layout.BACKEND]
        settings = configuration.Configuration(
            driver.DirectoryDriver.get_driver_options(), layout.BACKEND)
        self.driver = driver.DirectoryDriver(configuration=settings)
        for name, value in options.items():
            if name != 'volume_driver':
                self.conf.config(group=layout.BACKEND, **{name: str(value)})
        # A client of Nova, which wants a database.
        self.enterContext(mock.patch('cinder.compute.API'))
        # Read once, when the driver is made.
        self.driver.base = str(self.volumes.parent)
        self.driver._remotefsclient._mount_base = self.driver.base

    def _volume(self, size=1):
        return types.SimpleNamespace(
            id='1' * 36, name='volume-' + '1' * 36, size=size,
            encryption_key_id=None, admin_metadata={},
            provider_location=':'.join(layout.SHARE))

    def test_it_passes_the_checks_cinder_makes_of_drivers(self):
        self.assertTrue(issubclass(
            driver.DirectoryDriver, volume_driver.VolumeDriverCore))
        info = util.DriverInfo(driver.DirectoryDriver)
        self.assertIn(driver.DirectoryDriver,
                      interface._volume_register)
        self.assertEqual('1.4.0', info.version)

    def test_it_starts_without_a_mount_and_without_mount_nfs(self):
        with mock.patch.object(
                self.driver, '_execute',
                side_effect=AssertionError('ran a command')):
            self.driver.do_setup(None)
        self.assertEqual([':'.join(layout.SHARE)],
                         self.driver._mounted_shares)

    def test_it_runs_nothing_as_root(self):
        self.driver.do_setup(None)
        self.assertIs(False, self.driver._execute_as_root)

    def test_a_volume_is_a_file_where_the_layout_says(self):
        self.driver.do_setup(None)
        volume = self._volume()
        self.assertEqual(
            str(self.volumes / volume.name), self.driver.local_path(volume))
        self.driver._create_sparsed_file(self.driver.local_path(volume), 1)
        self.assertEqual(
            1 << 30, os.path.getsize(self.volumes / volume.name))
        self.driver._delete(self.driver.local_path(volume))
        self.assertEqual([], os.listdir(self.volumes))

    def test_without_its_directory_it_does_not_start(self):
        self.volumes.rmdir()
        self.assertRaises(
            exception.NfsNoSharesMounted, self.driver.do_setup, None)
        self.assertFalse(Path(self.volumes).exists())
