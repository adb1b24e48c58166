"""The checks of a document of extra specs."""

from api_validation import catalogue as catalogues
from api_validation import existence
from api_validation.errors import InvalidArgument
from api_validation.report import Fault
from api_validation.report import Problem
from api_validation.report import Report
from api_validation.text import kind

STRICT = 'strict'
STANDARD = 'standard'
PERMISSIVE = 'permissive'
MODES = (STRICT, STANDARD, PERMISSIVE)

MAX_VALUE = 255


def validate(extra_specs, *, stored=None, stores=None, mode=STANDARD,
             scopes=None, catalogue=None):
    """Check extra specs, and report everything that is wrong with them.

    :param extra_specs: the keys that are to be set, ``{key: value}``.
    :param stored: what the volume type has already, for checks of one key
        against another; it is not checked itself.
    :param stores: the :class:`~api_validation.stores.StoresDocument` of the
        cloud. None: whether a store exists is not checked.
    :param mode: ``'strict'`` refuses keys nobody defined; ``'standard'``
        refuses what is a typo by all appearance, and only warns of keys
        nobody defined; ``'permissive'`` refuses nothing and warns.
    :param scopes: look at keys of these scopes only, odd spellings of them
        included. None: at all.
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
    check = _Check(catalogue, mode, stores, scopes)
    check.document(extra_specs)
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
            f'no extra spec of the scope {scope!r} is defined; are the entry '
            f'points of {catalogues.NAMESPACE} installed?')


class _Check:
    def __init__(self, catalogue, mode, stores, scopes):
        self.catalogue = catalogue
        self.mode = mode
        self.stores = stores
        self.scopes = None if scopes is None else set(scopes)
        self.errors = []
        self.warnings = []

    def refuse(self, key, value, fault, **kwargs):
        problem = Problem.of(key, value, fault, **kwargs)
        if self.mode == PERMISSIVE:
            self.warnings.append(problem)
        else:
            self.errors.append(problem)

    def warn(self, key, value, fault, **kwargs):
        if self.mode == STRICT:
            self.refuse(key, value, fault, **kwargs)
        else:
            self.warnings.append(Problem.of(key, value, fault, **kwargs))

    def document(self, extra_specs):
        if not isinstance(extra_specs, dict):
            self.refuse('extra_specs', extra_specs, Fault(
                'not-an-object',
                f'extra specs must be an object, not {kind(extra_specs)}'),
                with_value=False)
            return
        for key, value in extra_specs.items():
            self.key(key, value)

    def key(self, key, value):
        if not isinstance(key, str):
            if self.scopes is None:
                self.refuse(key, value, Fault(
                    'invalid-key', f'a key must be a string, not {kind(key)}'),
                    with_value=False)
            return
        definition = self.catalogue.find(key)
        scope = definition.scope if definition else self.catalogue.meant(key)
        if self.scopes is not None and scope not in self.scopes:
            return
        if definition:
            fault = self.value(definition, value)
            if fault:
                self.refuse(key, value, fault,
                            with_value=isinstance(value, str))
        elif scope is None:
            self.warn(key, value, Fault(
                'foreign-key', 'nothing is known about this key'),
                with_value=False)
        else:
            self.refuse(key, value, self.unknown(scope, key),
                        with_value=False)

    def unknown(self, scope, key):
        nearest = self.catalogue.nearest_in(scope, key)
        allowed = self.catalogue.keys_of(scope)
        if key.partition(':')[0] != scope or ':' not in key:
            return Fault('misspelled-key',
                         'this is not how the key is spelled',
                         allowed, nearest)
        return Fault('unknown-key', f'there is no such key in {scope}',
                     allowed, nearest)

    def value(self, definition, value):
        if not isinstance(value, str):
            return Fault('not-a-string',
                         f'the value must be a string, not {kind(value)}')
        if len(value) > MAX_VALUE:
            return Fault('too-long',
                         f'the value has {len(value)} characters, the limit '
                         f'is {MAX_VALUE}')
        if not value.strip():
            return self.missing(definition)
        if definition.exists_in == 'image_store':
            return existence.check_image_store(value, self.stores)
        return None

    def missing(self, definition):
        allowed, notes = (), {}
        if definition.exists_in == 'image_store' and self.stores:
            allowed = tuple(sorted(self.stores.writable_ids))
            notes = {self.stores.default_id: 'default'}
        return Fault('empty', 'the value is empty or blank', allowed,
                     notes=notes)
