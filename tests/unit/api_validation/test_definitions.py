"""What a definition must be."""

import json

import ddt
import testtools

from api_validation import definitions
from api_validation import errors
from api_validation import rules
from api_validation import values


def _define(name='acme:tier', **kwargs):
    kwargs.setdefault('description', 'The tier.')
    return definitions.Definition(name, **kwargs)


@ddt.ddt
class TestDefinition(testtools.TestCase):

    def test_knows_its_scope(self):
        self.assertEqual('acme', _define().scope)
        self.assertEqual('a', _define('a:b:c').scope)
        self.assertEqual('', _define('tier').scope)

    def test_a_dictionary_is_a_json_schema(self):
        definition = _define(value={'enum': ['gold', 'silver']})
        self.assertIsInstance(definition.value, values.Schema)
        self.assertIsNone(definition.value.check('gold'))

    @ddt.data(
        {'name': ''}, {'name': 'a b'}, {'name': 'a\n'}, {'name': 'ä'},
        {'name': None}, {'name': 'x' * 256}, {'name': 'a:{b}'},
        {'name': '{a}:b', 'parameters': (
            definitions.Parameter('a', 'x', 'A part.'),)},
        {'name': 'a:b', 'parameters': (
            definitions.Parameter('a', 'x', 'A part.'),)},
        {'description': ''}, {'exists_in': 'moon'},
        {'value': {'type': 'colour'}}, {'value': 'gold'})
    def test_that_contradicts_itself_is_refused(self, kwargs):
        self.assertRaises(errors.InvalidDefinition, _define, **kwargs)

    def test_with_parameters_matches_the_whole_key(self):
        definition = _define('acme:{disk}.size.{unit}', parameters=(
            definitions.Parameter('disk', '[a-z]+', 'A disk.'),
            definitions.Parameter('unit', 'g|m', 'A unit.')))
        self.assertTrue(definition.matches('acme:one.size.g'))
        for key in ('acme:one.size.gm', 'acme:.size.g', 'acme:one_size.g',
                    'xacme:one.size.g', 'acme:one.size.g\n'):
            self.assertFalse(definition.matches(key), key)

    def test_checks_values_when_it_can_refuse_one(self):
        self.assertFalse(_define().checks_value)
        self.assertFalse(_define(value=values.Text('a name')).checks_value)
        self.assertTrue(_define(value=values.Integer()).checks_value)
        self.assertTrue(_define(exists_in='backend').checks_value)

    def test_is_plain_json(self):
        definition = _define(value=values.Integer(1), default='3',
                             rules=(rules.Conflict('other'),))
        self.assertEqual({
            'name': 'acme:tier', 'scope': 'acme', 'description': 'The tier.',
            'value': 'a whole number, 1 or more', 'default': '3',
            'since': None, 'deprecated': None,
            'rules': ['Cannot be set together with other.'],
            'exists_in': None, 'read_by': 'Cinder', 'source': None,
        }, json.loads(json.dumps(definition.to_dict())))
