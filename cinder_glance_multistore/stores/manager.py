"""The stores of a Glance, used without Glance.

For programs on a host that can reach the stores and has Glance's
configuration: cinder-volume on the direct path, commands, tests. Each type
of store is loaded as Glance loads it, from the entry points
``glance_store.drivers``, in-tree and third parties' alike::

    stores = StoreManager(['/etc/glance/glance-api.conf'])
    added = stores.add('fast', image_id, open(path, 'rb'), size)
    stores.delete(added.url, 'fast')

Nothing global of glance_store or oslo.config is touched, so that several
managers, and a service with a configuration of its own, live side by side.
"""

import contextlib
import dataclasses
import hashlib
import logging
import threading
import time

from glance_store import capabilities
from glance_store import driver as store_driver
from glance_store import exceptions
from glance_store import location as locations

from cinder_glance_multistore.stores import errors
from cinder_glance_multistore.stores import glance_conf
from cinder_glance_multistore.stores import loading

LOG = logging.getLogger(__name__)

#: States of a store.
AVAILABLE = 'available'
READ_ONLY = 'read-only'
UNAVAILABLE = 'unavailable'

#: Seconds in which a store that did not start is not tried again.
RETRY_INTERVAL = 30.0

#: Seconds that a store may take to start before it is said not to have.
START_TIMEOUT = 10.0

# glance_store 5.0 and newer writes an image of known size in segments, and
# promises the last one the length of all the others, so that it fails. Plain
# Cinder never says a size (C5) and so never meets it.
_WITHOUT_SIZE = ('swift',)

# What a location of an image ends with, where it is not the id alone.
_NAMES = {'rbd': '{}/snap'}

# Schemes of which Glance takes no location from anybody.
_RESTRICTED = ('file', 'filesystem', 'swift+config')

# Types whose locations are not to be sent about, in requests and tasks.
_WITH_PASSWORDS = ('swift',)

# Types that put an image into something of the user's.
_NOT_BY_OTHERS = ('cinder',)


@dataclasses.dataclass(frozen=True)
class StoreStatus:
    """A store as it is now.

    :ivar id: its name in ``enabled_backends``
    :ivar type: its type there
    :ivar default: whether it is ``default_backend``
    :ivar description: ``store_description``, or ''
    :ivar weight: what orders the locations of an image for reading
    :ivar state: ``available``, ``read-only`` or ``unavailable``
    :ivar reason: why it is not available, or ''
    """

    id: str
    type: str
    default: bool
    description: str
    weight: int
    state: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Added:
    """An image that is in a store.

    :ivar url: its location; may hold credentials, not to be shown to users
    :ivar size: bytes
    :ivar checksum: hexadecimal md5
    :ivar algorithm: of ``multihash``
    :ivar multihash: hexadecimal digest
    :ivar metadata: of the location, a dict; ``store`` is the store's id
    """

    url: str = dataclasses.field(repr=False)
    size: int
    checksum: str
    algorithm: str
    multihash: str
    metadata: dict


