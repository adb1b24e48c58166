"""``cinder-glance-multistore-status upgrade check`` on real services."""

import json
import os
import subprocess

import fixtures

from tests.functional import base

SUCCESS, WARNING, FAILURE = range(3)
WRONG_CINDER = """\
[DEFAULT]
volume_manager = cinder.volume.manager.VolumeManager
[multistore]
extra_specs_mode = strict
store_aliases = gone:nosuch, old:fast
[multistore_store_nosuch]
disk_format = qcow2
"""
WRONG_GLANCE = """\
[DEFAULT]
enabled_backends = fast:multidir, other:file, odd:nosuchtype
[glance_store]
default_backend = other
[multistore_discovery]
draining_stores = fast
[fast]
multidir_reservations = mysql+pymysql://me:s3cret@127.0.0.1:9/nosuch
"""


class TestStatus(base.TestCase):

    def check(self, service, more=None, glance=None, status=(FAILURE,)):
        """Run it; return {check: (result, details)}.

        :param more: text of a cinder.conf that is read last
        :param glance: text of a glance-api.conf, None for the real one
        """
        command = ['cinder-glance-multistore-status', '--config-file',
                   str(self.sandbox.layout.config_dir(service) /
                       'cinder.conf')]
        if more is not None:
            command += ['--config-file', self._file('more.conf', more)]
        command += ['--glance-config-file', str(
            self.sandbox.layout.config_dir('glance') / 'glance-api.conf'
            if glance is None else self._file('glance-api.conf', glance))]
        done = subprocess.run([*command, 'upgrade', 'check', '--json'],
                              text=True, capture_output=True, timeout=300)
        self.assertIn(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn('Traceback', done.stderr)
        return {row['check']: (row['result'], row['details'])
                for row in json.loads(done.stdout)['checks']}

    def _file(self, name, text):
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, name)
        with open(path, 'w') as file:
            file.write(text)
        return path

    def assertFails(self, found, check, *texts):
        result, details = found[check]
        self.assertEqual(FAILURE, result, (check, details))
        for text in texts:
            self.assertIn(text, details)

    def test_what_is_well_is_said_to_be_and_what_may_not_be(self):
        early = self.ours.volume_type(**{'RESKEY:availability_zones': 'nvoa'})
        found = self.check('cinder', status=(WARNING,))
        types = 'Extra specs of volume types'
        self.assertEqual({types}, {
            check for check, (result, _) in found.items()
            if result != SUCCESS})
        self.assertIn(f"Type '{early.name}': RESKEY:availability_zones="
                      "'nvoa': there is no availability zone 'nvoa'. "
                      "There are: nova. Did you mean 'nova'?",
                      found[types][1])
        self.assertIn('cinder-volume with the plug-in',
                      found['Plug-in in the running services'][1])

    def test_each_failure_says_what_to_do(self):
        foreign = self.ours.volume_type(**{'acme:tier': 'x'})
        found = self.check('cinder', WRONG_CINDER, WRONG_GLANCE)
        self.assertFails(
            found, 'Plug-in in cinder.conf',
            'Set "volume_manager = cinder_glance_multistore.')
        self.assertFails(
            found, 'Plug-in in the running services',
            'other values of extra_specs_mode, store_aliases', 'restart it')
        self.assertFails(
            found, 'Extra specs of volume types',
            f"Type '{foreign.name}': acme:tier", 'Correct it with')
        self.assertFails(
            found, 'Aliases of image stores',
            'from gone to nosuch', 'Lead it to one of cheap, fast',
            'old -> fast')
        self.assertFails(
            found, 'Sections of image stores',
            '[multistore_store_nosuch] is of a store that', 'Remove it')
        self.assertFails(
            found, "Cinder's and Glance's configuration agree",
            'configured and not running: odd, other',
            'running and not configured here: cheap',
            'default_backend is other', 'draining_stores is fast',
            'Restart glance-api')
        self.assertFails(
            found, 'Drivers of image stores',
            'The store odd is of type nosuchtype', 'Install it')
        self.assertFails(
            found, 'Databases of reservations',
            'multidir_reservations of fast', 'Mend it')
        self.assertNotIn('s3cret', str(found))

    def test_services_that_run_without_the_plug_in_are_named(self):
        found = self.check('upstream', '[DEFAULT]\nauth_strategy = noauth\n')
        self.assertFails(
            found, 'Plug-in in cinder.conf',
            'Add "osapi_volume_extension = cinder_glance_multistore.')
        self.assertFails(
            found, 'Plug-in in the running services',
            'The running cinder-api has not loaded the plug-in',
            'cinder-volume services run without the plug-in', 'restart')
