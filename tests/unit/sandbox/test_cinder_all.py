import os
import subprocess
import sys
import unittest

# The module patches the whole process for eventlet, so each test has one.
_PRELUDE = ('import sys, warnings\n'
            'warnings.simplefilter("ignore")\n'
            'sys.argv = ["cinder-all"]\n'
            'from cinder_glance_multistore.sandbox import cinder_all as it\n'
            'from unittest import mock\n')


class CinderAllTest(unittest.TestCase):

    def _run(self, source):
        # As the sandbox starts it: without the switch to native threads that
        # these tests may themselves run with.
        environment = {
            name: value for name, value in os.environ.items()
            if name != 'OS_CINDER_DISABLE_EVENTLET_PATCHING'}
        done = subprocess.run(
            [sys.executable, '-c', _PRELUDE + source], env=environment,
            capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.strip()

    def test_the_volume_service_starts_last(self):
        said = self._run(
            'it.CONF([])\n'
            'it.CONF.set_override("enabled_backends", ["files"])\n'
            'with mock.patch.object(it.service, "WSGIService",\n'
            '                       side_effect=lambda name: name), \\\n'
            '        mock.patch.object(\n'
            '            it.service.Service, "create",\n'
            '            side_effect=lambda binary, **kw: binary):\n'
            '    print(*it.services())\n')
        self.assertEqual('osapi_volume cinder-scheduler cinder-volume', said)

    def test_nothing_asks_for_privileges(self):
        said = self._run(
            'it.give_up_privileges()\n'
            'from cinder import utils\n'
            'out, _ = utils.execute("echo", "ran", run_as_root=True)\n'
            'print(out.strip(), utils.get_root_helper())\n'
            'import os_brick.privileged.rootwrap as rootwrap\n'
            'print(rootwrap.execute_root("echo", "here")[0].strip())\n')
        self.assertEqual('ran env\nhere', said)

    def test_cinder_runs_with_eventlet(self):
        self.assertEqual('True', self._run(
            'from eventlet import patcher\n'
            'print(patcher.is_monkey_patched("socket"))\n'))