class StoreManager:
    """The stores that a configuration of Glance names.

    A store is started when it is first used. One that does not start is
    unavailable, with its reason, and tried again when it is asked for after
    ``retry_interval``; the others work meanwhile. Safe for several threads,
    native or green.

    :param config_files: paths of glance-api's configuration files; None for
        those that glance-api would find by itself
    :param retry_interval: seconds
    :param start_timeout: seconds after which a store that is starting is
        unavailable, until it has; it goes on in the background
    :raises NotConfigured: when they cannot be read or name no store
    """

    def __init__(self, config_files=None, retry_interval=RETRY_INTERVAL,
                 start_timeout=START_TIMEOUT):
        self._start_timeout = start_timeout
        try:
            conf = glance_conf.load(config_files)
        except glance_conf.Unreadable as exc:
            raise errors.NotConfigured(str(exc)) from exc
        self._default = conf.glance_store.default_backend
        self._algorithm = conf.hashing_algorithm
        self._stores = {
            name: _Store(name, kind, conf, config_files, retry_interval,
                         start_timeout)
            for name, kind in conf.enabled_backends.items()}
        if not self._stores:
            read = ', '.join(conf.config_file or []) or 'no file'
            raise errors.NotConfigured(
                f'enabled_backends names no store ({read} was read).')

    @property
    def default(self):
        """The id of Glance's default store, or None where none is set."""
        return self._default

    @property
    def algorithm(self):
        """The hash that Glance wants of images: its ``hashing_algorithm``."""
        return self._algorithm

    def stores(self):
        """Return a :class:`StoreStatus` for each store, in their order.

        Those that have not started are started side by side.
        """
        for store in self._stores.values():
            store.start()
        for store in self._stores.values():
            store.first()
        return [store.status(store.id == self._default)
                for store in self._stores.values()]

    def driver(self, store_id=None):
        """Return the store's driver, a ``glance_store.driver.Store``.

        Started, and for one use where its type cannot be used again.

        :param store_id: the store, or None for the default store
        :raises UnknownStore, StoreUnavailable: as they say
        """
        return self._store(store_id).driver()

    def add(self, store_id, image_id, data, size=None, algorithm='sha512',
            verifier=None):
        """Write an image into a store, hashing on the way.

        :param store_id: the store, or None for the default store
        :param image_id: the image's id: names its object in the store
        :param data: what its bytes are read from, an object with ``read()``
        :param size: its bytes, or None when they are not known
        :param algorithm: of the multihash, a name of hashlib
        :param verifier: an object whose ``update(buf)`` is given every byte
        :returns: :class:`Added`
        :raises UnknownStore, StoreUnavailable: as they say
        :raises glance_store.exceptions.Duplicate: there is an image of that
            id
        :raises glance_store.exceptions.StoreAddDisabled: it is read-only
        :raises glance_store.exceptions.StorageFull: it has no room
        :raises glance_store.exceptions.Invalid: there are not ``size`` bytes
        :raises glance_store.exceptions.UnknownHashingAlgo: hashlib does not
            have it
        :raises: what reading the data raised, or the driver
        """
        if algorithm not in hashlib.algorithms_available:
            raise exceptions.UnknownHashingAlgo(algo=algorithm)
        store = self._store(store_id)
        driver = store.driver()
        said = 0 if store.type in _WITHOUT_SIZE else size or 0
        url, found, checksum, multihash, metadata = driver.add(
            image_id, data, said, algorithm, verifier=verifier)
        added = Added(url, found, checksum, algorithm, multihash,
                      dict(metadata or {}, store=store.id))
        if size is not None and found != size:
            # Not every driver looks.
            self._remove(driver, added, store)
            raise exceptions.Invalid(
                message=f'Size mismatch: expected {size} bytes, got {found} '
                        f'bytes')
        return added

    def get(self, url, store_id, offset=0, length=None):
        """Return an iterable of an image's bytes, and how many they are.

        :param url: its location
        :param store_id: the store that it is in
        :param offset: bytes to leave out at the beginning
        :param length: bytes to return, or None for all that follow
        :raises UnknownStore, StoreUnavailable: as they say
        :raises glance_store.exceptions.NotFound: it is not there
        :raises glance_store.exceptions.BadStoreUri: the location is none of
            this store's
        :raises glance_store.exceptions.StoreRandomGetNotSupported: the store
            can only give all of it
        """
        store = self._store(store_id)
        driver = store.driver()
        place = _location(store, driver, url)
        # Not every driver takes the two.
        part = {}
        if offset:
            part['offset'] = offset
        if length is not None:
            part['chunk_size'] = length
        return driver.get(place, **part)

    def exists(self, url, store_id):
        """Say whether an image is in a store.

        :raises: as :meth:`get`, but for ``NotFound``
        """
        store = self._store(store_id)
        driver = store.driver()
        place = _location(store, driver, url)
        try:
            if not driver.get_size(place):
                # That of swift says so whatever is wrong.
                driver.get(place)
        except exceptions.NotFound:
            return False
        return True

    def delete(self, url, store_id):
        """Remove an image from a store.

        :raises UnknownStore, StoreUnavailable: as they say
        :raises glance_store.exceptions.NotFound: it is not there
        :raises glance_store.exceptions.BadStoreUri: the location is none of
            this store's
        :raises glance_store.exceptions.StoreDeleteNotSupported: the store is
            read-only
        """
        store = self._store(store_id)
        driver = store.driver()
        driver.delete(_location(store, driver, url))

    def copy(self, url, source_id, target_id, image_id, algorithm='sha512',
             multihash=None):
        """Copy an image from one store to another; it stays in the first.

        Where the copy is not what was expected, it is removed again.

        :param url: its location in the store ``source_id``
        :param target_id: the store to copy to
        :param image_id: the image's id
        :param algorithm: of the multihash
        :param multihash: the hexadecimal digest that the bytes must have;
            None where it is not known
        :returns: :class:`Added`, of the copy
        :raises CopyMismatch: the bytes have another hash
        :raises: what :meth:`get` and :meth:`add` raise
        """
        target = self._store(target_id)
        chunks, size = self.get(url, source_id)
        added = self.add(target.id, image_id, _Chunks(chunks),
                         size or None, algorithm)
        if multihash is not None and added.multihash != multihash:
            self._remove(target.driver(), added, target)
            raise errors.CopyMismatch(
                target.id, f'its {algorithm} is {added.multihash}, and '
                           f'{multihash} was expected')
        return added

    # Images that Glance is told of.

    def check_registrable(self, store_id):
        """See that Glance would take an image that was put into a store.

        :returns: whether the store adopts files that :meth:`deposit` left;
            else Glance is to be given the location of what :meth:`add` wrote
        :raises UnknownStore, StoreUnavailable: as they say
        :raises NotRegistrable: it would not
        """
        store = self._store(store_id)
        driver = store.driver()
        if getattr(driver, 'adopts', False):
            return True
        if not driver.is_capable(capabilities.BitMasks.WRITE_ACCESS):
            raise errors.NotRegistrable(store.id, 'it is read-only')
        if store.type in _NOT_BY_OTHERS:
            raise errors.NotRegistrable(
                store.id, f'type {store.type} needs the request of a user')
        if store.type in _WITH_PASSWORDS:
            raise errors.NotRegistrable(
                store.id, f'a location of type {store.type} has the '
                          f"store's password in it")
        scheme = (driver.url_prefix or '').partition('://')[0]
        if scheme in _RESTRICTED:
            raise errors.NotRegistrable(
                store.id, f'Glance takes no location that begins with '
                          f'{scheme}://, and the store adopts no files')
        self._check_prefix(store, driver)
        return False

    def _check_prefix(self, store, driver):
        """See that Glance would find a location in this store.

        It is told no store: it takes the first that the location begins as.
        """
        for other in self._stores.values():
            first = (other.first() if other.type == store.type
                     and other is not store else None)
            if first and first.url_prefix and (
                    driver.url_prefix or '').startswith(first.url_prefix):
                raise errors.NotRegistrable(
                    store.id, f'its locations begin as those of the store '
                              f'{other.id}, and Glance would take the one '
                              f'for the other')

    def deposit(self, store_id, image_id, data, size=None,
                algorithm='sha512'):
        """Put an image where the store in Glance adopts it from.

        :returns: :class:`~.claims.Claim`
        :raises: as :meth:`add`
        """
        return self._store(store_id).driver().deposit(
            image_id, data, size, algorithm)

    def forget(self, store_id, image_id, unregistered):
        """Remove what :meth:`add` or :meth:`deposit` of an image has left.

        For whoever was killed, or failed, before Glance knew of it.

        :param unregistered: whether it is certain that Glance knows no such
            image; otherwise only what it cannot know of is removed
        :raises: what the driver raises
        """
        store = self._store(store_id)
        driver = store.driver()
        if hasattr(driver, 'forget'):
            driver.forget(image_id, unregistered)
        elif unregistered and driver.url_prefix:
            name = _NAMES.get(store.type, '{}').format(image_id)
            url = f'{driver.url_prefix.rstrip("/")}/{name}'
            with contextlib.suppress(exceptions.NotFound):
                driver.delete(_location(store, driver, url))

    @staticmethod
    def _remove(driver, added, store):
        try:
            driver.delete(_location(store, driver, added.url))
        except Exception:
            LOG.exception('What was written to the store %s is not what it '
                          'should be, and cannot be removed', store.id)

    def _store(self, store_id):
        store = self._stores.get(store_id or self._default)
        if store is None:
            raise errors.UnknownStore(store_id or self._default,
                                      self._stores)
        return store


