"""The ``multidir`` store: one store, many directories.

What ``filesystem_store_datadirs`` was meant to be (G3 to G6). The URIs and
the files are those of upstream's ``file`` store, so that a store can be moved
from ``file`` to ``multidir`` and back by one word in ``enabled_backends``.
"""

import contextlib
import logging
import os

from glance_store import capabilities
from glance_store import exceptions

# The options of the "file" store, as they are in the release that is here:
# both drivers register them in the same group, where they must be equal.
from glance_store._drivers import filesystem
import glance_store.location

from cinder_glance_multistore.conf import multidir as multidir_conf
from cinder_glance_multistore.placement import policies
from cinder_glance_multistore.placement.ledger import Ledger
from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.stores import multidir_adoption
from cinder_glance_multistore.stores import multidir_config
from cinder_glance_multistore.stores import report
from cinder_glance_multistore.stores.multidir_directory import Absent
from cinder_glance_multistore.stores.multidir_directory import Directory
from cinder_glance_multistore.stores.multidir_upload import Upload
from cinder_glance_multistore.stores.placed import parse_min_free
from cinder_glance_multistore.stores.placed import PlacedStore
from cinder_glance_multistore.transfer import native

LOG = logging.getLogger(__name__)

SCHEMES = ('file', 'filesystem', 'multidir')

# Upstream reads 64 KiB at a time unless told otherwise, which costs a third
# of the speed.
_LEAST_CHUNK_SIZE = 1 << 20

# Releases of glance_store before 5.4 (2026.1) have no error of that name.
_TIMEOUT = getattr(exceptions, 'TimeoutError',
                   exceptions.RemoteServiceUnavailable)


class StoreLocation(glance_store.location.StoreLocation):
    """``file://<directory>/<image id>``, and nothing else.

    ``multidir`` is a scheme only because glance_store looks stores up by
    their type's name. Glance does not know it as one that users must not
    name, so no location may use it.
    """

    def process_specs(self):
        self.scheme = self.specs.get('scheme', 'file')
        self.path = self.specs.get('path')

    def get_uri(self):
        return f'file://{self.path}'

    def parse_uri(self, uri):
        scheme, separator, path = uri.partition('://')
        if not separator or scheme not in ('file', 'filesystem'):
            raise exceptions.BadStoreUri(
                message='The location of an image in a multidir store begins '
                        'with file://')
        if not path.startswith('/') or '\0' in path:
            raise exceptions.BadStoreUri(
                message='The location of an image in a multidir store is '
                        'file:// and an absolute path')
        self.scheme = scheme
        self.path = path


