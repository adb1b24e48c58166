"""What hostile input can cost.

Times are measured by ``python -m bench.api_validation``; here the amount of
work is counted, which is the same on every machine.
"""

from re import _constants
from re import _parser

import fixtures
import testtools

import api_validation
from api_validation import catalogue
from api_validation import near
from api_validation import stores
from api_validation import values

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT,
            _constants.POSSESSIVE_REPEAT)


def _endless_repeats(parsed, depth=0):
    """Yield how deep each repetition without a low bound is nested."""
    for operation, argument in parsed:
        if operation in _REPEATS:
            _, most, inner = argument
            inside = depth + (most > 16)
            yield inside
            yield from _endless_repeats(inner, inside)
        elif operation is _constants.SUBPATTERN:
            yield from _endless_repeats(argument[-1], depth)
        elif operation is _constants.BRANCH:
            for branch in argument[1]:
                yield from _endless_repeats(branch, depth)


def _patterns():
    yield values._INTEGER.pattern
    yield values._NUMBER.pattern
    yield values.Operators._LOOKS.pattern
    yield stores._FLAG['anyOf'][-1]['pattern']
    pending = [definition.value for definition in catalogue.default()
               if definition.value]
    while pending:
        value = pending.pop()
        if getattr(value, 'pattern', None):
            yield value.pattern.pattern
        pending += [inner for inner in vars(value).values()
                    if isinstance(inner, values.Value)]
        pending += getattr(value, 'kinds', ())
    for definition in catalogue.default():
        for parameter in definition.parameters:
            yield parameter.pattern


class TestPatterns(testtools.TestCase):

    def test_no_repetition_is_inside_another(self):
        # (a+)+ is what takes time exponential in the length of its input
        patterns = set(_patterns())
        self.assertGreater(len(patterns), 6)
        for pattern in patterns:
            self.assertLessEqual(
                max(_endless_repeats(_parser.parse(pattern)), default=0), 1,
                pattern)

    def test_the_check_above_finds_one(self):
        for pattern in ('(a+)+', '(?:a*b?)*', '(x|y{1,255})+'):
            self.assertEqual(2, max(_endless_repeats(_parser.parse(pattern))))


class TestLookUps(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.compared = 0
        distance = near.distance

        def count(one, other, limit):
            self.compared += len(one)
            return distance(one, other, limit)

        self.useFixture(fixtures.MonkeyPatch(
            'api_validation.near.distance', count))

    def test_a_misspelled_key_is_compared_with_few_others(self):
        names = [definition.name for definition in catalogue.default()
                 if not definition.parameters]
        for name in names:
            api_validation.validate({f'{name[:3]}x{name[3:]}': 'x'})
        # of 215 names, and of these those of about its size and letters
        self.assertLess(self.compared / len(names), 20 * 30)

    def test_a_long_key_is_compared_with_none(self):
        for letter in 'aS_-:':
            api_validation.validate(
                {letter * size: letter * size
                 for size in (65, 128, 255, 256, 100_000)})
        self.assertEqual(0, self.compared)

    def test_words_of_one_letter_cost_no_more(self):
        # what difflib takes quadratic time for
        document = api_validation.StoresDocument.parse({'stores': [
            {'id': 'a' * size} for size in range(1, 256)]})
        api_validation.validate(
            {'image_service:store_id': 'a' * 255 + 'b'}, stores=document)
        api_validation.validate(
            {'image_service:store_id': 'b' + 'a' * 59}, stores=document)
        # at most the names that are three letters longer or shorter
        self.assertLessEqual(self.compared, 7 * 64)


class TestStores(testtools.TestCase):

    def test_of_a_huge_document_no_more_is_looked_at_than_of_a_large_one(
            self):
        seen = []
        scalar = stores._scalar
        self.useFixture(fixtures.MonkeyPatch(
            'api_validation.stores._scalar',
            lambda value: seen.append(1) or scalar(value)))
        entry = {'id': 'x', 'other': ['y'] * 1000}
        self.assertRaises(api_validation.InvalidStoresDocument,
                          api_validation.StoresDocument.parse,
                          {'stores': [entry] * 100_000})
        self.assertEqual(stores.MAX_STORES + 1, len(seen))
