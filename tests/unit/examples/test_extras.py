"""What the documentation and the examples install can be installed."""

import configparser
import pathlib
import re

import testtools

ROOT = pathlib.Path(__file__).parents[3]
NAMED = re.compile(r"(?:multistore|multistore-\*\)|'\.)\[([a-z,]+)\]")


class ExtrasTest(testtools.TestCase):

    def test_every_extra_that_is_named_exists(self):
        setup = configparser.ConfigParser()
        setup.read(ROOT / 'setup.cfg')
        named = {}
        for path in (ROOT / 'README.rst', *ROOT.glob('doc/source/**/*.rst'),
                     *(path for path in ROOT.glob('examples/**/*')
                       if path.is_file())):
            for extras in NAMED.findall(path.read_text()):
                for extra in extras.split(','):
                    named.setdefault(extra, path.name)
        self.assertLess({'cinder', 'glance', 'nova', 'vmware'}, set(named))
        self.assertEqual(
            {}, {extra: path for extra, path in named.items()
                 if extra not in setup['extras']})