class Store(multidir_adoption.Adopts, PlacedStore):
    """Images in one of several directories.

    ``add`` writes under a temporary name and renames: what stands under an
    image's id is whole. Only files that lie directly in one of the
    directories are read and deleted.
    """

    _CAPABILITIES = (capabilities.BitMasks.READ_RANDOM
                     | capabilities.BitMasks.WRITE_ACCESS
                     | capabilities.BitMasks.DRIVER_REUSABLE)
    OPTIONS = [*multidir_conf.OPTS, *filesystem.Store.OPTIONS]
    PLACE = 'directory'
    is_image_name = staticmethod(multidir_config.is_image_name)

    def __init__(self, conf, backend=None):
        super().__init__(conf, backend)
        self._directories = {}
        self._metadata = []

    def get_schemes(self):
        return SCHEMES

    # Configuration.

    def configure_add(self):
        """Read the section; make directories that are not there.

        A directory that cannot be used now is left out until it can.

        :raises BadStoreConfiguration: when the section cannot be understood
        """
        self.read_section()
        for directory in self._directories.values():
            try:
                directory.create()
                if self._mode is not None:
                    directory.allow_entry(self._mode)
                if self._adopts:
                    directory.allow_deposits()
            except OSError as exc:
                LOG.warning('Store %s cannot set up its directory %s: %s',
                            self._id, directory.path, exc)
            place = directory.measure()
            if place.unusable:
                LOG.warning('Store %s goes without its directory %s, which '
                            '%s', self._id, place.name, place.unusable)
            directory.sweep()

    def measured_places(self):
        """Return the :class:`~..placement.places.Place` of each directory."""
        return [directory.measure()
                for directory in self._directories.values()]

    def images_in(self, name):
        """See :meth:`~.report.TellsPlaces.images_in`."""
        path = os.path.normpath(name)
        directory = self._directories.get(path)
        if directory is None:
            raise report.NoSuchPlace(self._directories)
        try:
            return directory.images()
        except OSError as exc:
            raise report.CannotBeListed(
                f'it {exc.strerror}' if isinstance(exc, TimeoutError)
                else f'it answers "{exc.strerror}"',
                f'begin with file://{path}/') from exc

    def _configure(self):
        option = self._option
        self._policy = option('multidir_policy')
        policies.load(self._policy)
        self._wait = option('multidir_reservation_wait')
        self._adopts = option('multidir_adopt')
        mode = option('filesystem_store_file_perm')
        # Upstream's way to write octal digits in a decimal number.
        self._mode = int(str(mode), 8) if mode > 0 else None
        self._durable = option('multidir_fsync')
        self._how = {'mode': self._mode, 'durable': self._durable,
                     'sparse': option('filesystem_thin_provisioning'),
                     'max_memory': option('multidir_upload_memory') << 20}
        self._chunk_size = max(option('filesystem_store_chunk_size'),
                               _LEAST_CHUNK_SIZE)
        self.READ_CHUNKSIZE = self.WRITE_CHUNKSIZE = self._chunk_size
        metadata_file = option('filesystem_store_metadata_file')
        if metadata_file:
            self._metadata = multidir_config.read_metadata(metadata_file)
        keep_free = parse_min_free(
            'multidir_min_free', option('multidir_min_free'))
        # Older releases of glance_store do not have it.
        timeout = (option('filesystem_store_timeout', 0)
                   or option('multidir_timeout'))
        self._directories = {
            path: Directory(path, number, keep_free,
                            option('multidir_require_mount'), timeout)
            for path, number in self._configured_directories()}
        self._ledger = Ledger(option('multidir_reservations'))
        if self.backend_group:
            self._url_prefix = f'file://{next(iter(self._directories))}'

    def _configured_directories(self):
        found = multidir_config.parse_directories(
            self._option('multidir_directories') or ())
        if not found:
            found = multidir_config.parse_datadirs(
                self._option('filesystem_store_datadirs', None)
                or filter(None, [self._escaped_datadir()]))
        if not found:
            raise ValueError(
                'it has no directory. Set multidir_directories to '
                '<path>:<number>, once for each')
        return found

    def _escaped_datadir(self):
        path = self._option('filesystem_store_datadir', None)
        # One path, whatever colons are in it.
        return path and f'{path}:'

    # Reading and deleting.

    @capabilities.check
    def get(self, location, offset=0, chunk_size=None, context=None):
        """Return an iterable of the image's bytes, and how many they are.

        :param offset: bytes to leave out at the beginning
        :param chunk_size: bytes to return, or None for all that follow
        :raises NotFound: when there is no such image
        :raises RemoteServiceUnavailable: when it cannot be read now
        :raises BadStoreUri: when the location is none of this store's
        """
        directory, name = self._resolve(location)
        with _asked(directory, name):
            fd, size = directory.open(name)
        return (_Reader(fd, offset, chunk_size, self._chunk_size),
                chunk_size or size)

    def get_size(self, location, context=None):
        """Return the image's bytes.

        :raises NotFound: when there is no such image
        :raises RemoteServiceUnavailable: when it cannot be read now
        :raises BadStoreUri: when the location is none of this store's
        """
        directory, name = self._resolve(location)
        with _asked(directory, name):
            fd, size = directory.open(name)
        os.close(fd)
        return size

    @capabilities.check
    def delete(self, location, context=None):
        """Remove the image.

        :raises NotFound: when there is no such image
        :raises Forbidden: when it cannot be removed
        :raises TimeoutError: when its directory hangs or is not there
        :raises BadStoreUri: when the location is none of this store's
        """
        directory, name = self._resolve(location)
        with _asked(directory, name, deletes=True):
            directory.delete(name)

    def _resolve(self, location):
        """Return directory and name of what a location names.

        Users may name locations, and other services pass them on: a file
        that is no direct child of a directory of this store is none of its
        business.
        """
        parent, name = os.path.split(location.store_location.path)
        if parent not in self._directories:
            # "//srv/a//id" is the same; "/srv/a/../b/id" need not be.
            parent = ('' if '..' in parent.split('/')
                      else os.path.normpath('/' + parent.lstrip('/')))
        directory = self._directories.get(parent)
        if directory is None or not multidir_config.is_image_name(name):
            raise exceptions.BadStoreUri(
                message=f'{location.get_store_uri()} is no image of the '
                        f'store {self._id}')
        return directory, name

    # Writing.

    def _add(self, name, image_file, size, hashing_algo, verifier):
        presented = claims.current()
        if presented is not None:
            return self._adopt(presented, name, image_file, hashing_algo,
                               verifier)
        self._tidy_up()
        self._refuse_duplicate(name)
        place, saved = self._save(Upload(
            name, image_file, size, hashing_algo, verifier,
            **self._how))
        return self._added(place.name, name, saved.size, saved.checksum,
                           saved.multihash)

    def _added(self, directory, name, size, checksum, multihash):
        """Return what ``add`` returns."""
        path = os.path.join(directory, name)
        metadata = multidir_config.metadata_of(path, self._metadata)
        if self._metadata and not metadata:
            LOG.error('%s lies under no mount point of the metadata file',
                      path)
        if self.backend_group:
            metadata['store'] = self.backend_group
        return f'file://{path}', size, checksum, multihash, metadata

    def _tidy_up(self):
        for directory in self._directories.values():
            directory.sweep()
            while directory.swept:
                gone = directory.swept.pop()
                LOG.info('Store %s removed from %s what was left of an '
                         'upload of %s by a process on %s: %s', self._id,
                         directory.path, gone.final, gone.host, gone.reason)

    def _refuse_duplicate(self, name):
        for directory in self._directories.values():
            try:
                found = directory.has(name)
            except OSError:
                continue  # It is left out, with its reason, below.
            if found:
                raise exceptions.Duplicate(
                    image=os.path.join(directory.path, name))

    def _measure(self, upload):
        return [upload.seen(place) for place in self.measured_places()]

    def _measure_again(self, upload, place):
        return upload.seen(self._directories[place.name].measure())


