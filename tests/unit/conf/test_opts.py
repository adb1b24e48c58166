"""Options: registered, listed, and described as they are."""

import subprocess
import sys
import types
from unittest import mock

from oslo_config import cfg
import testtools

from cinder_glance_multistore.conf import multistore
from cinder_glance_multistore.conf import opts


class TestOptions(testtools.TestCase):

    def conf(self):
        conf = cfg.ConfigOpts()
        multistore.register_opts(conf)
        conf([], default_config_files=[])
        return conf

    def test_can_be_registered_by_both_services_of_one_process(self):
        conf = self.conf()
        multistore.register_opts(conf)
        self.assertEqual(15.0, conf.multistore.stores_cache_time)

    def test_defaults_refuse_old_lists_and_verify_hashes(self):
        options = self.conf().multistore
        self.assertEqual((0.0, 'hash'),
                         (options.stores_stale_time, options.upload_verify))

    def test_nonsense_is_refused(self):
        conf = self.conf()
        for name, value in (('stores_timeout', 0), ('stores_timeout', -1),
                            ('stores_cache_time', -1),
                            ('stores_stale_time', -1),
                            ('upload_verify', 'md5'),
                            ('upload_settle_time', -1),
                            ('cleanup_interval', 0)):
            self.assertRaises(ValueError, conf.set_override, name, value,
                              'multistore')

    def test_every_option_is_listed_and_described(self):
        listed = {(group.name, opt.name): opt
                  for group, options in opts.list_opts() for opt in options}
        for opt in multistore.OPTS:
            self.assertIs(opt, listed['multistore', opt.name])
            self.assertGreater(len(opt.help.strip()), 60)

    def test_a_module_that_forgets_to_list_its_options_is_found_out(self):
        with mock.patch.object(opts.importlib, 'import_module',
                               return_value=types.ModuleType('careless')):
            error = self.assertRaises(AttributeError, opts.list_opts)
        self.assertIn('careless has no list_opts()', str(error))

    def test_needs_no_service(self):
        code = ('import sys, cinder_glance_multistore.conf.opts as o; '
                'o.list_opts(); print(sorted({"cinder", "glance", "nova", '
                '"glanceclient"} & set(sys.modules)))')
        self.assertEqual('[]\n', subprocess.run(
            [sys.executable, '-c', code], capture_output=True, text=True,
            check=True).stdout)
