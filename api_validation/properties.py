"""What back ends themselves say of the extra specs they read.

Cinder's ``get_capabilities`` (``GET /v3/{project}/capabilities/{host}``) has
``properties``: ``{"acme:tier": {"title": ..., "type": "string", "enum":
["gold"]}}``, with ``type`` one of boolean, integer, number and string, and
``enum``, ``minimum`` and ``maximum`` where there are any. Only the names with
a scope are a vendor's own; nothing in an answer is taken for granted.
"""

from api_validation.near import nearest
from api_validation.report import Fault
from api_validation.text import quoted
from api_validation.values import Boolean
from api_validation.values import Choice
from api_validation.values import Either
from api_validation.values import Integer
from api_validation.values import IsBoolean
from api_validation.values import Number
from api_validation.values import Text

_MOST = 1000
_LONGEST = 255


class Properties:
    """The properties of the back ends that a volume type can end on.

    :param by_backend: ``{name of a back end: its properties}``; entries
        that are not what they should be are passed over.
    """

    def __init__(self, by_backend):
        self._backends = {}
        for name, properties in by_backend.items():
            values = _values(properties)
            if values:
                self._backends[name] = values
        self._scopes = {_scope(key) for values in self._backends.values()
                        for key in values}

    def covers(self, key):
        """Return whether a back end has keys of the scope of this one."""
        return _scope(key) in self._scopes

    def reports(self, key):
        """Return whether a back end has this very key."""
        return any(key in values for values in self._backends.values())

    def check(self, key, value, known=False):
        """Return what every back end of the key's scope has against it.

        None when one of them takes it: the scheduler may choose that one.

        :param known: do not mind that no back end reports the key; few
            drivers report all they read.
        """
        found = None
        for name, values in self._backends.items():
            if _scope(key) not in map(_scope, values):
                continue
            fault = _check(name, values, key, value, known)
            if fault is None:
                return None
            found = found or fault
        return found


def _scope(key):
    scope, colon, _ = key.partition(':')
    return scope if colon else ''


def _check(backend, values, key, value, known):
    kind = values.get(key)
    if kind is None:
        if known:
            return None
        names = tuple(sorted(name for name in values
                             if _scope(name) == _scope(key)))
        return Fault('unknown-key',
                     f'the back end {quoted(backend)} has no such key',
                     names, nearest(key, names))
    if kind.checks and not value.strip():
        return Fault('empty', 'the value is empty or blank')
    fault = kind.check(value)
    if fault is None:
        return None
    return Fault(fault.reason,
                 f'{fault.text}, as the back end {quoted(backend)} has it',
                 fault.allowed, fault.nearest)


def _values(properties):
    """Return ``{key: kind of value}`` of the keys that have a scope."""
    if not isinstance(properties, dict):
        return {}
    return {key: _value(said)
            for key, said in list(properties.items())[:_MOST]
            if isinstance(key, str) and _scope(key)
            and len(key) <= _LONGEST and isinstance(said, dict)}


def _value(said):
    words = said.get('enum')
    kind = said.get('type')
    if isinstance(words, (list, tuple)) and words and kind != 'boolean':
        return Choice(*(str(word)[:_LONGEST] for word in words[:_MOST]))
    if kind == 'boolean':
        # Each driver reads truth in its own way.
        return Either(IsBoolean(), Boolean())
    bounds = _number(said.get('minimum')), _number(said.get('maximum'))
    if kind == 'integer':
        return Integer(*bounds)
    if kind == 'number':
        return Number(*bounds)
    return Text()


def _number(bound):
    if isinstance(bound, (int, float)) and not isinstance(bound, bool):
        return bound
    return None
