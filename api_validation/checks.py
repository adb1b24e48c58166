"""The checks of a document of extra specs."""

import dataclasses
import logging

from api_validation import catalogue as catalogues
from api_validation import existence
from api_validation.errors import InvalidArgument
from api_validation.properties import Properties
from api_validation.report import Fault
from api_validation.report import Problem
from api_validation.report import Report
from api_validation.text import kind

STRICT = 'strict'
STANDARD = 'standard'
PERMISSIVE = 'permissive'
MODES = (STRICT, STANDARD, PERMISSIVE)

# Refused by 'strict' only. Nobody else knows a driver of the operator's own,
# and a zone may be named before the first service of it is up.
_STRICT_ONLY = ('foreign-key', 'unknown-availability-zone')

MAX_KEY = 255
MAX_VALUE = 255

LOG = logging.getLogger(__name__)


def validate(extra_specs, *, stored=None, stores=None, mode=STANDARD,
             scopes=None, availability_zones=None, backends=None,
             properties=None, catalogue=None):
    """Check extra specs, and report everything that is wrong with them.

    :param extra_specs: the keys that are to be set, ``{key: value}``.
    :param stored: what the volume type has already, for checks of one key
        against another; it is not checked itself.
    :param stores: the :class:`~api_validation.stores.StoresDocument` of the
        cloud. None: whether a store exists is not checked.
    :param mode: ``'strict'`` refuses keys nobody defined and availability
        zones that do not exist; ``'standard'`` refuses what is a typo by all
        appearance, and only warns of those two; ``'permissive'`` refuses
        nothing and warns.
    :param scopes: look at keys of these scopes only, odd spellings of them
        included. None: at all.
    :param availability_zones: the names of the cloud's; None as above.
    :param backends: the ``volume_backend_name`` of each; None as above.
    :param properties: what the back ends that the type can end on say of
        their own keys, ``{name of a back end: properties}`` as in Cinder's
        ``get_capabilities``. A key that only they know is no unknown key.
    :param catalogue: the definitions to check against; those of all
        installed packages by default.
    :returns: a :class:`~api_validation.report.Report`, whatever the keys and
        values are.
    :raises InvalidArgument: for an unknown mode, or a scope that no
        definition has (were it ignored, nothing would be checked).
    """
    if mode not in MODES:
        raise InvalidArgument(
            f'the mode must be one of {", ".join(MODES)}, not {mode!r}')
    catalogue = catalogue or catalogues.default()
    for scope in scopes or ():
        _known(scope, catalogue)
    cloud = existence.Cloud(stores, availability_zones, backends)
    check = _Check(catalogue, mode, cloud, scopes,
                   Properties(properties or {}))
    check.document(extra_specs, stored)
    return Report(check.errors, check.warnings)


def touches(extra_specs, scope, *, catalogue=None):
    """Return whether a key belongs to a scope, in any odd spelling of it.

    :raises InvalidArgument: for a scope that no definition has.
    """
    catalogue = catalogue or catalogues.default()
    _known(scope, catalogue)
    return isinstance(extra_specs, dict) and any(
        isinstance(key, str) and catalogue.meant(key) == scope
        for key in extra_specs)


def _known(scope, catalogue):
    if scope not in catalogue.scopes:
        raise InvalidArgument(
            f'no extra spec of the scope {scope!r} is defined')


