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
