"""What the ``multidir`` stores of a Glance are made of, for its operator.

Asked of the directories themselves and of the reservations' database, with
the driver's own eyes. Nothing is made, written or swept.
"""

import dataclasses
import os

from glance_store import exceptions

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.stores import glance_conf
from cinder_glance_multistore.stores import multidir
from cinder_glance_multistore.stores import report

#: The type, in ``enabled_backends``, of the stores that are meant.
TYPE = 'multidir'


class PlacesError(Exception):
    """Base of all. The text is one sentence that says what to do."""


class NotConfigured(PlacesError):
    """The configuration cannot be read, or a store's section understood."""


class UnknownName(PlacesError):
    """
    :ivar kind: what there is none of: ``store`` or ``directory``
    :ivar name: its name
    :ivar known: those that there are
    """

    def __init__(self, kind, name, known):
        self.kind = kind
        self.name = name
        self.known = list(known)
        super().__init__(
            f'There is no {kind} {name!r} of type {TYPE} here; there are: '
            f'{", ".join(self.known)}.' if kind == 'store' else
            f'There is no {kind} {name!r} in that store; there are: '
            f'{", ".join(self.known)}.')


class CannotBeListed(PlacesError):
    """
    :ivar path: the directory
    """

    def __init__(self, path, reason):
        self.path = path
        super().__init__(
            f'{path} cannot be listed: it {reason}. What lay there is in '
            f"Glance's database: its locations begin with file://{path}/")


@dataclasses.dataclass(frozen=True)
class Row:
    """A directory of a store, as it is now. Sizes are bytes.

    :ivar weight: the operator's number
    :ivar free, total: None where the directory cannot be used
    :ivar promised: bytes of it that uploads under way have yet to write;
        None where the reservations cannot be read
    :ivar state: ``usable`` or ``left out``
    :ivar reason: why it is left out, or ''
    """

    store: str
    directory: str
    weight: int
    free: int | None
    total: int | None
    promised: int | None
    state: str
    reason: str


class Places:
    """The ``multidir`` stores of a configuration.

    :param config_files: paths of glance-api's; None for those that
        glance-api would find by itself
    :ivar unread: ``{store: why its reservations could not be read}``, of
        what :meth:`rows` found
    :raises NotConfigured: when there is no such store in them, or one that
        cannot be understood
    """

    def __init__(self, config_files=None):
        self.unread = {}
        try:
            conf = glance_conf.load(config_files)
        except glance_conf.Unreadable as exc:
            raise NotConfigured(str(exc)) from exc
        backends = conf.enabled_backends
        self._stores = {
            name: multidir.Store(conf, backend=name)
            for name, kind in backends.items() if kind == TYPE}
        if not self._stores:
            read = ', '.join(conf.config_file or []) or 'no file'
            raise NotConfigured(
                f'enabled_backends names no store of type {TYPE} ({read} was '
                f'read). Name the configuration of glance-api with '
                f'--config-file.')
        for store in self._stores.values():
            try:
                store.read_section()
            except exceptions.BadStoreConfiguration as exc:
                raise NotConfigured(str(exc)) from exc

    def rows(self):
        """Return a :class:`Row` for each directory of each store."""
        return [row for name, store in self._stores.items()
                for row in self._rows(name, store)]

    def _rows(self, name, store):
        reserved = self._reserved(name, store)
        for place in store.measured_places():
            told = report.describe(place, reserved)
            yield Row(
                store=name, directory=told.name, weight=told.weight,
                free=told.free, total=told.total, promised=told.reserved,
                state=told.state, reason=told.reason)

    def _reserved(self, name, store):
        """Return ``{directory: bytes}``, or None where it is not known."""
        try:
            return report.reserved_bytes(store.ledger)
        except placement_errors.LedgerUnavailable as exc:
            self.unread[name] = str(exc)
            return None

    def images(self, store, directory):
        """Return the names of the images that lie in a directory, sorted.

        Glance names an image's file by the image's id. What is still being
        written, and whatever else lies there, is none of them.

        :param store: the store's id
        :param directory: its path, as in :meth:`rows`
        :raises UnknownName: when there is no such store or directory
        :raises CannotBeListed: when it is gone, hangs or may not be read
        """
        if store not in self._stores:
            raise UnknownName('store', store, self._stores)
        directories = {each.path: each
                       for each in self._stores[store].directories}
        path = os.path.normpath(directory)
        if path not in directories:
            raise UnknownName('directory', directory, directories)
        try:
            return sorted(directories[path].images())
        except OSError as exc:
            raise CannotBeListed(
                path, exc.strerror if isinstance(exc, TimeoutError)
                else f'answers "{exc.strerror}"') from exc
