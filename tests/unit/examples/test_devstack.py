"""What the devstack plugin writes, read by the services' own parsers."""

import pathlib
import subprocess

import fixtures
from oslo_config import cfg
import testtools

from cinder_glance_multistore.stores import multidir_config

PLUGIN = pathlib.Path(__file__).parents[3] / 'devstack'
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


class PluginTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path)
        self.cinder = self.directory / 'cinder.conf'
        self.glance = self.directory / 'glance-api.conf'
        self.cinder.write_text('[DEFAULT]\n')
        self.glance.write_text('[DEFAULT]\nenabled_backends = old:file\n')

    def run_plugin(self, *phase):
        return subprocess.run(
            ['bash', '-c', f'{FUNCTIONS}\nDATA_DIR={self.directory}\n'
             f'CINDER_CONF={self.cinder}\nGLANCE_API_CONF={self.glance}\n'
             f'. {PLUGIN}/settings\n. {PLUGIN}/plugin.sh "$@"',
             'plugin', *phase], text=True, capture_output=True)

    def parsed(self, path, *opts, group=None):
        conf = cfg.ConfigOpts()
        conf.register_opts(opts, group=group)
        conf(['--config-file', str(path)], project='x')
        return conf[group] if group else conf

    def test_cinder_and_glance_read_what_it_writes(self):
        done = self.run_plugin('stack', 'post-config')
        self.assertEqual((0, ''), (done.returncode, done.stderr))
        cinder = self.parsed(
            self.cinder, cfg.MultiStrOpt('osapi_volume_extension'),
            cfg.StrOpt('volume_manager'))
        self.assertEqual({'cinder.api.contrib.standard_extensions',
                          'cinder_glance_multistore.cinder.extension'},
                         set(cinder.osapi_volume_extension))
        self.assertIn('VolumeManager', cinder.volume_manager)
        glance = self.parsed(self.glance, cfg.DictOpt('enabled_backends'))
        self.assertEqual({'old': 'file', 'fast': 'multidir'},
                         glance.enabled_backends)
        fast = self.parsed(self.glance, cfg.MultiStrOpt(
            'multidir_directories'), group='fast')
        self.assertEqual([100, 200], sorted(
            number for _, number in multidir_config.parse_directories(
                fast.multidir_directories)))
        self.assertTrue((self.directory / 'glance' / 'fast-a').is_dir())

    def test_a_glance_with_one_store_is_told(self):
        self.glance.write_text('[DEFAULT]\n')
        done = self.run_plugin('stack', 'post-config')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('GLANCE_ENABLE_MULTIPLE_STORES', done.stderr)
