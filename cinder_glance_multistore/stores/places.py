"""What the stores of a Glance are made of, for its operator.

Of the types that are made of places: ``multidir`` of directories, ``vsphere``
of datastores. The places themselves are asked and the reservations' database,
with the driver's own eyes. Nothing is made, written or swept.
"""

import dataclasses

from glance_store import exceptions

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement.places import listed
from cinder_glance_multistore.stores import glance_conf
from cinder_glance_multistore.stores import loading
from cinder_glance_multistore.stores import report

#: The types, in ``enabled_backends``, of the stores that are meant.
TYPES = ('multidir', 'vsphere')


class PlacesError(Exception):
    """Base of all. The text is one sentence that says what to do."""


class NotConfigured(PlacesError):
    """The configuration cannot be read, or a store's section understood."""


class UnknownName(PlacesError):
    """
    :ivar kind: what there is none of: ``store`` or ``place``
    :ivar name: its name
    :ivar known: those that there are
    """

    def __init__(self, kind, name, known):
        self.kind = kind
        self.name = name
        self.known = list(known)
        where = (f'of type {" or ".join(TYPES)} here' if kind == 'store'
                 else 'in that store')
        super().__init__(f'There is no {kind} {name!r} {where}; there are: '
                         f'{listed(self.known, ", ")}.')


class CannotBeListed(PlacesError):
    """
    :ivar place: its name
    """

    def __init__(self, place, reason, locations):
        self.place = place
        super().__init__(
            f"{place} cannot be listed: {reason}. What lay there is in "
            f"Glance's database: its locations {locations}")


@dataclasses.dataclass(frozen=True)
class Row:
    """A place of a store, as it is now. Sizes are bytes.

    :ivar place: a directory's path; datacenter and name of a datastore
    :ivar weight: the operator's number
    :ivar free, total: None where the place cannot be used
    :ivar promised: bytes of it that uploads under way have yet to write;
        None where the reservations cannot be read
    :ivar state: ``usable`` or ``left out``
    :ivar reason: why it is left out, or ''
    """

    store: str
    place: str
    weight: int
    free: int | None
    total: int | None
    promised: int | None
    state: str
    reason: str


class Places:
    """The stores of a configuration that are made of places.

    :meth:`close` it.

    :param config_files: paths of glance-api's; None for those that
        glance-api would find by itself
    :ivar unseen: ``{store: why its places could not be asked}``, of what
        :meth:`rows` found
    :ivar unread: ``{store: why its reservations could not be read}``, too
    :raises NotConfigured: when there is no such store in them, or one that
        cannot be understood
    """

    def __init__(self, config_files=None):
        self.unseen = {}
        self.unread = {}
        try:
            conf = glance_conf.load(config_files)
        except glance_conf.Unreadable as exc:
            raise NotConfigured(str(exc)) from exc
        backends = {name: kind for name, kind in
                    conf.enabled_backends.items() if kind in TYPES}
        if not backends:
            read = ', '.join(conf.config_file or []) or 'no file'
            raise NotConfigured(
                f'enabled_backends names no store of type '
                f'{" or ".join(TYPES)} ({read} was read). Name the '
                f'configuration of glance-api with --config-file.')
        try:
            self._stores = {
                name: loading.driver_class(kind)(conf, backend=name)
                for name, kind in backends.items()}
            for store in self._stores.values():
                store.read_section()
        except (loading.DidNotStart,
                exceptions.BadStoreConfiguration) as exc:
            raise NotConfigured(str(exc)) from exc

    def rows(self):
        """Return a :class:`Row` for each place of each store."""
        return [row for name, store in self._stores.items()
                for row in self._rows(name, store)]

    def _rows(self, name, store):
        try:
            measured = store.measured_places()
        except store.PLACE_ERRORS as exc:
            self.unseen[name] = str(exc)
            return
        reserved = self._reserved(name, store)
        for place in measured:
            told = report.describe(place, reserved)
            yield Row(
                store=name, place=told.name, weight=told.weight,
                free=told.free, total=told.total, promised=told.reserved,
                state=told.state, reason=told.reason)

    def _reserved(self, name, store):
        """Return ``{place: bytes}``, or None where it is not known."""
        try:
            return report.reserved_bytes(store.ledger)
        except placement_errors.LedgerUnavailable as exc:
            self.unread[name] = str(exc)
            return None

    def images(self, store, place):
        """Return the names of the images that lie in a place, sorted.

        Glance names an image's file by the image's id. What is still being
        written, and whatever else lies there, is none of them.

        :param store: the store's id
        :param place: its name, as in :meth:`rows`
        :raises UnknownName: when there is no such store or place
        :raises CannotBeListed: when it is gone, hangs or may not be read
        """
        if store not in self._stores:
            raise UnknownName('store', store, self._stores)
        driver = self._stores[store]
        try:
            return sorted(driver.images_in(place))
        except report.NoSuchPlace as exc:
            raise UnknownName('place', place, exc.known) from exc
        except report.CannotBeListed as exc:
            raise CannotBeListed(place, exc, exc.locations) from exc

    def close(self):
        """End what was begun: a vCenter takes only so many sessions."""
        for store in self._stores.values():
            store.end()
