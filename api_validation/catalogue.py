"""The definitions of all extra specs that are known.

They are found by stevedore, in the entry points
``api_validation.extra_specs``, when they are needed for the first time.
"""

import dataclasses
import functools
import importlib
import logging
import pkgutil
import threading

from api_validation.definitions import Definition
from api_validation.errors import InvalidDefinition
from api_validation.near import Words

NAMESPACE = 'api_validation.extra_specs'
CAPABILITIES = 'capabilities'

LOG = logging.getLogger(__name__)

_lock = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Count:
    """How much of the catalogue is more than a name."""

    definitions: int
    value_checks: int

    @property
    def share(self):
        """The part of the definitions that check values, 0 to 1."""
        return self.value_checks / self.definitions if self.definitions else 0


class Catalogue:
    """Definitions, and the look-ups that checks need.

    :param definitions: :class:`~api_validation.definitions.Definition`
        objects, in the order they should be listed in.
    :raises InvalidDefinition: when two of them have one name.
    """

    def __init__(self, definitions):
        self._by_name = {}
        self._by_scope = {}
        self._parametrised = {}
        for definition in definitions:
            if definition.name in self._by_name:
                raise InvalidDefinition(definition.name, 'is there twice')
            self._by_name[definition.name] = definition
            self._by_scope.setdefault(definition.scope, []).append(definition)
            if definition.parameters:
                self._parametrised.setdefault(
                    definition.scope, []).append(definition)
        literal = [definition for definition in self
                   if not definition.parameters]
        self._names = Words(definition.name for definition in literal)
        self._scopes = Words(self.scopes)
        self._words = {scope: Words(self._spellings(scope, literal))
                       for scope in self._by_scope}

    def __iter__(self):
        return iter(self._by_name.values())

    def __len__(self):
        return len(self._by_name)

    @property
    def scopes(self):
        """The scopes that are known, without the empty one, sorted."""
        return tuple(sorted(scope for scope in self._by_scope if scope))

    def in_scope(self, scope):
        """Return the definitions of a scope ('' for keys without one)."""
        return tuple(self._by_scope.get(scope, ()))

    def find(self, key):
        """Return the definition of a key, or None.

        A name as it stands comes first, then a capability written with its
        scope (``capabilities:multiattach``), then names with parameters.
        """
        definition = self._by_name.get(key)
        if definition is not None and not definition.parameters:
            return definition
        scope, colon, name = key.partition(':')
        if colon and scope == CAPABILITIES:
            definition = self._by_name.get(name)
            if definition is not None and definition.capability:
                return definition
        for definition in self._parametrised.get(scope if colon else '', ()):
            if definition.matches(key):
                return definition
        return None

    def meant(self, key):
        """Return the scope a key belongs to by intention, or None.

        That is the scope it names, in any spelling (``Image-Service``), with
        or without the colon, or with a typo in the scope before a name that
        is known. '' is the scope of keys without one.
        """
        if key in self._by_name:
            return self._by_name[key].scope
        scope, colon, name = key.partition(':')
        if not colon:
            known = self._names.same_spelling(key)
            if known is None:
                known = self._typo(key)
            return None if known is None else self._by_name[known].scope
        if not scope:
            return None
        if scope in self._by_scope:
            return scope
        same = self._scopes.same_spelling(scope)
        if same:
            return same
        near = self._scopes.typo(scope)
        if near and self._words[near].same_spelling(f'{near}:{name}'):
            return near
        return None

    def typo(self, key):
        """Return the literal name that a key is a misspelling of, or None.

        For keys that a definition with parameters accepts, whatever they
        are: ``capabilities:multiatach``.
        """
        scope, colon, _ = key.partition(':')
        words = self._words.get(scope if colon else '')
        return words.typo(key) if words else None

    def nearest(self, scope, key):
        """Return the name in a scope that a key was perhaps meant to be."""
        _, colon, name = key.partition(':')
        if scope and colon:
            key = f'{scope}:{name}'
        words = self._words.get(scope)
        return words.nearest(key) if words else None

    def names_in(self, scope):
        """Return the names that are defined in a scope, sorted."""
        return tuple(sorted(definition.name
                            for definition in self._by_scope.get(scope, ())))

    def search(self, text):
        """Return the definitions with a text in their name or description.
        """
        wanted = text.casefold()
        return tuple(
            definition for definition in self
            if wanted in definition.name.casefold()
            or wanted in definition.description.casefold())

    def count(self):
        """Return a :class:`Count`."""
        return Count(len(self), sum(definition.checks_value
                                    for definition in self))

    def _typo(self, key):
        words = self._words.get('')
        return words.typo(key) if words else None

    def _spellings(self, scope, literal):
        names = [definition.name for definition in literal
                 if definition.scope == scope]
        if scope == CAPABILITIES:
            names += [f'{CAPABILITIES}:{definition.name}'
                      for definition in literal if definition.capability]
        return names


def load():
    """Read the definitions of all installed packages.

    A package whose definitions cannot be loaded is logged and left out: it
    must not take every other check with it. So is a definition of a name
    that exists already; those of this package come first.
    """
    import stevedore

    def failed(manager, entry_point, error):
        LOG.warning('Extra specs of %s are left out: %s', entry_point, error)

    manager = stevedore.ExtensionManager(
        NAMESPACE, on_load_failure_callback=failed)
    modules = {extension.module_name: extension.plugin
               for extension in manager}
    for name in _our_modules():
        # A checkout can be newer than the entry points it was installed
        # with. That must not take checks away without a word.
        if name not in modules:
            modules[name] = importlib.import_module(name)
    definitions = {}
    for name in sorted(modules, key=_ours_first):
        try:
            registered = [_definition(one)
                          for one in modules[name].register()]
        except Exception as error:
            # somebody else's code: whatever it raises
            failed(manager, name, error)
            continue
        for definition in registered:
            if definition.name in definitions:
                failed(manager, name, f'{definition.name} is defined already')
            else:
                definitions[definition.name] = definition
    return Catalogue(definitions.values())


def default():
    """Return the catalogue of what is installed, loaded once."""
    with _lock:
        return _default()


@functools.cache
def _default():
    return load()


def _definition(registered):
    if not isinstance(registered, Definition):
        raise InvalidDefinition(repr(registered), 'is no Definition')
    return registered


def _our_modules():
    package = importlib.import_module(NAMESPACE)
    return [f'{NAMESPACE}.{module.name}'
            for module in pkgutil.iter_modules(package.__path__)]


def _ours_first(name):
    return (not name.startswith(f'{NAMESPACE}.'), name)
