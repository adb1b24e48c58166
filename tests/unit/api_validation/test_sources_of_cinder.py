"""The catalogue against the code of Cinder it was read from."""

import importlib.metadata
import pathlib
import unittest

import cinder
import testtools

from api_validation import catalogue
from api_validation import rules
from api_validation import values

_ROOT = pathlib.Path(cinder.__file__).parent.parent
_VERSION = importlib.metadata.version('cinder')
# The release the catalogue was read from (2026.2).
_READ_FROM = '29.'
# What a driver leaves to the library of its vendor.
_ELSEWHERE = {'storagetype:tiering': ('NoMovement',)}


@unittest.skipUnless(
    _VERSION.startswith(_READ_FROM),
    f'the sources the catalogue names are those of Cinder {_READ_FROM}x, '
    f'this is {_VERSION}')
class TestSources(testtools.TestCase):

    def test_every_file_exists_and_has_the_name(self):
        for definition in catalogue.default():
            if (not definition.source.startswith('cinder/')
                    or definition.parameters):
                continue
            text = (_ROOT / definition.source).read_text()
            name = definition.name.rpartition(':')[2]
            self.assertIn(name, text, definition.name)

    def test_every_choice_is_in_the_code(self):
        for definition in catalogue.default():
            if (not definition.source.startswith('cinder/volume/drivers/')
                    or not isinstance(definition.value, values.Choice)):
                continue
            text = _text(_ROOT / definition.source, definition)
            for word in definition.value.words:
                if word in _ELSEWHERE.get(definition.name, ()):
                    continue
                known = word.split()[-1] if word.startswith('<') else word
                self.assertIn(known.lower(), text.lower(),
                              f'{definition.name}: {word}')


def _text(file, definition):
    """Return the code of a driver; of all of them for a shared key."""
    drivers = _ROOT / 'cinder/volume/drivers'
    if definition.scope in ('', 'qos', 'storagetype'):
        files = drivers.rglob('*.py')
    elif file.parent == drivers:
        files = [file]
    else:
        files = file.parent.glob('*.py')
    return '\n'.join(file.read_text() for file in files)


class TestMultiattach(testtools.TestCase):

    def test_the_conflict_is_the_one_cinder_refuses(self):
        from cinder.api.contrib import types_extra_specs
        source = pathlib.Path(types_extra_specs.__file__).read_text()
        self.assertIn('cacheable cannot be set with multiattach', source)
        definition = catalogue.default().find('multiattach')
        self.assertEqual(
            (rules.Conflict('cacheable', rules.TRUE, rules.TRUE),),
            definition.rules)

    def test_the_value_is_the_one_cinder_compares(self):
        # cinder.volume.api compares the string, the scheduler its meaning:
        # with '<is> true' a volume is placed for several attachments, and
        # then allows one
        from cinder.volume import volume_utils
        self.assertTrue(volume_utils.is_multiattach_spec(
            {'multiattach': '<is> true'}))
        self.assertIsNotNone(catalogue.default().find('multiattach')
                             .value.check('<is> true'))
