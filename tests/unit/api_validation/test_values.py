"""What each kind of value accepts, and what it says otherwise."""

import ddt
import testtools

from api_validation import values


@ddt.ddt
class TestChoice(testtools.TestCase):

    kind = values.Choice('thin', 'thick')

    @ddt.data('thin', 'thick')
    def test_accepts_its_words(self, value):
        self.assertIsNone(self.kind.check(value))

    @ddt.data(('Thin', 'thin'), (' thin', 'thin'), ('tihn', 'thin'),
              ('fat', None), ('thicket', 'thick'))
    @ddt.unpack
    def test_suggests_the_nearest(self, value, nearest):
        fault = self.kind.check(value)
        self.assertEqual(nearest, fault.nearest)
        self.assertEqual(('thin', 'thick'), fault.allowed)

    def test_can_ignore_case(self):
        kind = values.Choice('Gold', ignore_case=True)
        self.assertIsNone(kind.check('gOLD'))
        self.assertIsNotNone(kind.check('gold '))

    def test_describes_itself(self):
        self.assertEqual("'thin' or 'thick'", self.kind.describe())
        self.assertEqual("'a'", values.Choice('a').describe())
        self.assertEqual("'a', 'b' or 'c'",
                         values.Choice('a', 'b', 'c').describe())


@ddt.ddt
class TestBooleans(testtools.TestCase):

    @ddt.data('<is> True', '<is> False', '<is> true', '<is>  yes', '<is> 0')
    def test_is_boolean_takes_what_the_scheduler_understands(self, value):
        self.assertIsNone(values.IsBoolean().check(value))

    @ddt.data('<is> true', '<is> yes', ' <is> True', '<is>  True', 'True')
    def test_exact_takes_what_code_compares_literally(self, value):
        kind = values.IsBoolean(exact=True)
        self.assertIsNone(kind.check('<is> True'))
        self.assertIsNone(kind.check('<is> False'))
        self.assertEqual('<is> True', kind.check(value).nearest)

    @ddt.data(('True', '<is> True'), ('no', '<is> False'), ('1', '<is> True'),
              ('<is>True', '<is> True'), ('<is> Ture', '<is> True'),
              ('<is>', None), ('<is> True False', None),
              ('perhaps', None), ('<is> perhaps', None))
    @ddt.unpack
    def test_is_boolean_says_how_it_is_written(self, value, nearest):
        fault = values.IsBoolean().check(value)
        self.assertEqual("this is not '<is> True' or '<is> False'",
                         fault.text)
        self.assertEqual(nearest, fault.nearest)

    @ddt.data('true', 'True', ' yes ', '1', 'off', 'F')
    def test_boolean_takes_what_oslo_understands(self, value):
        self.assertIsNone(values.Boolean().check(value))

    @ddt.data(('<is> True', 'true'), ('flase', 'false'), ('maybe', None))
    @ddt.unpack
    def test_boolean_refuses_the_rest(self, value, nearest):
        self.assertEqual(nearest, values.Boolean().check(value).nearest)


@ddt.ddt
class TestNumbers(testtools.TestCase):

    @ddt.data('1', '3', '+2', '003')
    def test_an_integer_is_within_its_bounds(self, value):
        self.assertIsNone(values.Integer(1, 3).check(value))

    @ddt.data('0', '4', '-1', '1.0', '1e0', '0x1', '1_0', '', 'one', '٣',
              '1 2', '<is> 1', '9' * 255)
    def test_an_integer_is_nothing_else(self, value):
        fault = values.Integer(1, 3).check(value)
        self.assertEqual('this is not a whole number from 1 to 3', fault.text)
        self.assertIsNone(fault.nearest)

    def test_an_integer_between_blanks_is_suggested_without(self):
        self.assertEqual('2', values.Integer(1, 3).check(' 2 ').nearest)

    @ddt.data('0', '0.1', '.5', '5.', '1e3', '+1E-2')
    def test_a_number_is_what_float_reads(self, value):
        float(value)
        self.assertIsNone(values.Number(0).check(value))

    @ddt.data('-1', 'nan', 'inf', 'Infinity', '1_0', '1,5', '.', 'e5', ' 1',
              '1e999999999')
    def test_a_number_is_finite_and_plain(self, value):
        self.assertEqual('this is not a number, 0 or more',
                         values.Number(0).check(value).text)

    @ddt.data((None, None, 'a whole number'),
              (1, None, 'a whole number, 1 or more'),
              (None, 5, 'a whole number, 5 or less'),
              (1, 5, 'a whole number from 1 to 5'))
    @ddt.unpack
    def test_they_describe_their_bounds(self, minimum, maximum, text):
        self.assertEqual(text, values.Integer(minimum, maximum).describe())


class TestText(testtools.TestCase):

    def test_without_a_pattern_it_accepts_and_checks_nothing(self):
        kind = values.Text('the name of a pool')
        self.assertIsNone(kind.check('anything: at all'))
        self.assertFalse(kind.checks)

    def test_with_a_pattern_the_whole_value_must_match(self):
        kind = values.Text('a tag', '[a-z]+')
        self.assertTrue(kind.checks)
        self.assertIsNone(kind.check('abc'))
        for value in ('abc\n', 'ab c', 'É'):
            self.assertEqual('this is not a tag', kind.check(value).text)
        self.assertEqual('abc', kind.check('abc\n').nearest)


