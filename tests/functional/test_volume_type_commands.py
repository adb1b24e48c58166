"""``openstack volume type store``, ``... validate`` and ``extra spec``."""

import json
import os
import subprocess

from tests.functional import base
from tests.functional import cloud

MISSPELT = 'image_service:storeid'


class TestCommands(base.TestCase):

    def openstack(self, *words, status=0, which='cinder'):
        """Run a command; return what it prints, or complains of."""
        environment = dict(os.environ)
        for name, value in self.sandbox.client_environment(which).items():
            environment[name] = value
            if value is None:
                del environment[name]
        done = subprocess.run(['openstack', *words], env=environment,
                              text=True, capture_output=True, timeout=300)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        return done.stderr if status and not done.stdout else done.stdout

    def stores(self, *words, **kwargs):
        return {row['Volume Type']: (row['Store'], row['Resolved By'],
                                     row['State'])
                for row in json.loads(self.openstack(
                    'volume', 'type', 'store', 'list', '-f', 'json', *words,
                    **kwargs))}

    def test_a_store_is_set_listed_and_unset(self):
        name = self.ours.volume_type().name
        self.openstack('volume', 'type', 'store', 'set', name, 'cheap')
        self.assertEqual(('cheap', 'extra spec', 'available'),
                         self.stores()[name])
        self.assertNotIn(name, self.stores('--store', 'fast'))
        self.assertIn("Did you mean 'fast'?", self.openstack(
            'volume', 'type', 'store', 'set', name, 'fsat', status=1))
        self.openstack('volume', 'type', 'store', 'unset', name)
        self.assertEqual(('reliable', 'default store', 'available'),
                         self.stores()[name])
        self.assertIn('names no image store', self.openstack(
            'volume', 'type', 'store', 'unset', name, status=1))

    def test_a_type_in_use_gets_the_way_out_with_the_refusal(self):
        volume_type = self.ours.volume_type('fast')
        self.ours.volume(volume_type, mib=None)
        self.assertIn('store_aliases', self.openstack(
            'volume', 'type', 'store', 'set', volume_type.name, 'cheap',
            status=1))

    def test_what_is_wrong_with_a_type_is_listed(self):
        fine = self.ours.volume_type('fast')
        foreign = self.ours.volume_type(**{'acme:tier': 'x'})
        self.assertEqual([], json.loads(self.openstack(
            'volume', 'type', 'validate', fine.name, '-f', 'json')))
        row, = json.loads(self.openstack(
            'volume', 'type', 'validate', '-f', 'json', '--mode', 'strict',
            fine.id, foreign.id, status=1))
        self.assertEqual(
            (foreign.name, 'acme:tier', 'x', 'error', 'foreign-key'),
            tuple(row.values())[:5])

    def test_a_cloud_without_the_plugin_has_the_commands_too(self):
        wrong = self.upstream.cinder.volume_types.create(
            f'type-{os.urandom(4).hex()}')
        wrong.set_keys({MISSPELT: 'fast'})
        row, = json.loads(self.openstack(
            'volume', 'type', 'validate', wrong.name, '-f', 'json',
            which='upstream', status=1))
        self.assertEqual(('unknown-key', 'error'),
                         (row['Reason'], row['Severity']))
        self.assertIn(cloud.STORE_KEY, row['Problem'])
        self.assertEqual('default store',
                         self.stores(which='upstream')[wrong.name][1])

    def test_the_catalogue_is_searched_without_a_cloud(self):
        found = json.loads(self.openstack(
            'extra', 'spec', 'list', 'vmdk', '-f', 'json'))
        self.assertIn('vmware:vmdk_type', [row['Name'] for row in found])
        self.assertIn('eagerZeroedThick', self.openstack(
            'extra', 'spec', 'show', 'vmware:vmdk_type', '-f', 'value'))
        self.assertIn(f"Did you mean '{cloud.STORE_KEY}'?", self.openstack(
            'extra', 'spec', 'show', MISSPELT, status=1))
