"""The answers about stores: Glance's own, with what was seen added.
"""

import dataclasses

from api_validation.stores import AVAILABLE
from api_validation.stores import DRAINING
from api_validation.stores import RESERVED
from api_validation.stores import UNAVAILABLE

_DRAINED = 'draining_stores of glance-api names it'


def summary(document, seen, draining, with_reason):
    """Return ``/v2/info/stores`` with ``status`` and ``read-only``.

    A client that knows nothing of ``status`` keeps off every store that
    takes no images by ``read-only``, which is Glance's own.

    :param document: Glance's answer
    :param seen: ``{store id: Seen}``
    :param draining: ids of the stores that are drained
    :param with_reason: whether the caller may know why
    """
    stores = []
    for entry in document['stores']:
        store_id = entry['id']
        if store_id.startswith(RESERVED):
            continue
        status, reason = _status(seen[store_id], store_id in draining)
        entry = {**entry, 'status': status}
        if status != AVAILABLE:
            entry['read-only'] = 'true'
        if reason and with_reason:
            entry['reason'] = reason
        stores.append(entry)
    return {**document, 'stores': stores}


def detail(document, seen, draining, conf):
    """Return ``/v2/info/stores/detail``, for stores of every type.

    :param conf: glance-api's
    """
    answer = summary(document, seen, draining, with_reason=True)
    for entry in answer['stores']:
        store_id = entry['id']
        found = seen[store_id]
        entry['type'] = conf.enabled_backends[store_id]
        entry['weight'] = conf[store_id].weight
        entry['properties'] = found.properties
        if found.places is not None:
            entry['places'] = [dataclasses.asdict(place)
                               for place in found.places]
    return answer


def _status(seen, drained):
    if not drained:
        return seen.status, seen.reason
    if seen.status == UNAVAILABLE:
        return DRAINING, f'{_DRAINED}; and it {seen.reason}'
    return DRAINING, _DRAINED
