"""Our grammar of the scheduler's operators against the scheduler's code."""

from cinder.scheduler.filters import extra_specs_ops
import ddt
from hypothesis import given
from hypothesis import strategies as st
import testtools

from api_validation import values
from tests.unit.api_validation import profiles

_WORDS = st.sampled_from((
    '=', '==', '!=', '>=', '<=', '>', '<', '<>', 's==', 's!=', 's>=', 's>',
    's<=', 's<', 's=', '<in>', '<is>', '<or>', '<IS>', '>=5', '<is>True',
    'True', 'true', 'False', 'yes', 'maybe', '5', '0', '-1', '1e3', 'nan',
    'inf', '1_0', '٣', 'lvm', 'a', 'b'))
_VALUES = st.lists(_WORDS, min_size=1, max_size=5).map(' '.join)

_CAPABILITIES = {
    'boolean': (True, False),
    'number': (0, 5, 1000.0, -1),
    'text': ('lvm', 'a', 'True', '5', ''),
}


def _match(capability, value):
    try:
        return extra_specs_ops.match(capability, value)
    except (IndexError, TypeError) as error:
        return type(error)


@ddt.ddt
class TestAgainstTheScheduler(testtools.TestCase):

    @ddt.data('boolean', 'number')
    @profiles.others
    @given(value=_VALUES)
    def test_what_is_accepted_never_fails(self, kind, value):
        if values.Operators(kind).check(value) is None:
            for capability in _CAPABILITIES[kind]:
                self.assertIn(_match(capability, value), (True, False))

    @profiles.others
    @given(value=_VALUES)
    def test_what_is_accepted_of_a_text_never_fails(self, value):
        if values.Operators('text').check(value) is None:
            for capability in _CAPABILITIES['text']:
                self.assertIn(_match(capability, value), (True, False))

    @profiles.others
    @given(value=_VALUES)
    def test_what_is_refused_of_a_truth_value_cannot_be_meant(self, value):
        # It fails, tells true and false not apart, or has words that the
        # scheduler ignores or takes for something else.
        if values.Operators('boolean').check(value) is None:
            self.assertNotEqual(_match(True, value), _match(False, value))
            return
        answers = {_match(True, value), _match(False, value)}
        words = value.split()
        self.assertTrue(
            len(answers) == 1 or answers & {IndexError, TypeError}
            or len(words) > 2
            or words[0] in values.Operators.NUMERIC
            or values.boolean(value) is None, value)

    @profiles.others
    @given(value=_VALUES)
    def test_or_compares_the_words_we_say_it_does(self, value):
        value = f'<or> {value}'
        if values.Operators('text').check(value) is None:
            for word in values.Operators.literals(value):
                self.assertTrue(extra_specs_ops.match(word, value))
            self.assertFalse(extra_specs_ops.match('other', value))

    def test_upstream_fails_on_what_we_refuse(self):
        # the two that stop a request in the scheduler
        self.assertIs(IndexError, _match('lvm', '<or>'))
        self.assertIs(TypeError, _match(True, '<in> True'))
        self.assertIsNotNone(values.Operators('any').check('<or>'))
        self.assertIsNotNone(values.Operators('boolean').check('<in> True'))

    def test_the_operators_are_those_of_the_scheduler(self):
        self.assertEqual(
            {*extra_specs_ops._op_methods, '<or>'},
            set(values.Operators.ALL))
