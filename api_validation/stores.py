"""The image stores a cloud has: the answer to ``GET /v2/info/stores``.

Glance documents ``{"stores": [{"id": ..., "description": ..., "default":
"true", "read-only": "true"}, ...]}``. Our filter in front of it adds
``status`` and ``reason`` to each store; ``weight`` is in the administrator's
``/v2/info/stores/detail`` alone. Members nobody knows are let through.

Nothing in an answer is trusted: a proxy's error page, a list in the place of
an object or ``"read-only": true`` (a boolean; upstream's check takes such a
store for writable, C3) must not become a KeyError or a wrong decision.
"""

import dataclasses
import functools
import threading

from api_validation.errors import InvalidStoresDocument
from api_validation.text import kind
from api_validation.text import printable
from api_validation.text import quoted

AVAILABLE = 'available'
READ_ONLY = 'read-only'
DRAINING = 'draining'
UNAVAILABLE = 'unavailable'

MAX_STORES = 1000
MAX_ID = 255
MAX_TEXT = 4096
MAX_PROBLEMS = 20

# Glance keeps these for itself; they are never a place for images.
RESERVED = 'os_glance_'

# What oslo's strutils.bool_from_string calls true and false.
_TRUE = ('1', 't', 'true', 'on', 'y', 'yes')
_FALSE = ('0', 'f', 'false', 'off', 'n', 'no')

_FLAG = {
    'anyOf': [
        {'type': ['boolean', 'null']},
        {'enum': [0, 1]},
        {'type': 'string',
         'pattern': r'(?i)^\s*({})\s*$'.format('|'.join(_TRUE + _FALSE))},
    ],
}
_TEXT = {'type': ['string', 'null'], 'maxLength': MAX_TEXT}

SCHEMA = {
    '$schema': 'https://json-schema.org/draft/2020-12/schema',
    'type': 'object',
    'required': ['stores'],
    'properties': {
        'stores': {
            'type': 'array',
            'maxItems': MAX_STORES,
            'items': {
                'type': 'object',
                'required': ['id'],
                'properties': {
                    'id': {'type': 'string', 'maxLength': MAX_ID,
                           'pattern': r'\S'},
                    'description': _TEXT,
                    'default': _FLAG,
                    'read-only': _FLAG,
                    'read_only': _FLAG,
                    'status': _TEXT,
                    'reason': _TEXT,
                    'weight': {'type': ['number', 'null']},
                },
            },
        },
    },
}
_MEMBERS = tuple(SCHEMA['properties']['stores']['items']['properties'])
_IDS = '$.stores[*].id'

_lock = threading.Lock()


@dataclasses.dataclass(frozen=True)
class Store:
    """One image store.

    ``status`` is None where Glance is plain upstream; ``reason`` says why a
    status is what it is; ``weight`` orders downloads (a bigger number first)
    and is known to administrators alone.
    """

    id: str
    description: str | None = None
    default: bool = False
    read_only: bool = False
    status: str | None = None
    reason: str | None = None
    weight: float | None = None

    @property
    def reserved(self):
        """Whether Glance keeps the store for itself."""
        return self.id.startswith(RESERVED)

    @property
    def writable(self):
        """Whether the store takes images, as far as is known.

        A status this package does not know is taken for not writable.
        """
        return (not self.read_only and not self.reserved
                and self.status in (None, AVAILABLE))


class StoresDocument:
    """The stores of a cloud; make one with :meth:`parse`.

    ``stores`` are in the order Glance lists them.
    """

    def __init__(self, stores):
        self.stores = tuple(stores)
        self._by_id = {store.id: store for store in self.stores}

    @classmethod
    def parse(cls, body):
        """Read a decoded answer of ``GET /v2/info/stores``.

        :param body: whatever was decoded from JSON, or from anything else.
        :raises InvalidStoresDocument: when it is not a list of stores with
            one unique id each. It carries every problem as a sentence.
        """
        outline = _outline(body)
        problems = _Problems(_schema_problems(outline))
        if not problems:
            problems.extend(_id_problems(outline))
            problems.extend(_default_problems(outline))
        if problems:
            raise InvalidStoresDocument(problems.sentences())
        return cls(_store(entry) for entry in outline['stores'])

    def get(self, store_id):
        """Return the store of an id, or None."""
        return self._by_id.get(store_id)

    @property
    def ids(self):
        """The ids of all stores."""
        return tuple(self._by_id)

    @property
    def writable_ids(self):
        """The ids of the stores that take images."""
        return tuple(store.id for store in self.stores if store.writable)

    @property
    def default_id(self):
        """The id of the default store, or None when Glance names none."""
        for store in self.stores:
            if store.default:
                return store.id
        return None

    def __eq__(self, other):
        if not isinstance(other, StoresDocument):
            return NotImplemented
        return self.stores == other.stores

    def __hash__(self):
        return hash(self.stores)

    def __repr__(self):
        return f'StoresDocument({list(self.stores)!r})'


