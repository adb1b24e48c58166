"""The nearest of some words."""

import ddt
from hypothesis import given
from hypothesis import strategies as st
import testtools

from api_validation import near
from tests.unit.api_validation import profiles

_SHORT = st.text('abAB-', max_size=7)


def _plain_distance(one, other):
    """Optimal string alignment by its definition, without a bound."""
    table = {}
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if not i or not j:
                table[i, j] = i + j
                continue
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1,
                table[i - 1, j - 1] + (one[i - 1] != other[j - 1]))
            if (i > 1 and j > 1 and one[i - 1] == other[j - 2]
                    and one[i - 2] == other[j - 1]):
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(one), len(other)]


@ddt.ddt
class TestDistance(testtools.TestCase):

    @ddt.data(('fast', 'fast', 0), ('fsat', 'fast', 1), ('fas', 'fast', 1),
              ('fastt', 'fast', 1), ('fest', 'fast', 1), ('', 'ab', 2),
              ('sunday', 'saturday', 3))
    @ddt.unpack
    def test_counts_edits_and_a_swap_as_one(self, one, other, edits):
        self.assertEqual(edits, near.distance(one, other, 3))
        self.assertEqual(edits, near.distance(other, one, 3))

    def test_gives_up_above_the_limit(self):
        self.assertIsNone(near.distance('sunday', 'saturday', 2))
        self.assertIsNone(near.distance('a', 'abcd', 2))

    @profiles.others
    @given(_SHORT, _SHORT, st.integers(0, 4))
    def test_is_that_of_the_textbook(self, one, other, limit):
        edits = _plain_distance(one, other)
        self.assertEqual(edits if edits <= limit else None,
                         near.distance(one, other, limit))


@ddt.ddt
class TestNearest(testtools.TestCase):

    words = ('fast', 'fast-ssd', 'reliable', 'cheap', 'ceph.1')

    @ddt.data(('fsat', 'fast'), ('FAST', 'fast'), ('fast ', 'fast'),
              ('Fast_SSD', 'fast-ssd'), ('relaible', 'reliable'),
              ('ceph1', 'ceph.1'), ('reli', 'reliable'),
              ('cheapest', 'cheap'), ('x', None), ('', None), ('slow', None),
              ('x' * 10_000, None))
    @ddt.unpack
    def test_suggests_what_was_perhaps_meant(self, word, meant):
        self.assertEqual(meant, near.nearest(word, self.words))

    @ddt.data(('relaible', 'reliable'), ('RELIABLE', 'reliable'),
              ('reli', None), ('cheapest', None), ('fst', None))
    @ddt.unpack
    def test_a_typo_is_beyond_doubt(self, word, meant):
        self.assertEqual(meant, near.typo(word, self.words))

    @ddt.data((2, 0, 0), (3, 1, 0), (4, 1, 0), (5, 1, 1), (6, 2, 1),
              (7, 2, 1), (8, 2, 2), (9, 2, 2), (10, 3, 2), (64, 3, 2),
              (65, 0, 0))
    @ddt.unpack
    def test_more_edits_are_forgiven_in_longer_words(
            self, size, perhaps, doubtless):
        word = ''.join(chr(ord('a') + number % 26) for number in range(size))
        for edits in range(5):
            other = '!' * edits + word[edits:]
            self.assertEqual(word if edits <= perhaps else None,
                             near.nearest(other, [word]), edits)
            self.assertEqual(word if edits <= doubtless else None,
                             near.typo(other, [word]), edits)

    def test_nothing_is_near_to_nothing(self):
        self.assertIsNone(near.nearest('fast', ()))

    @profiles.others
    @given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=12))
    def test_only_words_are_suggested(self, words, word):
        self.assertIn(near.nearest(word, words), {None, *words})
        if word in words:
            self.assertEqual(near.fold(word),
                             near.fold(near.nearest(word, words)))
