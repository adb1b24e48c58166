import subprocess
import tempfile
import unittest

from cinder_glance_multistore.sandbox import cinder
from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import glance
from cinder_glance_multistore.sandbox import keystone
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import surroundings

_ACCESS = credentials.Access('http://127.0.0.1:20004/v3', 'cinder', 'secret')


class KeystoneConfigTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)

    def test_glance_asks_keystone(self):
        sections = glance.config(self.layout, 20001, ['fast'], _ACCESS)
        self.assertEqual('keystone', sections['paste_deploy']['flavor'])
        check = sections['keystone_authtoken']
        self.assertIs(True, check['service_token_roles_required'])
        self.assertEqual('service', check['service_token_roles'])

    def test_cinder_asks_keystone_and_brings_its_own_token(self):
        sections = cinder.config(
            self.layout, 'cinder', 20002, 'http://127.0.0.1:20001',
            'keystone', _ACCESS)
        self.assertIs(
            True, sections['service_user']['send_service_user_token'])
        for section in ('keystone_authtoken', 'service_user', 'glance'):
            self.assertEqual('secret', sections[section]['password'])

    def test_the_pipeline_of_cinder_is_upstreams_own(self):
        files.make_directory(self.layout.config_dir('cinder'))
        cinder.write_config(self.layout, 'cinder', {}, noauth=False)
        self.assertEqual(
            surroundings.shipped(
                'cinder', 'etc/cinder/api-paste.ini').read_text(),
            (self.layout.config_dir('cinder') /
             'api-paste.ini').read_text())

    def test_keystone_knows_every_option(self):
        files.make_directory(self.layout.config_dir('keystone'))
        keystone.write_config(self.layout, keystone.config(self.layout))
        source = (
            'import sys\n'
            'import keystone.conf\n'
            'from oslo_config import iniparser\n'
            'from oslo_policy import opts\n'
            'from keystone.common import sql\n'
            'import oslo_messaging.notify.notifier as notifier\n'
            'conf = keystone.conf.CONF\n'
            'keystone.conf.configure()\n'
            'sql.initialize()\n'
            'opts._register(conf)\n'
            'from oslo_log import log\n'
            'log.register_options(conf)\n'
            'conf.register_opts(notifier._notifier_opts,\n'
            '                   "oslo_messaging_notifications")\n'
            'conf([], default_config_files=[sys.argv[1]])\n'
            'class Parser(iniparser.BaseParser):\n'
            '    section = None\n'
            '    def new_section(self, name): self.section = name\n'
            '    def assignment(self, key, value):\n'
            '        group = self.section\n'
            '        conf[key] if group == "DEFAULT" else conf[group][key]\n'
            '    def comment(self, text): pass\n'
            'Parser().parse(open(sys.argv[1]).readlines())\n')
        done = subprocess.run(
            surroundings.python(
                '-c', source, *keystone.config_files(self.layout)),
            capture_output=True, text=True, check=False,
            env=surroundings.environment(self.layout))
        self.assertEqual(0, done.returncode, done.stderr)
