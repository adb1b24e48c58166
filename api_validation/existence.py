"""Whether what a value names is there."""

from api_validation import stores
from api_validation.near import nearest
from api_validation.report import Fault
from api_validation.text import printable
from api_validation.text import quoted

KINDS = ('image_store',)


def check_image_store(value, document):
    """Return what is wrong with a store id, or None.

    :param document: the :class:`~api_validation.stores.StoresDocument`, or
        None when nobody knows which stores there are: then the store may be
        any but Glance's own.
    """
    if value.startswith(stores.RESERVED):
        return _fault('reserved-store',
                      f'Glance keeps the store {quoted(value)} for itself',
                      value, document)
    if document is None:
        return None
    store = document.get(value)
    if store is None:
        return _fault('unknown-store',
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
    return _fault(reason, f'the image store {quoted(value)} {text}',
                  value, document, suggest=False)


def _fault(reason, text, value, document, suggest=True):
    if document is None:
        return Fault(reason, text)
    allowed = tuple(sorted(document.writable_ids))
    if not allowed:
        return Fault(reason, f'{text}, and no other store takes images')
    return Fault(
        reason, text, allowed,
        nearest=nearest(value, allowed) if suggest else None,
        notes={document.default_id: 'default'})
