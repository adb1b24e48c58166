"""Which way an image takes to its store, as ``upload_path`` says.
"""

IMAGE_SERVICE = 'image_service'
DIRECT = 'direct'
_WAYS = (IMAGE_SERVICE, DIRECT)


class BadPaths(ValueError):
    """The option makes no sense. The text says what is allowed."""


class Paths:
    """
    :param values: words of ``upload_path``: ``way`` or ``store:way``
    :raises BadPaths: one is neither, or says what another says otherwise
    """

    def __init__(self, values):
        self._default = None
        self._of_store = {}
        for value in values:
            store_id, _, way = value.strip().rpartition(':')
            if way not in _WAYS:
                raise BadPaths(
                    f'upload_path in [multistore] has {value!r}. Write one of '
                    f'{", ".join(_WAYS)}, for all stores, or '
                    f'<store id>:<one of them>.')
            known = (self._of_store.get(store_id) if store_id
                     else self._default)
            if known not in (None, way):
                raise BadPaths(
                    f'upload_path in [multistore] says both {known} and {way} '
                    f'for {f"store {store_id}" if store_id else "all stores"}'
                    f'. Take one out.')
            if store_id:
                self._of_store[store_id] = way
            else:
                self._default = way

    @property
    def any_direct(self):
        """Whether the direct path is ever to be taken."""
        return DIRECT in (self._default, *self._of_store.values())

    def direct(self, store_id):
        """Say whether a store's images take the direct path."""
        return self._of_store.get(store_id, self._default) == DIRECT
