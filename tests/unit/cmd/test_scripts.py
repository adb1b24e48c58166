"""Console scripts where the service that they are for is not installed."""

import configparser
import pathlib
import subprocess
import sys

import ddt
import testtools

ROOT = pathlib.Path(__file__).parents[3]
# None in sys.modules is what an import finds that is not installed.
PROGRAM = """
import importlib.util
import sys
find = importlib.util.find_spec
gone = ('cinder', 'glance', 'glance_store', 'nova', 'osc_lib', 'keystone',
        'openstackclient', 'oslo_upgradecheck', 'sqlalchemy', 'tempest')
sys.modules.update(dict.fromkeys(gone))
importlib.util.find_spec = lambda name, *more: (
    None if name in gone else find(name, *more))
sys.argv[1:] = {arguments}
from {module} import main
sys.exit(main())
"""


def scripts():
    setup = configparser.ConfigParser()
    setup.optionxform = str
    setup.read(ROOT / 'setup.cfg')
    lines = setup['entry_points']['console_scripts'].split('\n')
    return dict(line.replace(' ', '').removesuffix(':main').split('=')
                for line in lines if line)


@ddt.ddt
class ScriptsTest(testtools.TestCase):

    @ddt.data(*scripts())
    def test_what_is_missing_is_said_in_a_sentence(self, name):
        for arguments in ([], ['--help']):
            done = subprocess.run(
                [sys.executable, '-c', PROGRAM.format(
                    module=scripts()[name], arguments=arguments)],
                capture_output=True, text=True)
            self.assertNotIn('Traceback', done.stderr)
            self.assertNotEqual('', done.stdout + done.stderr)
