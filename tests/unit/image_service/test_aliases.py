"""Old names of stores lead to the one that counts, or are refused."""

import ddt
import testtools

from cinder_glance_multistore.image_service import aliases
from cinder_glance_multistore.image_service import errors


@ddt.ddt
class TestAliases(testtools.TestCase):

    def test_a_chain_is_followed_to_its_end(self):
        found = aliases.Aliases({'a': 'b', 'b': 'c', 'x': 'c'})
        self.assertEqual({'a': 'c', 'b': 'c', 'x': 'c'}, found.names)
        self.assertEqual('c', found.resolve('a'))

    @ddt.data('c', 'A', ' a', '', None, 7, ['a'], {'a': 1})
    def test_what_is_no_alias_stays_as_it_is(self, store_id):
        self.assertEqual(store_id,
                         aliases.Aliases({'a': 'b'}).resolve(store_id))

    @ddt.data(
        ({'a': 'a'}, 'in a circle: a -> a'),
        ({'a': 'b', 'b': 'a'}, 'in a circle: a -> b -> a'),
        ({'x': 'a', 'a': 'b', 'b': 'c', 'c': 'a'},
         'in a circle: a -> b -> c -> a'),
        ({'a': ''}, 'no store on one side'),
        ({' ': 'a'}, 'no store on one side'),
        ({'a': 'x' * 256}, 'at most 255'))
    @ddt.unpack
    def test_what_makes_no_sense_is_refused(self, names, text):
        error = self.assertRaises(errors.InvalidAliases, aliases.Aliases,
                                  names)
        self.assertIn(text, str(error))
        self.assertIn('[multistore] store_aliases', str(error))