class _Odd:
    """Stands for a value that JSON does not have."""

    def __init__(self, name):
        self.name = name


def _outline(body):
    """Copy the members this module knows, three levels deep.

    Depth, size and strange objects of an answer end here: what is checked
    and quoted afterwards is small and plain, so that neither the schema
    library's error texts (it writes the whole instance into them) nor
    recursion can be made to cost anything.
    """
    if not isinstance(body, dict):
        return _scalar(body)
    if 'stores' not in body:
        return {}
    stores = body['stores']
    if not isinstance(stores, list):
        return {'stores': _scalar(stores)}
    return {'stores': [
        {name: _scalar(entry[name]) for name in _MEMBERS if name in entry}
        if isinstance(entry, dict) else _scalar(entry)
        for entry in stores[:MAX_STORES + 1]]}


def _scalar(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)[:MAX_TEXT + 1]
    if isinstance(value, int):
        return int(value) if abs(value) < 2 ** 63 else _Odd('a huge number')
    if isinstance(value, float):
        # json.loads() lets NaN and Infinity through, JSON does not
        finite = value - value == 0
        return float(value) if finite else _Odd('a number without a value')
    if isinstance(value, dict):
        return {}
    if isinstance(value, list):
        return []
    return _Odd(kind(value))


class _Problems(list):
    """Sentences, of which only the first few are told."""

    def sentences(self):
        left = len(self) - MAX_PROBLEMS
        if left <= 0:
            return list(self)
        return [*self[:MAX_PROBLEMS], f'There are {left} more problems.']


@functools.cache
def _build_validator():
    import jsonschema

    return jsonschema.Draft202012Validator(SCHEMA)


@functools.cache
def _build_ids():
    import jsonpath_ng

    return jsonpath_ng.parse(_IDS)


def _once(build):
    # functools.cache may build twice when two threads meet, and the parser
    # generator under jsonpath-ng is not known to like that
    with _lock:
        return build()


def _schema_problems(outline):
    errors = _once(_build_validator).iter_errors(outline)
    return [_sentence(error) for error in
            sorted(errors, key=lambda error: [
                str(part).rjust(9, '0') for part in error.absolute_path])]


def _sentence(error):
    path = list(error.absolute_path)
    where = _where(path, error.instance)
    rule = error.validator
    found = (error.instance.name if isinstance(error.instance, _Odd)
             else kind(error.instance))
    if rule == 'required':
        return f'{where} has no "{error.validator_value[0]}".'
    if rule == 'maxItems':
        return f'{where} has more than {MAX_STORES} entries.'
    if rule == 'maxLength':
        return (f'{where} is longer than {error.validator_value} '
                f'characters.')
    if rule == 'pattern':
        return f'{where} is blank.'
    if rule == 'anyOf':
        shown = (quoted(error.instance) if isinstance(error.instance, str)
                 else found)
        return f'{where} is neither true nor false, but {shown}.'
    return f'{where} is not {_wanted(error.validator_value)}, but {found}.'


def _where(path, instance):
    if not path:
        return 'The document'
    if len(path) == 1:
        return '"stores"'
    entry = f'Entry {path[1]} of "stores"'
    if len(path) == 2:
        return entry
    return f'{entry}: "{path[2]}"'


def _wanted(types):
    names = {'object': 'an object', 'array': 'a list', 'string': 'a string',
             'number': 'a number'}
    if isinstance(types, str):
        types = [types]
    return ' or '.join(names[name] for name in types if name in names)


def _id_problems(outline):
    seen = set()
    for match in _once(_build_ids).find(outline):
        if match.value in seen:
            yield f'The id {quoted(match.value)} is there more than once.'
        seen.add(match.value)


def _default_problems(outline):
    defaults = [entry['id'] for entry in outline['stores']
                if _flag(entry.get('default'))]
    if len(defaults) > 1:
        yield (f'There is more than one default store: '
               f'{", ".join(quoted(name) for name in defaults[:5])}.')


def _flag(value):
    return str(value).strip().lower() in _TRUE


def _store(entry):
    def text(name):
        value = entry.get(name)
        return printable(value, MAX_TEXT) if value else None

    return Store(
        id=entry['id'],
        description=text('description'),
        default=_flag(entry.get('default')),
        read_only=(_flag(entry.get('read-only'))
                   or _flag(entry.get('read_only'))
                   or entry.get('status') == READ_ONLY),
        status=text('status'),
        reason=text('reason'),
        weight=entry.get('weight'))
