import re
import unittest

from tests.conformance import compare
from tests.conformance import plugin


def found(**tests):
    return {name: compare.Test(name, *rest) for name, rest in tests.items()}


class DifferenceTest(unittest.TestCase):

    def test_what_a_flag_skips_is_run_with_it(self):
        skips = compare.SKIPPED, '[multistore] plugin is off'
        pattern = plugin.gated(found(**{
            'setUpClass (a.b.Whole)': skips, 'a.c.One.test_x[id-1]': skips,
            'a.c.One.test_other[id-2]': (compare.SKIPPED,
                                         '[multistore] vsphere_store is off'),
            'a.c.One.test_passes[id-3]': (compare.PASSED, '')}))
        self.assertTrue(re.search(pattern, 'a.b.Whole.test_y[id-4]'))
        self.assertTrue(re.search(pattern, 'a.c.One.test_x[id-1]'))
        self.assertFalse(re.search(pattern, 'a.c.One.test_other[id-2]'))
        self.assertFalse(re.search(pattern, 'a.c.One.test_passes[id-3]'))

    def test_a_test_that_passes_with_the_flags_on_cannot_fail(self):
        off = found(one=(compare.PASSED, ''))
        good = plugin.Difference(off, found(
            two=(compare.FAILED, 'x'), three=(compare.SKIPPED, 'y')))
        self.assertTrue(good.good())
        bad = plugin.Difference(off, found(two=(compare.PASSED, '')))
        self.assertEqual(['two passed with the flags on: it cannot fail'],
                         bad.wrong())
        self.assertFalse(bad.good())

    def test_nothing_fails_with_the_flags_off(self):
        self.assertFalse(plugin.Difference(
            found(one=(compare.FAILED, 'x')),
            found(two=(compare.FAILED, 'x'))).good())
