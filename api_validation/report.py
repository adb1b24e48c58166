"""What was found in a document of extra specs."""

import dataclasses

from api_validation.text import listed
from api_validation.text import printable
from api_validation.text import quoted
from api_validation.text import shown_key


@dataclasses.dataclass(frozen=True)
class Fault:
    """What a check has against a value, before key and value are known.

    ``text`` is a sentence without its full stop; ``notes`` are remarks on
    single words of ``allowed``, which ``introduction`` introduces.
    """

    reason: str
    text: str
    allowed: tuple = ()
    nearest: str | None = None
    notes: dict = dataclasses.field(default_factory=dict)
    introduction: str = 'Allowed'


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one extra spec.

    :param key: the key as it was given.
    :param value: the value as it was given (not cut, not escaped).
    :param reason: one word of :data:`REASONS`, for programs.
    :param allowed: what could stand there, as far as it can be listed.
    :param nearest: which of the allowed ones was probably meant, or None.
    :param message: all of it for people, safe to print.
    """

    key: object
    value: object
    reason: str
    allowed: tuple
    nearest: str | None
    message: str

    @classmethod
    def of(cls, key, value, fault, *, with_value=True):
        """Make a problem from what a check said."""
        start = shown_key(key)
        if with_value:
            start += f'={quoted(value)}'
        sentences = [f'{start}: {fault.text}.']
        if fault.allowed:
            sentences.append(f'{fault.introduction}: '
                             f'{listed(fault.allowed, fault.notes)}.')
        if fault.nearest is not None:
            sentences.append(f'Did you mean {quoted(fault.nearest)}?')
        return cls(key, value, fault.reason, tuple(fault.allowed),
                   fault.nearest, ' '.join(sentences))

    def to_dict(self):
        """Return plain JSON types; what JSON cannot hold is described."""
        return {
            'key': _plain(self.key),
            'value': _plain(self.value),
            'reason': self.reason,
            'allowed': list(self.allowed),
            'nearest': self.nearest,
            'message': self.message,
        }


REASONS = {
    'not-an-object': 'the document of extra specs is not an object',
    'invalid-key': 'the key is no string, empty, or longer than 255',
    'not-a-string': 'the value is not a string',
    'too-long': 'the value is longer than 255 characters',
    'empty': 'the value is empty or blank',
    'unknown-key': 'the scope is known, the key is not',
    'misspelled-key': 'the key is a known one in another spelling',
    'foreign-key': 'nothing is known about the key',
    'wrong-value': 'the value is not of the kind it must be',
    'conflict': 'the value contradicts that of another key',
    'incomplete': 'another key is needed as well',
    'deprecated': 'the key should no longer be used',
    'unchecked': 'the check of the value failed itself',
    'reserved-store': 'Glance keeps the store for itself',
    'unknown-store': 'there is no such image store',
    'read-only-store': 'the image store is read-only',
    'unavailable-store': 'the image store takes no images now',
    'unknown-availability-zone': 'there is no such availability zone',
    'unknown-backend': 'there is no such back end',
}
"""Every reason a problem can have, with its meaning."""


class Report:
    """All problems of a document of extra specs.

    ``errors`` are reasons to refuse the document, ``warnings`` are not.
    """

    def __init__(self, errors=(), warnings=()):
        self.errors = tuple(errors)
        self.warnings = tuple(warnings)

    @property
    def ok(self):
        """Whether the document can be accepted."""
        return not self.errors

    def __add__(self, other):
        """Return a report of what two found."""
        return Report(self.errors + other.errors,
                      self.warnings + other.warnings)

    def to_text(self):
        """Return one line for each problem, errors first."""
        return '\n'.join(
            [problem.message for problem in self.errors]
            + [f'Warning: {problem.message}' for problem in self.warnings])

    def to_dict(self):
        """Return plain JSON types."""
        return {
            'ok': self.ok,
            'errors': [problem.to_dict() for problem in self.errors],
            'warnings': [problem.to_dict() for problem in self.warnings],
        }

    def to_json(self):
        """Return :meth:`to_dict` as JSON text (ASCII)."""
        import json

        return json.dumps(self.to_dict())

    def __repr__(self):
        return f'Report(errors={self.errors!r}, warnings={self.warnings!r})'


def _plain(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return printable(value, 255)
    return quoted(value)
