"""What two extra specs may not say together."""

import ddt
import testtools

import api_validation
from api_validation import catalogue
from api_validation import definitions
from api_validation import rules


def _definition(name, *its_rules):
    return definitions.Definition(name, 'Something.', rules=its_rules)


def _validate(its_rules, specs, stored=None, **kwargs):
    known = catalogue.Catalogue([
        _definition('own', *its_rules), _definition('other'),
        _definition('apart:own', *its_rules)])
    return api_validation.validate(specs, stored=stored, catalogue=known,
                                   **kwargs)


@ddt.ddt
class TestConditions(testtools.TestCase):

    @ddt.data((None, 'x', True), (None, '', True), (None, None, False),
              (rules.TRUE, '<is> True', True), (rules.TRUE, 'true', True),
              (rules.TRUE, '<is> yes', True), (rules.TRUE, 'no', False),
              (rules.TRUE, 'x', False), (rules.FALSE, 'no', True),
              (rules.FALSE, 'x', False), (rules.FALSE, None, False),
              (('a', 'b'), 'b', True), (('a', 'b'), 'B', False))
    @ddt.unpack
    def test_hold_for_these_values(self, condition, value, holds):
        self.assertIs(holds, rules.holds(condition, value))


class TestConflict(testtools.TestCase):

    conflict = (rules.Conflict('other', rules.TRUE, ('1', '2'), 'no room'),)

    def test_is_found_among_what_is_set(self):
        problem, = _validate(self.conflict,
                             {'own': '<is> True', 'other': '1'}).errors
        self.assertEqual('conflict', problem.reason)
        self.assertEqual(
            "own='<is> True': this cannot be set together with other='1': "
            "no room.", problem.message)

    def test_is_found_against_what_is_stored(self):
        # upstream's check of an update looks for a member that the request
        # cannot have, and so never finds it
        problem, = _validate(self.conflict, {'own': 'true'},
                             {'other': '2'}).errors
        self.assertEqual('own', problem.key)
        problem, = _validate(self.conflict, {'other': '2'},
                             {'own': 'true'}).errors
        self.assertEqual(('other', '2'), (problem.key, problem.value))
        self.assertEqual(
            "other='2': this cannot be set together with own='true': no "
            "room.", problem.message)

    def test_is_not_there_for_other_values(self):
        for specs in ({'own': 'no', 'other': '1'},
                      {'own': 'true', 'other': '3'}, {'own': 'true'}):
            self.assertTrue(_validate(self.conflict, specs).ok)

    def test_of_what_is_stored_is_nobodys_fault(self):
        self.assertTrue(_validate(
            self.conflict, {'apart:own': 'no'},
            {'own': 'true', 'other': '1'}).ok)

    def test_ends_when_the_stored_value_is_replaced(self):
        self.assertTrue(_validate(
            self.conflict, {'own': 'no'}, {'own': 'true', 'other': '1'}).ok)

    def test_is_left_alone_in_other_scopes(self):
        specs = {'own': 'true', 'other': '1'}
        self.assertTrue(_validate(self.conflict, specs,
                                  scopes=('apart',)).ok)
        self.assertFalse(_validate(
            self.conflict, {'apart:own': 'true', 'other': '1'},
            scopes=('apart',)).ok)

    def test_describes_itself(self):
        self.assertEqual(
            "When it is '<is> True', it cannot be set together with other "
            "'1' or '2'.", self.conflict[0].describe())
        self.assertEqual('Cannot be set together with other.',
                         rules.Conflict('other').describe())


class TestRequires(testtools.TestCase):

    requires = (rules.Requires('other', None, rules.TRUE),)

    def test_is_a_warning_because_keys_are_set_one_by_one(self):
        report = _validate(self.requires, {'own': 'x'})
        self.assertTrue(report.ok)
        problem, = report.warnings
        self.assertEqual('incomplete', problem.reason)
        self.assertEqual(
            "own='x': this needs other '<is> True' as well.",
            problem.message)

    def test_is_content_with_what_is_stored(self):
        self.assertEqual((), _validate(
            self.requires, {'own': 'x'}, {'other': '<is> True'}).warnings)

    def test_says_nothing_when_the_other_key_is_set(self):
        self.assertEqual((), _validate(
            self.requires, {'other': 'no'}, {'own': 'x'}).warnings)


class TestAtMost(testtools.TestCase):

    at_most = (rules.AtMost('other'),)

    def test_compares_numbers(self):
        self.assertTrue(_validate(self.at_most,
                                  {'own': '9', 'other': '10'}).ok)
        problem, = _validate(self.at_most,
                             {'own': '11', 'other': '10'}).errors
        self.assertEqual("own='11': this is above other='10'.",
                         problem.message)
        problem, = _validate(self.at_most, {'other': '10'},
                             {'own': '11'}).errors
        self.assertEqual("other='10': this is below own='11'.",
                         problem.message)

    def test_leaves_what_is_no_number_to_its_own_check(self):
        for value in ('x', None, '', '9' * 5000):
            self.assertTrue(_validate(
                self.at_most, {'own': 'x', 'other': '1'},
                {'other': value}).ok)
