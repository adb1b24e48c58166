"""The definitions of all extra specs that are known.

They are found by stevedore, in the entry points
``api_validation.extra_specs``, when they are needed for the first time.
"""

import functools
import logging
import threading

from api_validation.errors import InvalidDefinition
from api_validation.near import fold
from api_validation.near import Words

NAMESPACE = 'api_validation.extra_specs'

LOG = logging.getLogger(__name__)

_lock = threading.Lock()


class Catalogue:
    """Definitions, and the look-ups that checks need.

    :raises InvalidDefinition: when two definitions have one name.
    """

    def __init__(self, definitions):
        self._by_name = {}
        self._by_scope = {}
        for definition in definitions:
            if definition.name in self._by_name:
                raise InvalidDefinition(definition.name, 'is there twice')
            self._by_name[definition.name] = definition
            self._by_scope.setdefault(
                definition.scope, {})[definition.name] = definition
        self._names = {scope: Words(names)
                       for scope, names in self._by_scope.items()}
        self._all_names = Words(self._by_name)
        self._scopes = Words(scope for scope in self._by_scope if scope)

    def __iter__(self):
        return iter(self._by_name.values())

    def __len__(self):
        return len(self._by_name)

    @property
    def scopes(self):
        """The scopes that are known, without the empty one, sorted."""
        return tuple(sorted(scope for scope in self._by_scope if scope))

    def find(self, key):
        """Return the definition of a key, or None."""
        return self._by_name.get(key)

    def keys_of(self, scope):
        """Return the names that are defined in a scope, sorted."""
        return tuple(sorted(self._by_scope.get(scope, ())))

    def nearest_in(self, scope, key):
        """Return the name in a scope that a key was probably meant to be."""
        words = self._names.get(scope)
        return words.nearest(key) if words else None

    def meant(self, key):
        """Return the scope a key belongs to by intention.

        That is the scope it names, in any spelling (``Image-Service``), with
        or without the colon, or with a typo in the scope before a name that
        is known. None when there is no such scope.
        """
        scope, colon, name = key.partition(':')
        if colon:
            if scope in self._by_scope:
                return scope
            same = self._scopes.same_spelling(scope)
            if same:
                return same
            near = self._scopes.nearest(scope)
            folded = fold(name)
            if near and any(fold(known.partition(':')[2]) == folded
                            for known in self._by_scope[near]):
                return near
            return None
        known = self._all_names.same_spelling(key)
        return self._by_name[known].scope if known else None


def load():
    """Read the definitions of all installed packages.

    A package whose definitions cannot be loaded is logged and left out: it
    must not take every other check with it.
    """
    import stevedore

    def failed(manager, entry_point, error):
        LOG.warning('The extra specs of %s cannot be loaded: %s',
                    entry_point, error)

    manager = stevedore.ExtensionManager(
        NAMESPACE, on_load_failure_callback=failed)
    definitions = {}
    for extension in sorted(manager, key=_ours_first):
        try:
            registered = list(extension.plugin.register())
        except Exception as error:
            failed(manager, extension.entry_point, error)
            continue
        for definition in registered:
            if definition.name in definitions:
                failed(manager, extension.entry_point,
                       f'{definition.name} is defined already')
                continue
            definitions[definition.name] = definition
    return Catalogue(definitions.values())


def default():
    """Return the catalogue of what is installed, loaded once."""
    with _lock:
        return _default()


@functools.cache
def _default():
    return load()


def _ours_first(extension):
    ours = extension.module_name.startswith(f'{NAMESPACE}.')
    return (not ours, extension.name)
