import unittest

from tests.conformance import compare


def run(**tests):
    return {name: compare.Test(name, outcome, *said)
            for name, (outcome, *said) in tests.items()}


class ComparisonTest(unittest.TestCase):

    REASON = compare.Reason('_faked$', r'^AttributeError: .*_private',
                            'it fakes what is private')

    def _compare(self, plain, ours):
        return compare.Comparison(run(**plain), run(**ours), [self.REASON])

    def test_a_test_that_fails_as_foreseen_is_explained(self):
        found = self._compare(
            {'a_faked': ('passed',), 'b': ('passed',)},
            {'a_faked': ('failed', 'AttributeError: no _private'),
             'b': ('passed',)})
        self.assertEqual(['a_faked'], found.lost())
        self.assertTrue(found.good())
        self.assertIn('  1  it fakes what is private',
                      '\n'.join(found.table()))

    def test_a_reason_hides_no_other_failure(self):
        for outcome in (('failed', 'KeyError: 1'), ('skipped', 'so'),
                        ('failed', 'x\nAttributeError: no _private')):
            found = self._compare(
                {'a_faked': ('passed',), 'c_faked': ('passed',)},
                {'a_faked': outcome,
                 'c_faked': ('failed', 'AttributeError: no _private')})
            self.assertEqual(['a_faked'], found.unexplained())
            self.assertFalse(found.good())

    def test_a_test_that_does_not_run_is_lost(self):
        found = self._compare(
            {'a_faked': ('passed',), 'c_faked': ('passed',)},
            {'c_faked': ('failed', 'AttributeError: no _private')})
        self.assertEqual(['a_faked'], found.unexplained())

    def test_a_class_that_fails_fails_its_tests(self):
        found = self._compare(
            {'m.C.a_faked': ('passed',), 'm.C.b': ('passed',)},
            {'setUpClass (m.C)': ('failed', 'AttributeError: no _private')})
        self.assertEqual(['m.C.b'], found.unexplained())

    def test_a_reason_that_nothing_needs_is_told(self):
        found = self._compare({'a_faked': ('passed',)},
                              {'a_faked': ('passed',)})
        self.assertEqual([self.REASON], found.stale())
        self.assertFalse(found.good())

    def test_nothing_that_passed_is_nothing_compared(self):
        self.assertFalse(compare.Comparison({}, {}).good())


class ExceptionTest(unittest.TestCase):

    def test_it_is_what_follows_the_last_frame(self):
        self.assertEqual('KeyError: 1\nand more', compare.exception_of(
            'log: {{{\n  x\n}}}\nTraceback (most recent call last):\n'
            '  File "a", line 1, in b\n    c[1]\n    ~^^^\n'
            'KeyError: 1\nand more\n'))
