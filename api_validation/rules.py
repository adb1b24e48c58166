"""What two extra specs of one volume type may not say together.

A rule belongs to the definition of one key and names the other. It is
checked when at least one of the two is being set, against what the type has
already.
"""

import dataclasses

from api_validation.report import Fault
from api_validation.text import quoted
from api_validation.values import boolean


class _Truth:
    """Stands for any spelling of true, or of false."""

    def __init__(self, truth):
        self.truth = truth

    def __repr__(self):
        return 'TRUE' if self.truth else 'FALSE'


TRUE = _Truth(True)
FALSE = _Truth(False)


def holds(condition, value):
    """Return whether a value meets a condition.

    :param condition: None (any value), TRUE, FALSE, or a tuple of values.
    """
    if not isinstance(value, str):
        return False
    if condition is None:
        return True
    if isinstance(condition, _Truth):
        return boolean(value) is condition.truth
    return value in condition


@dataclasses.dataclass(frozen=True)
class Conflict:
    """Two keys that exclude each other.

    :param key: the other key.
    :param when: which values of this key are meant, see :func:`holds`.
    :param other: which values of the other key are meant.
    :param why: a sentence without its full stop, or None.
    """

    key: str
    when: object = None
    other: object = None
    why: str | None = None

    refuses = True

    def fault(self, mine, value, theirs, mine_is_set):
        """Return what is wrong, or None.

        :param mine: the key that has the rule, with its ``value``.
        :param theirs: the value of the other key, or None.
        :param mine_is_set: whether the fault is told of the key that has the
            rule, or else of the other one.
        """
        if not (holds(self.when, value) and holds(self.other, theirs)):
            return None
        key, other = (self.key, theirs) if mine_is_set else (mine, value)
        why = f': {self.why}' if self.why else ''
        return Fault('conflict',
                     f'this cannot be set together with '
                     f'{key}={quoted(other)}{why}')

    def describe(self):
        """Return a sentence for the reference page."""
        return _sentence(self.when, f'cannot be set together with '
                                    f'{self.key}{_said(self.other)}')


@dataclasses.dataclass(frozen=True)
class Requires:
    """A key that does nothing, or fails later, without another one.

    That is a warning: keys are set one after the other.
    """

    key: str
    when: object = None
    other: object = None
    why: str | None = None

    refuses = False

    def fault(self, mine, value, theirs, mine_is_set):
        """Return what is missing, or None; see :meth:`Conflict.fault`."""
        if (not mine_is_set or not holds(self.when, value)
                or holds(self.other, theirs)):
            return None
        why = f': {self.why}' if self.why else ''
        return Fault('incomplete',
                     f'this needs {self.key}{_said(self.other)} as well{why}')

    def describe(self):
        """Return a sentence for the reference page."""
        return _sentence(self.when, f'needs {self.key}{_said(self.other)}')


@dataclasses.dataclass(frozen=True)
class AtMost:
    """A number that may not be above that of another key."""

    key: str

    refuses = True

    def fault(self, mine, value, theirs, mine_is_set):
        """Return what is wrong, or None; see :meth:`Conflict.fault`."""
        try:
            wrong = int(value) > int(theirs)
        except (TypeError, ValueError):
            # each value is checked on its own
            return None
        if not wrong:
            return None
        if mine_is_set:
            return Fault('conflict',
                         f'this is above {self.key}={quoted(theirs)}')
        return Fault('conflict', f'this is below {mine}={quoted(value)}')

    def describe(self):
        """Return a sentence for the reference page."""
        return f'Is at most {self.key}.'


def _sentence(condition, text):
    said = _said(condition).strip()
    if said:
        return f'When it is {said}, it {text}.'
    return f'{text[0].upper()}{text[1:]}.'


def _said(condition):
    if condition is None:
        return ''
    if isinstance(condition, _Truth):
        return f" '<is> {condition.truth}'"
    return ' ' + ' or '.join(f"'{value}'" for value in condition)