class _Store:
    """One store: started when it is needed, and again if it failed."""

    def __init__(self, name, kind, conf, config_files, retry_interval,
                 start_timeout):
        self.id = name
        self.type = kind
        conf.register_opts(store_driver.Store.MULTI_BACKEND_OPTIONS,
                           group=name)
        self._section = conf[name]
        self._config_files = config_files
        self._retry_interval = retry_interval
        self._start_timeout = start_timeout
        self._lock = threading.Lock()
        # Set while nobody is starting it.
        self._started = threading.Event()
        self._started.set()
        self._begun = 0.0
        self._driver = None
        self._reason = ''
        self._try_again_at = 0.0

    def start(self):
        """Start it, if it is not; return an event that is set then.

        In a thread of its own: a back end that does not answer may keep
        whoever asks it for good.
        """
        with self._lock:
            if self._started.is_set() and self._driver is None and (
                    time.monotonic() >= self._try_again_at):
                started = threading.Event()
                self._begun = time.monotonic()
                self._reason = 'it is still starting'
                threading.Thread(
                    target=self._start, args=(started,), daemon=True,
                    name=f'multistore-start-{self.id}').start()
                self._started = started
            return self._started

    def _start(self, started):
        try:
            with contextlib.suppress(errors.StoreUnavailable):
                # Otherwise status() says so.
                self._driver = self._make()
        finally:
            started.set()

    def first(self):
        """Return the driver that was started first, or None."""
        self.start().wait(max(
            self._begun + self._start_timeout - time.monotonic(), 0.0))
        return self._driver

    def driver(self):
        driver = self.first()
        if driver is None:
            raise errors.StoreUnavailable(self.id, self._reason)
        if driver.is_capable(capabilities.BitMasks.DRIVER_REUSABLE):
            return driver
        return self._make()

    def status(self, default):
        driver = self._driver
        state = UNAVAILABLE
        if driver is not None:
            state = (AVAILABLE if driver.is_capable(
                capabilities.BitMasks.WRITE_ACCESS) else READ_ONLY)
        return StoreStatus(
            self.id, self.type, default,
            self._section.store_description or '', self._section.weight,
            state,
            '' if driver is not None else self._reason)

    def _make(self):
        try:
            return loading.start(self.id, self.type, self._config_files)
        except loading.DidNotStart as exc:
            self._reason = str(exc)
            self._try_again_at = time.monotonic() + self._retry_interval
            LOG.warning('The store %s did not start: %s', self.id, exc)
            raise errors.StoreUnavailable(self.id, self._reason) from exc


class _Chunks:
    """``read()`` for what a driver's ``get()`` returns."""

    def __init__(self, chunks):
        self._chunks = iter(chunks)
        self._rest = b''

    def read(self, size=-1):
        parts, found = [], 0
        while size < 0 or found < size:
            if not self._rest:
                self._rest = next(self._chunks, b'')
                if not self._rest:
                    break
            part = (self._rest if size < 0
                    else self._rest[:size - found])
            self._rest = self._rest[len(part):]
            parts.append(part)
            found += len(part)
        return b''.join(parts)


def _location(store, driver, url):
    """Return glance_store's object for a location of a store.

    :raises BadStoreUri: the location is none of this store's. In-tree
        drivers read whatever they are told, any file and any server.
    """
    scheme = url.partition('://')[0]
    if scheme not in driver.get_schemes() or not loading.owns(driver, url):
        raise exceptions.BadStoreUri(
            message=f'A location that begins with {scheme[:16]!r} was given, '
                    f'which is none of the store {store.id}')
    return locations.Location(
        scheme, driver.get_store_location_class(), driver.conf, uri=url,
        backend=store.id)

