from pathlib import Path
import subprocess
import tempfile
import unittest
from unittest import mock

import ddt
from openstack import config

from cinder_glance_multistore.sandbox import clients
from cinder_glance_multistore.sandbox import layout

_ENDPOINTS = {'glance': 'http://127.0.0.1:20001',
              'cinder': 'http://127.0.0.1:20002/v3',
              'upstream': 'http://127.0.0.1:20003/v3'}


@ddt.ddt
class ClientsTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="it's $a `dir` ")
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)

    def _in_a_shell(self, command, **before):
        text = clients.shell(clients.environment(
            self.layout, _ENDPOINTS, 'cinder'))
        return subprocess.run(
            ['sh', '-c', f'{text}\n{command}'], env=before,
            capture_output=True, text=True, check=True).stdout.strip()

    def test_a_shell_takes_the_values_as_they_are(self):
        self.assertEqual(
            str(self.layout.clouds),
            self._in_a_shell('echo "$OS_CLIENT_CONFIG_FILE"'))

    @ddt.data('OS_AUTH_URL', 'OS_USERNAME', 'OS_PROJECT_ID', 'OS_USER_ID',
              'OS_AUTH_TYPE', 'OS_TOKEN')
    def test_a_shell_set_up_for_a_cloud_does_not_reach_it(self, name):
        self.assertEqual('', self._in_a_shell(
            f'echo "${name}"', **{name: 'https://cloud.example'}))

    def test_a_proxy_is_not_asked_for_this_machine(self):
        with mock.patch.dict('os.environ', {'no_proxy': 'example.org'}):
            self.assertEqual('example.org,127.0.0.1',
                             self._in_a_shell('echo "$no_proxy"'))

    @ddt.data(('cinder', '20002'), ('upstream', '20003'))
    @ddt.unpack
    def test_openstacksdk_finds_both_services(self, service, port):
        clients.write_clouds(self.layout, _ENDPOINTS)
        variables = clients.environment(self.layout, _ENDPOINTS, service)
        cloud = config.OpenStackConfig(
            config_files=[variables['OS_CLIENT_CONFIG_FILE']],
            load_envvars=False).get_one(variables['OS_CLOUD'])
        self.assertEqual(f'http://127.0.0.1:{port}',
                         cloud.get_endpoint('block-storage'))
        self.assertEqual(_ENDPOINTS['glance'], cloud.get_endpoint('image'))

    def test_without_upstream_there_is_one_cloud(self):
        clients.write_clouds(self.layout, {
            name: url for name, url in _ENDPOINTS.items()
            if name != 'upstream'})
        self.assertNotIn('upstream', Path(self.layout.clouds).read_text())


class UsersTest(unittest.TestCase):
    """Where there is Keystone."""

    # One that a shell, YAML or oslo.config could take for something else.
    passwords = {'admin': "-1e5'$HOME", 'member': '12345', 'reader': '~'}

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)
        clients.write_user_clouds(
            self.layout, 'http://127.0.0.1:20004/v3', self.passwords, True)

    def test_openstacksdk_finds_each_user(self):
        clouds = config.OpenStackConfig(
            config_files=[str(self.layout.clouds)], load_envvars=False)
        for name, user, region in (
                ('sandbox', 'admin', 'RegionOne'),
                ('sandbox-member', 'member', 'RegionOne'),
                ('sandbox-upstream-reader', 'reader', 'Upstream')):
            cloud = clouds.get_one(name)
            self.assertEqual(self.passwords[user],
                             cloud.config['auth']['password'])
            self.assertEqual(region, cloud.region_name)

    def test_a_shell_becomes_a_user_whatever_it_was_set_up_for(self):
        said = subprocess.run(
            ['sh', '-c', '. "$1"; echo "$OS_PASSWORD $OS_CLOUD$OS_TOKEN"',
             'sh', self.layout.openrc('admin')],
            env={'OS_CLOUD': 'other', 'OS_TOKEN': 'other'},
            capture_output=True, text=True, check=True).stdout
        self.assertEqual(f'{self.passwords["admin"]} \n', said)

    def test_passwords_are_for_their_owner_only(self):
        for path in (self.layout.clouds,
                     *map(self.layout.openrc, self.passwords)):
            self.assertEqual(0o600, path.stat().st_mode & 0o777)
