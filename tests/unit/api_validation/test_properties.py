"""Extra specs against what back ends say of their own keys."""

import ddt
import testtools

import api_validation

SAID = {
    'acme:tier': {'title': 'Tier', 'description': 'x', 'type': 'string',
                  'enum': ['gold', 'silver'], 'default': 'gold'},
    'acme:copies': {'type': 'integer', 'minimum': 1, 'maximum': 3},
    'acme:share': {'type': 'number', 'minimum': 0.5},
    'acme:fast': {'type': 'boolean'},
    'acme:note': {'type': 'string'},
    'acme:part:size': {'type': 'integer'},
    'compression': {'type': 'boolean'},
    'vmware:nova': {'type': 'string', 'enum': ['x']},
    'vmware:vmdk_type': {'type': 'string', 'enum': ['thin']},
}


def reasons(specs, mode='standard', **by_backend):
    report = api_validation.validate(
        specs, mode=mode, properties=by_backend or {'a@b': SAID})
    return [(problem.key, problem.reason, problem.nearest)
            for problem in report.errors]


@ddt.ddt
class TestProperties(testtools.TestCase):

    @ddt.data(
        ('acme:tier', 'gold'), ('acme:copies', '3'), ('acme:copies', '+1'),
        ('acme:share', '0.5'), ('acme:fast', '<is> True'),
        ('acme:fast', 'yes'), ('acme:note', 'whatever'), ('acme:note', ''),
        ('acme:part:size', '7'), ('vmware:nova', 'x'),
        ('vmware:vmdk_type', 'thin'), ('other:key', 'x'),
        ('vmware:adapter_type', 'ide'))
    @ddt.unpack
    def test_what_a_back_end_takes(self, key, value):
        self.assertEqual([], reasons({key: value}))

    @ddt.data(
        ('acme:tier', 'glod', 'wrong-value', 'gold'),
        ('acme:copies', '4', 'wrong-value', None),
        ('acme:copies', 'x', 'wrong-value', None),
        ('acme:copies', ' ', 'empty', None),
        ('acme:share', '0.1', 'wrong-value', None),
        ('acme:fast', 'perhaps', 'wrong-value', None),
        ('acme:teir', 'gold', 'unknown-key', 'acme:tier'),
        ('acme:tier', 7, 'not-a-string', None),
        ('acme:tier', 'x' * 256, 'too-long', None),
        ('acme:' + 'x' * 256, 'x', 'invalid-key', None),
        ('vmware:nova', 'y', 'wrong-value', None),
        ('vmware:vmdk_type', 'thick', 'wrong-value', None),
        ('vmware:vmdk_typ', 'thin', 'unknown-key', 'vmware:vmdk_type'))
    @ddt.unpack
    def test_what_it_does_not(self, key, value, reason, nearest):
        self.assertEqual([(key, reason, nearest)], reasons({key: value}))
        self.assertEqual([], reasons({key: value}, mode='permissive'))

    def test_one_of_several_is_enough(self):
        other = {'acme:tier': {'type': 'string', 'enum': ['lead']}}
        for tier, refused in (('gold', 0), ('lead', 0), ('tin', 1)):
            self.assertEqual(refused, len(reasons(
                {'acme:tier': tier}, a=SAID, b=other, c={})), tier)

    def test_the_back_end_is_named(self):
        report = api_validation.validate({'acme:tier': 'tin'},
                                         properties={'a@b': SAID})
        self.assertIn("as the back end 'a@b' has it", report.to_text())
        self.assertIn('Allowed: gold, silver', report.to_text())

    @ddt.data(None, 7, 'text', [], {}, {7: {}}, {'acme:tier': None},
              {'acme:tier': []}, {'acme:': {'type': ['x']}},
              {'acme:tier': {'type': 'string', 'enum': 7}},
              {'acme:tier': {'type': 'integer', 'minimum': 'x'}},
              {'acme:tier': {'type': 'integer', 'maximum': float('nan')}},
              {'acme:tier': {'enum': [{}, None, 7]}})
    def test_an_answer_that_makes_no_sense_does_no_harm(self, said):
        for value in ('7', '', None):
            reasons({'acme:tier': value, 'acme:x': value}, a=said)
