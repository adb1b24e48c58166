"""Whether what a value names is there."""

from api_validation import stores
from api_validation.near import nearest
from api_validation.report import Fault
from api_validation.text import printable
from api_validation.text import quoted
from api_validation.values import Names
from api_validation.values import Operators

IMAGE_STORE = 'image_store'
AVAILABILITY_ZONE = 'availability_zone'
BACKEND = 'backend'
NOUNS = {
    IMAGE_STORE: 'an image store that takes images',
    AVAILABILITY_ZONE: 'an availability zone',
    BACKEND: 'a back end',
}
KINDS = tuple(NOUNS)


class Cloud:
    """What is known to be there; None where nothing is known.

    :param stores: a :class:`~api_validation.stores.StoresDocument`.
    :param availability_zones: the names of Cinder's.
    :param backends: the names of back ends, ``volume_backend_name``.
    """

    def __init__(self, stores=None, availability_zones=None, backends=None):
        self.stores = stores
        self.availability_zones = _sorted(availability_zones)
        self.backends = _sorted(backends)

    def check(self, kind, value):
        """Return what is wrong with a value that names something, or None.
        """
        if kind == IMAGE_STORE:
            return check_image_store(value, self.stores)
        if kind == AVAILABILITY_ZONE:
            return _check_names(
                Names.split(value), self.availability_zones,
                'unknown-availability-zone', 'availability zone')
        return _check_names(
            Operators.literals(value), self.backends,
            'unknown-backend', 'back end')

    def allowed(self, kind):
        """Return ``(names, notes)``: what could be named."""
        if kind == IMAGE_STORE and self.stores is not None:
            return (tuple(sorted(self.stores.writable_ids)),
                    {self.stores.default_id: 'default'})
        if kind == AVAILABILITY_ZONE:
            return self.availability_zones or (), {}
        if kind == BACKEND:
            return self.backends or (), {}
        return (), {}


def check_image_store(value, document):
    """Return what is wrong with a store id, or None.

    :param document: the :class:`~api_validation.stores.StoresDocument`, or
        None when nobody knows which stores there are: then the store may be
        any but Glance's own.
    """
    if value.startswith(stores.RESERVED):
        return _store_fault(
            'reserved-store',
            f'Glance keeps the store {quoted(value)} for itself',
            value, document)
    if document is None:
        return None
    store = document.get(value)
    if store is None:
        return _store_fault('unknown-store',
                            f'there is no image store {quoted(value)}',
                            value, document)
    if store.writable:
        return None
    if store.status in (None, stores.AVAILABLE, stores.READ_ONLY):
        reason, text = 'read-only-store', 'is read-only'
    else:
        reason = 'unavailable-store'
        text = {
            stores.DRAINING: 'is being drained and takes no new images',
            stores.UNAVAILABLE: 'is unavailable',
        }.get(store.status, f'takes no images: its status is '
                            f'{quoted(store.status)}')
    if store.reason:
        text += f' ({printable(store.reason, 200)})'
    return _store_fault(reason, f'the image store {quoted(value)} {text}',
                        value, document, suggest=False)


def _store_fault(reason, text, value, document, suggest=True):
    if document is None:
        return Fault(reason, text)
    allowed = tuple(sorted(document.writable_ids))
    if not allowed:
        return Fault(reason, f'{text}, and no other store takes images')
    return Fault(
        reason, text, allowed,
        nearest=nearest(value, allowed) if suggest else None,
        notes={document.default_id: 'default'})


def _check_names(names, known, reason, noun):
    if known is None:
        return None
    for name in names:
        if name not in known:
            return Fault(reason, f'there is no {noun} {quoted(name)}', known,
                         nearest(name, known), introduction='There are')
    return None


def _sorted(names):
    return None if names is None else tuple(sorted(set(names)))
