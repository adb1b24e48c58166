"""What the value of an extra spec may be.

Every kind has ``check(value)``, which returns a
:class:`~api_validation.report.Fault` or None, and ``describe()``, a noun
phrase for messages and for the reference page. A value arrives as a string
of 1 to 255 characters that is not blank; what Cinder stores is that string,
and whoever reads it (the scheduler, the API, a driver) parses it again, each
in its own way. The kinds follow those ways:

* :class:`Operators`, what the scheduler's CapabilitiesFilter understands
  (``cinder/scheduler/filters/extra_specs_ops.py``),
* :class:`IsBoolean`, the ``<is> True`` that many places compare literally,
* :class:`Boolean`, :class:`Integer`, :class:`Number`, :class:`Choice`,
  :class:`Names`, :class:`Text`, as Python and oslo.utils read them,
* :class:`Schema`, any JSON Schema of a string,
* :class:`Either` and :class:`PerPool`, made of others.
"""

import abc
import re

from api_validation.near import nearest
from api_validation.near import typo
from api_validation.report import Fault
from api_validation.text import quoted

# What oslo's strutils.bool_from_string calls true and false.
TRUE_WORDS = ('1', 't', 'true', 'on', 'y', 'yes')
FALSE_WORDS = ('0', 'f', 'false', 'off', 'n', 'no')

IS_TRUE = '<is> True'
IS_FALSE = '<is> False'

_INTEGER = re.compile(r'[+-]?[0-9]{1,255}', re.ASCII)
_NUMBER = re.compile(
    r'[+-]?(?:[0-9]{1,255}(?:\.[0-9]{0,255})?|\.[0-9]{1,255})'
    r'(?:[eE][+-]?[0-9]{1,3})?', re.ASCII)


def boolean(value):
    """Return what a value says in any spelling: True, False or None.

    ``<is> True`` and ``true`` say the same here.
    """
    words = value.split()
    if len(words) == 2 and words[0] == '<is>':
        del words[0]
    if len(words) != 1:
        return None
    word = words[0].lower()
    if word in TRUE_WORDS:
        return True
    return False if word in FALSE_WORDS else None


class Value(abc.ABC):
    """A kind of value.

    ``checks`` is False for a kind that says what a value means, but accepts
    whatever is not blank.
    """

    checks = True

    @abc.abstractmethod
    def check(self, value):
        """Return what is wrong with a value, or None."""

    @abc.abstractmethod
    def describe(self):
        """Return a noun phrase: ``a whole number from 1 to 3``."""

    def _fault(self, **kwargs):
        return Fault('wrong-value', f'this is not {self.describe()}',
                     **kwargs)


class Choice(Value):
    """One of some words, letter for letter unless ``ignore_case``."""

    def __init__(self, *words, ignore_case=False):
        self.words = words
        self.ignore_case = ignore_case
        self._known = {self._folded(word) for word in words}

    def check(self, value):
        if self._folded(value) in self._known:
            return None
        return Fault('wrong-value', 'this is not one of its values',
                     self.words, nearest(value, self.words))

    def describe(self):
        return ' or '.join(
            filter(None, [', '.join(f"'{word}'" for word in self.words[:-1]),
                          f"'{self.words[-1]}'"]))

    def _folded(self, word):
        return word.lower() if self.ignore_case else word


class IsBoolean(Value):
    """``<is> True`` or ``<is> False``.

    ``exact`` is for keys that some code compares with the very string
    ``<is> True``: there ``<is> true`` would satisfy the scheduler and do
    nothing afterwards.
    """

    def __init__(self, exact=False):
        self.exact = exact

    def check(self, value):
        said = boolean(value)
        words = value.split()
        if self.exact:
            if value in (IS_TRUE, IS_FALSE):
                return None
        elif said is not None and len(words) == 2:
            return None
        meant = {True: IS_TRUE, False: IS_FALSE}.get(said)
        if meant is None:
            meant = typo(value, (IS_TRUE, IS_FALSE))
        return self._fault(nearest=meant)

    def describe(self):
        return f"'{IS_TRUE}' or '{IS_FALSE}'"


class Boolean(Value):
    """A plain truth value, as oslo's ``bool_from_string`` reads it."""

    def check(self, value):
        if value.strip().lower() in TRUE_WORDS + FALSE_WORDS:
            return None
        meant = {True: 'true', False: 'false'}.get(boolean(value))
        return self._fault(
            nearest=meant or typo(value, ('true', 'false')))

    def describe(self):
        return "'true' or 'false'"


class Integer(Value):
    """A whole number within bounds, as ``int()`` reads it."""

    def __init__(self, minimum=None, maximum=None):
        self.minimum = minimum
        self.maximum = maximum

    def check(self, value):
        if not _INTEGER.fullmatch(value):
            stripped = value.strip()
            if stripped != value and not self.check(stripped):
                return self._fault(nearest=stripped)
            return self._fault()
        number = int(value)
        if ((self.minimum is not None and number < self.minimum)
                or (self.maximum is not None and number > self.maximum)):
            return self._fault()
        return None

    def describe(self):
        return 'a whole number' + _bounds(self.minimum, self.maximum)


