"""What the store manager raises beside glance_store's own errors.

::

    ManagerError
    ├── NotConfigured      no configuration, or none with stores in it
    ├── UnknownStore       there is no store of that id
    ├── StoreUnavailable   the store is configured and did not start
    ├── CopyMismatch       what was copied is not what it should be
    └── NotRegistrable     Glance would not take a location in that store

What a driver raises is one of ``glance_store.exceptions`` and is passed on
as it is: ``NotFound``, ``Duplicate``, ``StorageFull``, ``StoreAddDisabled``
(the store is read-only), ``BadStoreUri`` ...
"""


from glance_store import exceptions

#: glance_store's, for who asks for no more than these.
Duplicate = exceptions.Duplicate
Invalid = exceptions.Invalid
StorageFull = exceptions.StorageFull


class ManagerError(Exception):
    """Base of all. The text is one sentence that says what to do."""


class NotConfigured(ManagerError):
    """The configuration cannot be read, or names no store."""


class UnknownStore(ManagerError):
    """
    :ivar store_id: what was asked for
    :ivar known: the ids that there are
    """

    def __init__(self, store_id, known):
        self.store_id = store_id
        self.known = sorted(known)
        super().__init__(
            f'There is no store {store_id!r} in enabled_backends; there are: '
            f'{", ".join(self.known)}.' if store_id else
            f'No store was named, and default_backend is not set; there are: '
            f'{", ".join(self.known)}.')


class StoreUnavailable(ManagerError):
    """
    :ivar store_id: the store
    :ivar reason: why it did not start
    """

    def __init__(self, store_id, reason):
        self.store_id = store_id
        self.reason = reason
        super().__init__(f'The store {store_id} is not available: {reason}')


class CopyMismatch(ManagerError):
    """What was read is not what the caller expected; nothing was kept.

    :ivar store_id: the store that was copied to
    :ivar difference: what differs
    """

    def __init__(self, store_id, difference):
        self.store_id = store_id
        self.difference = difference
        super().__init__(
            f'The copy to the store {store_id} was removed again: '
            f'{difference}.')


class NotRegistrable(ManagerError):
    """
    :ivar store_id: the store
    """

    def __init__(self, store_id, reason):
        self.store_id = store_id
        super().__init__(
            f'Glance cannot be told of an image that somebody else put into '
            f'the store {store_id}: {reason}.')
