"""What the devstack plugin writes, read by the services."""

import shutil
import subprocess

from tests import needs
from tests.unit.examples import base

ROOT = base.EXAMPLES.parent
PLUGIN = ROOT / 'devstack'
# devstack's own functions, as far as the plugin calls them.
FUNCTIONS = r"""
set -eu
LINENO=0
is_service_enabled() { true; }
die() { echo "${@:2}" >&2; exit 1; }
pip_install() { echo "$@"; }
iniget() { sed -n "s/^$3 *= *//p" "$1"; }
iniset() { iniset_multiline "$@"; }
iniset_multiline() {
    local value
    grep -qxF "[$2]" "$1" || printf '[%s]\n' "$2" >> "$1"
    sed -i "/^\[$2\]$/,/^\[/{/^$3 *=/d}" "$1"
    for value in "${@:4}"; do sed -i "/^\[$2\]$/a $3 = $value" "$1"; done
}
"""


class DevstackTest(base.ExampleTest):

    def setUp(self):
        super().setUp()
        self.cinder = self.directory / 'written-cinder.conf'
        self.glance = self.directory / 'written-glance.conf'
        self.paste = self.directory / 'written-glance-api-paste.ini'
        self.cinder.write_text('[DEFAULT]\n')
        self.glance.write_text(
            '[DEFAULT]\nenabled_backends = file:file,fast:file\n')
        self.paste.write_text(base.shipped_paste().read_text())

    def run_plugin(self, local=''):
        """Run the phase post-config.

        :param local: lines of bash, as local.conf may have
        """
        return subprocess.run(
            ['bash', '-c', f'{FUNCTIONS}\nDATA_DIR={self.directory}\n'
             f'CINDER_CONF={self.cinder}\nGLANCE_API_CONF={self.glance}\n'
             f'GLANCE_API_PASTE_INI={self.paste}\n{local}\n'
             f'. {PLUGIN}/settings\n. {PLUGIN}/plugin.sh "$@"',
             'plugin', 'stack', 'post-config'],
            text=True, capture_output=True)

    def written(self, local=''):
        done = self.run_plugin(local)
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        return [path.read_text()
                for path in (self.cinder, self.glance, self.paste)]

    def test_cinder_and_glance_take_what_it_writes(self):
        local = f'MULTISTORE_STORES=fast={self.directory}/a:2,{self.directory}/b:1'
        written = self.written(local)
        # stack.sh may be run again.
        self.assertEqual(written, self.written(local))
        cinder = self.started('cinder', written[0])
        self.assertEqual(set(base.CINDER['extensions']),
                         set(cinder['extensions']))
        self.assertEqual(base.CINDER['manager'], cinder['manager'])
        self.assertEqual([], cinder['unknown'])
        self.assert_glance(self.started_glance(*written[1:]))
        self.assertEqual(base.shipped_paste().read_text().count(' context '),
                         written[2].count(' context multistore '))

    def test_its_own_store_is_beside_those_of_devstack(self):
        _, glance, _ = self.written()
        self.assertIn('enabled_backends = file:file,fast:file,disks:multidir',
                      glance)
        self.assertTrue((self.directory / 'glance' / 'disks-a').is_dir())

    def test_no_store_is_made_where_none_is_named(self):
        _, glance, paste = self.written('MULTISTORE_STORES=')
        self.assertNotIn('multidir', glance)
        self.assertIn('[filter:multistore]', paste)

    def test_a_glance_with_one_store_is_told(self):
        self.glance.write_text('[DEFAULT]\n')
        done = self.run_plugin()
        self.assertNotEqual(0, done.returncode)
        self.assertIn('GLANCE_ENABLE_MULTIPLE_STORES', done.stderr)

    def test_pipelines_without_context_are_told(self):
        self.paste.write_text('[composite:api]\nkeystone = cors rootapp\n')
        done = self.run_plugin()
        self.assertNotEqual(0, done.returncode)
        self.assertIn('has the filter context', done.stderr)

    def test_shellcheck_finds_nothing_in_any_script(self):
        needs.skip_if(not shutil.which('shellcheck')
                      and 'shellcheck is not installed (bindep.txt)')
        done = subprocess.run(
            ['shellcheck', '--shell=bash', PLUGIN / 'plugin.sh',
             PLUGIN / 'settings', ROOT / 'run', ROOT / '.ci' / 'run'],
            text=True, stdout=subprocess.PIPE)
        self.assertEqual('', done.stdout)