class Number(Value):
    """A number within bounds, as ``float()`` reads it."""

    def __init__(self, minimum=None, maximum=None):
        self.minimum = minimum
        self.maximum = maximum

    def check(self, value):
        if not _NUMBER.fullmatch(value):
            return self._fault()
        number = float(value)
        if ((self.minimum is not None and number < self.minimum)
                or (self.maximum is not None and number > self.maximum)):
            return self._fault()
        return None

    def describe(self):
        return 'a number' + _bounds(self.minimum, self.maximum)


class Text(Value):
    """Any text, or one that a pattern matches from end to end.

    :param pattern: a regular expression.
    :param meaning: the noun phrase for it; needed with a pattern.
    """

    def __init__(self, meaning='a text', pattern=None):
        self.meaning = meaning
        self.pattern = pattern and re.compile(pattern, re.ASCII)
        self.checks = pattern is not None

    def check(self, value):
        if self.pattern is None or self.pattern.fullmatch(value):
            return None
        stripped = value.strip()
        if stripped != value and self.pattern.fullmatch(stripped):
            return self._fault(nearest=stripped)
        return self._fault()

    def describe(self):
        return self.meaning


class Names(Value):
    """A comma-separated list; blanks around the names do not count.

    :param item: the kind of each name.
    :param most: how many there may be.
    """

    def __init__(self, item=None, most=None):
        self.item = item or Text('a name')
        self.most = most

    @staticmethod
    def split(value):
        """Return the names in a value."""
        return tuple(name.strip() for name in value.split(','))

    def check(self, value):
        names = self.split(value)
        if not all(names):
            return Fault('wrong-value', 'there is nothing before or after '
                                        'one of the commas')
        if self.most and len(names) > self.most:
            return self._fault()
        for name in names:
            fault = self.item.check(name)
            if fault:
                return _inside(name, fault)
        return None

    def describe(self):
        most = f' of at most {self.most},' if self.most else ''
        return (f'a list{most} separated by commas, each '
                f'{self.item.describe()}')


class Either(Value):
    """What one of several kinds accepts."""

    def __init__(self, *kinds):
        self.kinds = kinds

    def check(self, value):
        faults = []
        for kind in self.kinds:
            fault = kind.check(value)
            if fault is None:
                return None
            faults.append(fault)
        near = [fault.nearest for fault in faults if fault.nearest]
        return self._fault(nearest=near[0] if near else None)

    def describe(self):
        return ', or '.join(kind.describe() for kind in self.kinds)


class PerPool(Value):
    """One value for all pools, or ``pool:value;pool:value``."""

    def __init__(self, inner):
        self.inner = inner

    def check(self, value):
        if ':' not in value:
            return self.inner.check(value.strip())
        for setting in value.split(';'):
            pool, colon, inner = setting.partition(':')
            if not (pool.strip() and colon and inner.strip()):
                return self._fault()
            fault = self.inner.check(inner.strip())
            if fault:
                return _inside(setting.strip(), fault)
        return None

    def describe(self):
        return (f"{self.inner.describe()}, for all pools or as "
                f"'pool1:value;pool2:value'")


class Schema(Value):
    """What a JSON Schema of a string accepts.

    :param schema: the schema, ``{'type': 'string', 'enum': [...]}``.
    :param meaning: a noun phrase; without it the schema itself is told.
    :raises ValueError: when it is no schema.
    """

    def __init__(self, schema, meaning=None):
        import jsonschema

        kind = jsonschema.Draft202012Validator
        try:
            kind.check_schema(schema)
        except jsonschema.SchemaError as error:
            raise ValueError(f'not a JSON Schema: {error.message}') from error
        self.schema = schema
        self.meaning = meaning
        self._validator = kind(schema)

    def check(self, value):
        if self._validator.is_valid(value):
            return None
        words = tuple(word for word in self.schema.get('enum', ())
                      if isinstance(word, str))
        if words:
            return Choice(*words).check(value)
        return self._fault()

    def describe(self):
        if self.meaning:
            return self.meaning
        words = self.schema.get('enum')
        if words:
            return ' or '.join(repr(word) for word in words)
        rules = ', '.join(f'{name} {rule!r}'
                          for name, rule in self.schema.items()
                          if name not in ('type', '$schema', 'description'))
        return f'a string with {rules}' if rules else 'a string'


