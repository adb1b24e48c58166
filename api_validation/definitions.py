"""What is known about an extra spec."""

import dataclasses
import functools
import re

from api_validation import existence
from api_validation.errors import InvalidDefinition
from api_validation.values import Schema
from api_validation.values import Value

# Cinder accepts these characters in a key, and 255 of them (a blank and a
# slash too when a type is created, but not when one is changed).
_NAME = re.compile(r'[A-Za-z0-9_.:-]{1,255}', re.ASCII)
_PARAMETER = re.compile(r'\{([a-z_]{1,64})\}', re.ASCII)


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A part of a name that can vary: ``name`` in ``capabilities:{name}``.

    :param pattern: a regular expression for it. It is matched against keys
        that come over the network: no nested repetitions.
    """

    name: str
    pattern: str
    description: str


@dataclasses.dataclass(frozen=True)
class Definition:
    """One extra spec.

    :param name: the key, ``scope:name`` or, without a scope, ``name``; parts
        in braces are ``parameters``.
    :param description: what it does, in sentences.
    :param value: what it may be: a kind of :mod:`api_validation.values`, a
        JSON Schema of a string, or None when nothing can be said about it.
    :param parameters: a :class:`Parameter` for each part in braces.
    :param default: what holds when the key is not set, as a phrase.
    :param since: the release that brought it.
    :param deprecated: what to do instead, as a sentence; setting the key is
        warned of. None when it is not deprecated.
    :param rules: the :mod:`api_validation.rules` it has with other keys.
    :param exists_in: what its value must name: one of
        :data:`api_validation.existence.KINDS`, or None.
    :param capability: the scheduler compares it with what back ends report;
        it can be written as ``capabilities:name`` too.
    :param read_by: who acts on it: the vendor of a driver, or Cinder.
    :param source: the file of Cinder that defines it.
    :raises InvalidDefinition: when it contradicts itself.
    """

    name: str
    description: str
    value: Value | dict | None = None
    parameters: tuple = ()
    default: str | None = None
    since: str | None = None
    deprecated: str | None = None
    rules: tuple = ()
    exists_in: str | None = None
    capability: bool = False
    read_by: str = 'Cinder'
    source: str | None = None

    def __post_init__(self):
        bare = _PARAMETER.sub('x', self.name) \
            if isinstance(self.name, str) else ''
        if not _NAME.fullmatch(bare):
            raise InvalidDefinition(
                repr(self.name), 'the name has characters Cinder refuses')
        named = _PARAMETER.findall(self.name)
        if named != [parameter.name for parameter in self.parameters]:
            raise InvalidDefinition(
                self.name, 'the parameters are not those of the name')
        if '{' in self.scope:
            raise InvalidDefinition(self.name,
                                    'the scope has a parameter')
        if not self.description:
            raise InvalidDefinition(self.name, 'the description is empty')
        if self.exists_in is not None and \
                self.exists_in not in existence.KINDS:
            raise InvalidDefinition(
                self.name, f'exists_in must be one of '
                           f'{", ".join(existence.KINDS)}')
        if isinstance(self.value, dict):
            try:
                schema = Schema(self.value)
            except ValueError as error:
                raise InvalidDefinition(self.name, str(error)) from error
            object.__setattr__(self, 'value', schema)
        elif self.value is not None and not hasattr(self.value, 'check'):
            raise InvalidDefinition(
                self.name, 'the value is neither a kind of value nor a '
                           'JSON Schema')

    @property
    def scope(self):
        """What stands before the first colon; empty without one."""
        scope, colon, _ = self.name.partition(':')
        return scope if colon else ''

    @property
    def checks_value(self):
        """Whether some values that are not blank are refused."""
        return (self.exists_in is not None
                or getattr(self.value, 'checks', self.value is not None))

    def matches(self, key):
        """Return whether a key is one of this definition."""
        if not self.parameters:
            return key == self.name
        return bool(self._pattern.fullmatch(key))

    @functools.cached_property
    def _pattern(self):
        parts = _PARAMETER.split(self.name)
        pattern = ''.join(
            re.escape(part) if number % 2 == 0
            else f'(?:{self.parameters[number // 2].pattern})'
            for number, part in enumerate(parts))
        return re.compile(pattern, re.ASCII)

    def facts(self):
        """Return ``(name, text)`` for all that is known but the description.

        What the reference page and the commands print, in this order.
        """
        if self.value:
            yield 'Value', self.value.describe()
        for parameter in self.parameters:
            yield f'{{{parameter.name}}}', parameter.description
        if self.exists_in:
            yield 'Must name', existence.NOUNS[self.exists_in]
        if self.default:
            yield 'Default', self.default
        for rule in self.rules:
            yield 'Rule', rule.describe()
        if self.deprecated:
            yield 'Deprecated', self.deprecated
        if self.since:
            yield 'Since', self.since
        yield 'Read by', self.read_by
        if self.source:
            yield 'Source', self.source

    def to_dict(self):
        """Return plain JSON types, for catalogues in other languages."""
        return {
            'name': self.name,
            'scope': self.scope,
            'description': self.description,
            'value': self.value.describe() if self.value else None,
            'default': self.default,
            'since': self.since,
            'deprecated': self.deprecated,
            'rules': [rule.describe() for rule in self.rules],
            'exists_in': self.exists_in,
            'read_by': self.read_by,
            'source': self.source,
        }
