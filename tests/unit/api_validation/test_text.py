"""What is echoed in messages."""

import ddt
from hypothesis import given
from hypothesis import strategies as st
import testtools

from api_validation import text
from tests.unit.api_validation import profiles


@ddt.ddt
class TestText(testtools.TestCase):

    @profiles.others
    @given(st.text(max_size=200))
    def test_what_is_shown_can_be_printed(self, value):
        for shown in (text.quoted(value), text.shown_key(value),
                      text.listed([value])):
            self.assertTrue(shown.isprintable())
            shown.encode('utf-8')

    @ddt.data(('a\nb', r"'a\nb'"), ('\x1b[31m', r"'\x1b[31m'"),
              ('\u202e', r"'\u202e'"), ('\ud800', r"'\ud800'"),
              ('é', "'é'"), ('x' * 61, f"'{'x' * 60}...'"))
    @ddt.unpack
    def test_quoted_escapes_and_cuts(self, value, shown):
        self.assertEqual(shown, text.quoted(value))

    @ddt.data((None, 'null'), (True, 'true'), (False, 'false'),
              (10 ** 300, 'a number'), (0.5, 'a number'), ([], 'a list'),
              ({}, 'an object'), ((), 'a Python tuple'),
              (b'', 'a Python bytes'))
    @ddt.unpack
    def test_what_is_no_string_is_named(self, value, shown):
        self.assertEqual(shown, text.quoted(value))

    def test_a_key_is_quoted_when_it_could_mislead(self):
        self.assertEqual('a:b_c-d.E', text.shown_key('a:b_c-d.E'))
        for key in ('', ' a', 'a=b', 'a b', 'ä', 'a\n'):
            self.assertTrue(text.shown_key(key).startswith("'"), key)

    def test_a_long_list_ends_with_a_count(self):
        words = [f'w{number}' for number in range(50)]
        self.assertTrue(text.listed(words).endswith('w39, and 10 more'))
        self.assertEqual('a (default), b',
                         text.listed(['a', 'b'], {'a': 'default'}))