class Operators(Value):
    """What the scheduler compares with a capability of the back ends.

    Its rules (``extra_specs_ops.match``): the value is split at blanks. When
    the first word is an operator, the second is compared and *all further
    words are ignored*; otherwise the whole value must be equal to the
    capability, type included, so that ``True`` never equals a true one. What
    is refused here therefore is what the scheduler takes without a word and
    never, or always, fulfils: an operator without its blank (``>=5``), one
    that does not exist (``>``), a word too many, a number that is none.
    ``<or>`` alone, and ``<in>`` on a capability that is a number or a truth
    value, are worse: the scheduler fails with an IndexError or a TypeError.

    :param kind: what the capability is: ``'boolean'``, ``'number'``,
        ``'text'``, or ``'any'`` when it is not known.
    """

    NUMERIC = ('=', '==', '!=', '>=', '<=')
    TEXTUAL = ('s==', 's!=', 's>=', 's>', 's<=', 's<', '<in>', '<or>')
    ALL = (*NUMERIC, *TEXTUAL, '<is>')

    _ALLOWED = {
        'boolean': ('<is>',),
        'number': NUMERIC,
        'text': (*TEXTUAL, *NUMERIC),
        'any': ALL,
    }
    _DESCRIBED = {
        'boolean': f"'{IS_TRUE}' or '{IS_FALSE}'",
        'number': "a comparison with a number, like '>= 10'",
        'text': "a text, or a comparison like 's== text', '<in> part' or "
                "'<or> text1 <or> text2'",
        'any': 'what the scheduler compares the capability with',
    }
    # What looks like an operator, by someone who left out a blank or
    # remembers another language.
    _LOOKS = re.compile(r's?[<>=!]', re.ASCII)

    def __init__(self, kind='any'):
        if kind not in self._ALLOWED:
            raise ValueError(f'unknown kind of capability {kind!r}')
        self.kind = kind

    def describe(self):
        return self._DESCRIBED[self.kind]

    def check(self, value):
        words = value.split()
        operator, operands = words[0], words[1:]
        if operator not in self.ALL:
            return self._literal(value)
        if operator not in self._ALLOWED[self.kind]:
            return self._fault(nearest=self._boolean(value))
        if operator == '<or>':
            return self._alternatives(words)
        if not operands:
            return Fault('wrong-value',
                         f"nothing follows the operator '{operator}'")
        if len(operands) > 1:
            return Fault(
                'wrong-value',
                f"one word may follow '{operator}', the scheduler ignores "
                f"all after it",
                nearest=f'{operator} {operands[0]}')
        return self._operand(operator, operands[0])

    def _literal(self, value):
        if self._LOOKS.match(value) and self._LOOKS.match(value.split()[0]):
            return Fault(
                'wrong-value',
                'this does not begin with an operator of the scheduler and '
                'a blank', self._ALLOWED[self.kind], self._repaired(value))
        if self.kind == 'boolean':
            return self._fault(nearest=self._boolean(value))
        if self.kind == 'number':
            stripped = value.strip()
            return self._fault(
                nearest=f'= {stripped}' if _NUMBER.fullmatch(stripped)
                else None)
        if value != value.strip():
            return Fault('wrong-value',
                         'the blanks around it are compared as well',
                         nearest=value.strip())
        return None

    def _alternatives(self, words):
        # <or> a <or> b: the scheduler throws away every other word, whatever
        # it is, and compares the rest
        if len(words) % 2 or len(words) < 2 or any(
                word != '<or>' for word in words[::2]) or any(
                word == '<or>' for word in words[1::2]):
            return Fault(
                'wrong-value',
                "one word must stand after each '<or>', as in "
                "'<or> a <or> b'")
        return None

    def _operand(self, operator, word):
        if operator in self.NUMERIC and not _NUMBER.fullmatch(word):
            return Fault(
                'wrong-value',
                f"a number must follow '{operator}'",
                nearest=f's{operator} {word}'
                if f's{operator}' in self._ALLOWED[self.kind] else None)
        if operator == '<is>' and boolean(word) is None:
            return Fault(
                'wrong-value', "'True' or 'False' must follow '<is>'",
                nearest=typo(f'<is> {word}', (IS_TRUE, IS_FALSE)))
        return None

    def _boolean(self, value):
        if self.kind != 'boolean':
            return None
        return {True: IS_TRUE, False: IS_FALSE}.get(boolean(value))

    def _repaired(self, value):
        text = ''.join(value.split())
        for operator in sorted(self._ALLOWED[self.kind], key=len,
                               reverse=True):
            if (text.lower().startswith(operator)
                    and len(text) > len(operator)):
                repaired = f'{operator} {text[len(operator):]}'
                if self.check(repaired) is None:
                    return repaired
        return None

    @classmethod
    def literals(cls, value):
        """Return the texts that a value asks for by name.

        Empty for what asks in another way (``<in>``, ``s!=``).
        """
        words = value.split()
        if words[0] not in cls.ALL:
            return (value,)
        if words[0] == '<or>':
            return tuple(words[1::2])
        if words[0] == 's==':
            return tuple(words[1:2])
        return ()


def _inside(part, fault):
    return Fault(fault.reason, f'in {quoted(part)}, {fault.text}',
                 fault.allowed, fault.nearest)


def _bounds(minimum, maximum):
    if minimum is None and maximum is None:
        return ''
    if maximum is None:
        return f', {minimum} or more'
    if minimum is None:
        return f', {maximum} or less'
    return f' from {minimum} to {maximum}'