@ddt.ddt
class TestLists(testtools.TestCase):

    def test_names_may_have_blanks_around_them(self):
        self.assertIsNone(values.Names().check('a , b,c'))
        self.assertEqual(('a', 'b', 'c'), values.Names.split('a , b,c'))

    @ddt.data(',', 'a,', ',a', 'a,,b', 'a, ,b')
    def test_no_name_is_empty(self, value):
        self.assertEqual(
            'there is nothing before or after one of the commas',
            values.Names().check(value).text)

    def test_each_item_is_checked(self):
        kind = values.Names(values.Choice('0', '1'), most=2)
        self.assertIsNone(kind.check('0,1'))
        self.assertEqual("in '7', this is not one of its values",
                         kind.check('0,7').text)
        self.assertEqual(
            "this is not a list of at most 2, separated by commas, each '0' "
            "or '1'", kind.check('0,1,0').text)

    @ddt.data('thin', ' full ', 'LV0:thin', 'LV0:thin;LV1:full',
              'LV0 : thin ; LV1 : full')
    def test_a_value_may_differ_by_pool(self, value):
        kind = values.PerPool(values.Choice('thin', 'full'))
        self.assertIsNone(kind.check(value))

    @ddt.data('fat', 'LV0:fat', ':thin', 'LV0:', 'LV0:thin;', 'LV0:thin;full')
    def test_but_each_must_be_right(self, value):
        kind = values.PerPool(values.Choice('thin', 'full'))
        self.assertIsNotNone(kind.check(value))

    def test_either_takes_what_one_of_them_takes(self):
        kind = values.Either(values.IsBoolean(), values.Choice('true'))
        for value in ('<is> True', 'true'):
            self.assertIsNone(kind.check(value))
        fault = kind.check('yes')
        self.assertEqual("this is not '<is> True' or '<is> False', or "
                         "'true'", fault.text)
        self.assertEqual('<is> True', fault.nearest)


class TestSchema(testtools.TestCase):

    def test_a_json_schema_is_a_kind_of_value(self):
        kind = values.Schema({'type': 'string', 'pattern': '^[a-z]+$'})
        self.assertIsNone(kind.check('abc'))
        self.assertEqual("this is not a string with pattern '^[a-z]+$'",
                         kind.check('ABC').text)

    def test_an_enumeration_suggests_the_nearest(self):
        kind = values.Schema({'enum': ['gold', 'silver']})
        fault = kind.check('glod')
        self.assertEqual('gold', fault.nearest)
        self.assertEqual(('gold', 'silver'), fault.allowed)

    def test_what_is_no_schema_is_refused_at_once(self):
        self.assertRaises(ValueError, values.Schema, {'type': 'colour'})


@ddt.ddt
class TestOperators(testtools.TestCase):

    @ddt.data(
        ('any', 'lvm'), ('any', 'two words'), ('any', '= 5'), ('any', '>= 1'),
        ('any', 's== lvm'), ('any', '<in> lvm'), ('any', '<is> True'),
        ('any', '<or> a'), ('any', '<or> a <or> b'), ('any', '  >=   5'),
        ('text', 'lvm'), ('text', 's< b'), ('text', '== 5'),
        ('number', '>= 0.5'), ('number', '!= 1e3'), ('number', '= 10'),
        ('boolean', '<is> True'), ('boolean', '<is> no'))
    @ddt.unpack
    def test_accepts_what_the_scheduler_understands(self, kind, value):
        self.assertIsNone(values.Operators(kind).check(value))

    @ddt.data(
        # no operator of the scheduler, or without its blank
        ('any', '> 5', None), ('any', '>=5', '>= 5'), ('any', '<is>True',
                                                       '<is> True'),
        ('any', '<IS> True', '<is> True'), ('any', 's==lvm', 's== lvm'),
        ('any', '<all-in> a', None), ('any', '=> 5', None),
        ('any', '<or>a', '<or> a'), ('number', '>=5', '>= 5'),
        # nothing follows, or too much
        ('any', '>=', None), ('any', '<or>', None), ('any', '<in>', None),
        ('any', '<is> True False', '<is> True'), ('any', '<in> a b',
                                                  '<in> a'),
        # <or> throws away every other word
        ('any', '<or> a b', None), ('any', '<or> a <or>', None),
        ('any', '<or> <or>', None), ('any', '<or> a b c', None),
        # the operand
        ('any', '>= many', 's>= many'), ('number', '>= many', None),
        ('any', '= nan', None), ('any', '<is> banana', None),
        # a capability of this kind never compares so
        ('boolean', 'True', '<is> True'), ('boolean', '= 1', None),
        ('boolean', 's== True', None), ('boolean', '<or> True', None),
        ('number', '5', '= 5'), ('number', '<in> 5', None),
        ('number', 's== 5', None), ('number', '<or> 5', None),
        ('text', 'lvm ', 'lvm'), ('text', '<is> True', None))
    @ddt.unpack
    def test_refuses_what_never_or_always_holds(self, kind, value, nearest):
        fault = values.Operators(kind).check(value)
        self.assertEqual('wrong-value', fault.reason)
        self.assertEqual(nearest, fault.nearest)

    def test_an_unknown_kind_of_capability_is_a_mistake(self):
        self.assertRaises(ValueError, values.Operators, 'colour')

    @ddt.data(('lvm', ('lvm',)), ('two words', ('two words',)),
              ('<or> a <or> b', ('a', 'b')), ('s== a', ('a',)),
              ('<in> a', ()), ('s!= a', ()), ('<or>', ()))
    @ddt.unpack
    def test_literals_are_the_names_asked_for(self, value, literals):
        self.assertEqual(literals, values.Operators.literals(value))
