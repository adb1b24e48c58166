import configparser
from pathlib import Path
import tempfile
import unittest

from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import tempest
from multistore_tempest_plugin import config


class TempestConfigTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="it's a ")
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)

    def _written(self, stores=layout.STORES, plugin=True):
        tempest.write_config(
            self.layout, 'http://127.0.0.1:20004/v3', 'secret', 'image',
            stores, plugin)
        parser = configparser.RawConfigParser(default_section='')
        parser.read(self.layout.tempest_config)
        return parser

    def test_the_password_is_for_its_owner_only(self):
        self.assertEqual('secret', self._written()['auth']['admin_password'])
        self.assertEqual(
            0o600, self.layout.tempest_config.stat().st_mode & 0o777)

    def test_flags_are_on_for_what_there_is(self):
        flags = self._written()['multistore']
        self.assertEqual('small', flags['fillable_store'])
        self.assertEqual('true', flags['read_only_store'])
        self.assertEqual('true', flags['plugin'])
        self.assertEqual('false', flags['vsphere_store'])
        flags = self._written([*layout.STORES, 'vc'])['multistore']
        self.assertEqual('true', flags['vsphere_store'])
        flags = self._written(['fast', 'reliable'], False)['multistore']
        self.assertEqual('', flags['fillable_store'])
        self.assertEqual('false', flags['read_only_store'])
        self.assertEqual('false', flags['discovery_filter'])

    def test_every_flag_is_an_option_of_the_plugin(self):
        written = self._written()
        self.assertLessEqual(set(written['multistore']),
                             {option.name for option in config.OPTS})
        # What runs the plugin in CI adds one more to the end.
        self.assertEqual('multistore', written.sections()[-1])

    def test_weights_make_the_order_that_tempest_expects(self):
        self.assertEqual(
            sorted(layout.STORES),
            sorted(layout.WEIGHTS, key=layout.WEIGHTS.get, reverse=True))
        self.assertEqual(
            len(layout.STORES), len(set(layout.WEIGHTS.values())))


class PluginTest(unittest.TestCase):

    def test_every_test_has_an_id_of_its_own(self):
        ids, tests = [], 0
        directory = Path(config.__file__).with_name('tests')
        for path in directory.glob('test_*.py'):
            source = path.read_text()
            tests += source.count('    def test_')
            ids += [line.split("'")[1] for line in source.splitlines()
                    if 'idempotent_id(' in line]
        self.assertEqual(tests, len(ids))
        self.assertEqual(tests, len(set(ids)))