class _Check:
    """One run: what is known goes in, problems come out."""

    def __init__(self, catalogue, mode, cloud, scopes, properties):
        self.catalogue = catalogue
        self.mode = mode
        self.cloud = cloud
        self.scopes = None if scopes is None else frozenset(scopes)
        self.properties = properties
        self.errors = []
        self.warnings = []

    def refuse(self, key, value, fault, **kwargs):
        warns = (self.mode == PERMISSIVE or
                 self.mode != STRICT and fault.reason in _STRICT_ONLY)
        problems = self.warnings if warns else self.errors
        problems.append(Problem.of(key, value, fault, **kwargs))

    def warn(self, key, value, fault, **kwargs):
        self.warnings.append(Problem.of(key, value, fault, **kwargs))

    def document(self, extra_specs, stored):
        if not isinstance(extra_specs, dict):
            self.refuse('extra_specs', extra_specs, Fault(
                'not-an-object',
                f'extra specs must be an object, not {kind(extra_specs)}'),
                with_value=False)
            return
        for key, value in extra_specs.items():
            self.pair(key, value)
        self.rules(extra_specs, stored)

    def pair(self, key, value):
        """Check one key with its value."""
        if not isinstance(key, str):
            if self.scopes is None:
                self.refuse(key, value, Fault(
                    'invalid-key',
                    f'a key must be a string, not {kind(key)}'),
                    with_value=False)
            return
        definition = self.catalogue.find(key)
        scope = (key.rpartition(':')[0].partition(':')[0] if definition
                 else self.catalogue.meant(key))
        if self.scopes is not None and scope not in self.scopes:
            return
        if not definition and self.properties.covers(key) and (
                scope is None or self.properties.reports(key)):
            self.property(key, value)
            return
        fault = self.key(key, definition, scope)
        if fault:
            self.refuse(key, value, fault, with_value=False)
            if not definition:
                return
        fault = self.value(key, definition, value)
        if fault:
            report = self.warn if fault.reason == 'unchecked' else self.refuse
            report(key, value, fault, with_value=isinstance(value, str))
        elif self.properties.covers(key):
            self.property(key, value, known=True)
        if definition.deprecated:
            self.warn(key, value, Fault(
                'deprecated',
                f'this key is deprecated: {definition.deprecated}'),
                      with_value=False)

    def property(self, key, value, known=False):
        """Check one key against what back ends say of it."""
        if len(key) > MAX_KEY:
            fault = self.key(key, None, None)
        else:
            fault = self.string(value) or self.properties.check(
                key, value, known)
        if fault:
            self.refuse(key, value, fault, with_value=(
                isinstance(value, str) and fault.reason == 'wrong-value'))

    def key(self, key, definition, scope):
        """Return what is wrong with a key, or None."""
        if definition and not definition.parameters:
            return None
        if len(key) > MAX_KEY or not key:
            return Fault('invalid-key',
                         f'the key has {len(key)} characters; 1 to '
                         f'{MAX_KEY} are possible')
        if definition:
            typo = self.catalogue.typo(key)
            return typo and Fault(
                'misspelled-key', 'this is not how the key is spelled',
                nearest=typo)
        if scope is None:
            return Fault('foreign-key', 'nothing is known about this key')
        allowed = self.catalogue.names_in(scope)
        nearest = self.catalogue.nearest(scope, key)
        if scope and key.startswith(f'{scope}:'):
            return Fault('unknown-key', f'there is no such key in {scope}',
                         allowed, nearest)
        return Fault('misspelled-key', 'this is not how the key is spelled',
                     allowed if scope else (), nearest)

    def string(self, value):
        """Return why Cinder cannot store a value, or None."""
        if not isinstance(value, str):
            return Fault('not-a-string',
                         f'the value must be a string, not {kind(value)}')
        if len(value) > MAX_VALUE:
            return Fault('too-long',
                         f'the value has {len(value)} characters, the limit '
                         f'is {MAX_VALUE}')
        return None

    def value(self, key, definition, value):
        """Return what is wrong with a value, or None."""
        fault = self.string(value)
        if fault:
            return self.with_allowed(definition, fault)
        if definition.value is None and not definition.exists_in:
            return None
        if not value.strip():
            return self.with_allowed(definition, Fault(
                'empty', 'the value is empty or blank'))
        try:
            fault = definition.value and definition.value.check(value)
        except Exception:
            # Definitions are anybody's code; a mistake in one must not stop
            # every change of every type.
            LOG.exception('The check of %s failed', definition.name)
            return Fault('unchecked',
                         'the value could not be checked: its definition is '
                         'at fault, see the log')
        if fault is None and definition.exists_in:
            fault = self.cloud.check(definition.exists_in, value)
        return fault

    def with_allowed(self, definition, fault):
        """Add to a fault what the cloud has of what the value must name."""
        if definition is None or not definition.exists_in:
            return fault
        allowed, notes = self.cloud.allowed(definition.exists_in)
        return dataclasses.replace(fault, allowed=allowed, notes=notes)

    def rules(self, extra_specs, stored):
        """Check keys against each other, when one of them is being set."""
        together = dict(stored) if isinstance(stored, dict) else {}
        together.update(extra_specs)
        for key, value in together.items():
            definition = (self.catalogue.find(key)
                          if isinstance(key, str) else None)
            if (definition is None or not definition.rules
                    or not isinstance(value, str)):
                continue
            if self.scopes is not None and \
                    definition.scope not in self.scopes:
                continue
            for rule in definition.rules:
                self.rule(rule, key, together, extra_specs)

    def rule(self, rule, key, together, extra_specs):
        other = rule.key
        set_here = key in extra_specs
        if not set_here and other not in extra_specs:
            return
        fault = rule.fault(key, together[key], together.get(other), set_here)
        if fault:
            told = key if set_here else other
            report = self.refuse if rule.refuses else self.warn
            report(told, extra_specs[told], fault)