@contextlib.contextmanager
def _asked(directory, name, deletes=False):
    """Raise glance_store's errors for those of a directory.

    Those that Glance answers 503 to are not the same for a download and for
    a deletion; to a download that is Forbidden it answers 500.
    """
    path = os.path.join(directory.path, name)
    try:
        yield
    except FileNotFoundError as exc:
        raise exceptions.NotFound(image=path) from exc
    except (TimeoutError, Absent) as exc:
        kind = _TIMEOUT if deletes else exceptions.RemoteServiceUnavailable
        raise kind(message=f'{path} cannot be reached: {directory.path} '
                           f'{exc.strerror}') from exc
    except OSError as exc:
        kind, what = ((exceptions.Forbidden, 'deleted') if deletes
                      else (exceptions.RemoteServiceUnavailable, 'read'))
        raise kind(message=f'{path} cannot be {what}: {exc.strerror}'
                   ) from exc


class _Reader:
    """An iterable of an image's bytes; closes its file at the end."""

    def __init__(self, fd, offset, length, chunk_size):
        self._file = os.fdopen(fd, 'rb', buffering=0)
        self._length = length
        self._chunk_size = chunk_size
        self._file.seek(offset or 0)

    def __iter__(self):
        left = self._length
        try:
            while left is None or left > 0:
                size = (self._chunk_size if left is None
                        else min(left, self._chunk_size))
                chunk = native.run(self._file.read, size)
                if not chunk:
                    return
                if left is not None:
                    left -= len(chunk)
                yield chunk
        finally:
            self.close()

    def close(self):
        """Close the file; nothing happens the second time."""
        self._file.close()
