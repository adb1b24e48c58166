"""What the devstack plugin writes, read by the services."""

import shutil
import subprocess

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
iniset() { sed -i "/^$3 *=/d" "$1"; _section "$1" "$2" "$3 = $4"; }
iniset_multiline() {
    local file=$1 section=$2 name=$3 value
    for value in "${@:4}"; do _section "$file" "$section" "$name = $value"; done
}
_section() {
    grep -qxF "[$2]" "$1" || printf '[%s]\n' "$2" >> "$1"
    sed -i "/^\[$2\]$/a $3" "$1"
}
"""


class DevstackTest(base.ExampleTest):

    def setUp(self):
        super().setUp()
        self.cinder = self.directory / 'written-cinder.conf'
        self.glance = self.directory / 'written-glance.conf'
        self.cinder.write_text('[DEFAULT]\n')
        self.glance.write_text('[DEFAULT]\nenabled_backends = file:file\n')

    def run_plugin(self, *phase):
        return subprocess.run(
            ['bash', '-c', f'{FUNCTIONS}\nDATA_DIR={self.directory}\n'
             f'CINDER_CONF={self.cinder}\nGLANCE_API_CONF={self.glance}\n'
             f'. {PLUGIN}/settings\n. {PLUGIN}/plugin.sh "$@"',
             'plugin', *phase], text=True, capture_output=True)

    def test_cinder_and_glance_take_what_it_writes(self):
        done = self.run_plugin('stack', 'post-config')
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        cinder = self.started('cinder', self.cinder.read_text())
        self.assertEqual(set(base.CINDER['extensions']),
                         set(cinder['extensions']))
        self.assertEqual(base.CINDER['manager'], cinder['manager'])
        self.assertEqual([], cinder['unknown'])
        glance = self.started_glance(
            self.glance.read_text(), base.shipped_paste().read_text())
        self.assertEqual([], glance['unknown'])
        self.assertEqual('cinder_glance_multistore.stores.multidir',
                         glance['stores']['fast'])
        self.assertTrue((self.directory / 'glance' / 'fast-a').is_dir())

    def test_a_glance_with_one_store_is_told(self):
        self.glance.write_text('[DEFAULT]\n')
        done = self.run_plugin('stack', 'post-config')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('GLANCE_ENABLE_MULTIPLE_STORES', done.stderr)

    def test_shellcheck_finds_nothing_in_any_script(self):
        if not shutil.which('shellcheck'):
            self.skipTest('shellcheck is not installed (bindep.txt)')
        done = subprocess.run(
            ['shellcheck', '--shell=bash', PLUGIN / 'plugin.sh',
             PLUGIN / 'settings', ROOT / 'run', ROOT / '.ci' / 'run'],
            text=True, stdout=subprocess.PIPE)
        self.assertEqual('', done.stdout)
