"""The ``vsphere`` store: one store, many datastores of a vCenter.

What upstream's ``vmware`` store was meant to be, and one of several stores
at that (G1, G2). The URIs and the files are those of upstream's, so that
images of either are read and deleted by the other.
"""

import contextlib
import functools
import logging
import threading
import time

from glance_store import capabilities
from glance_store import exceptions
import glance_store.location

from cinder_glance_multistore.conf import vsphere as vsphere_conf
from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement import policies
from cinder_glance_multistore.placement.ledger import Ledger
from cinder_glance_multistore.stores import later
from cinder_glance_multistore.stores import report
from cinder_glance_multistore.stores import vsphere_config
from cinder_glance_multistore.stores import vsphere_search
from cinder_glance_multistore.stores import vsphere_sweep
from cinder_glance_multistore.stores import vsphere_upload
from cinder_glance_multistore.stores.placed import parse_min_free
from cinder_glance_multistore.stores.placed import PlacedStore
from cinder_glance_multistore.stores.vsphere_places import Places
from cinder_glance_multistore.stores.vsphere_reader import Reader
from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import files
from cinder_glance_multistore.vsphere import inventory
from cinder_glance_multistore.vsphere import session
from cinder_glance_multistore.vsphere import web

LOG = logging.getLogger(__name__)

SCHEMES = ('vsphere',)

#: Seconds that the start waits for the vCenter's answer.
START_TIMEOUT = 10.0

#: Seconds after the start until leftovers are looked for.
FIRST_SWEEP = 5.0

# Seconds for which a look at the vCenter serves those who wait for room.
_LOOK_AGAIN = 1.0

# The one of an ESX host, which locations need not name.
_ESX_DATACENTER = 'ha-datacenter'

# What the vCenter says to a reference of an object that was made anew.
_STALE = ('ManagedObjectNotFound', 'InvalidArgument', 'InvalidDatastore')


class StoreLocation(glance_store.location.StoreLocation):
    """``vsphere://host/folder/<folder>/<image id>?dsName=..&dcPath=..``"""

    def process_specs(self):
        specs = self.specs
        self.scheme = specs.get('scheme', 'vsphere')
        self.parts = vsphere_config.Location(
            specs.get('server_host'),
            f"/folder/{specs.get('image_dir', '').strip('/')}/"
            f"{specs.get('image_id')}",
            specs.get('datacenter_path') or '', specs.get('datastore_name'))

    def get_uri(self):
        return vsphere_config.make_uri(self.parts)

    def parse_uri(self, uri):
        try:
            self.parts = vsphere_config.parse_location(uri)
        except ValueError as exc:
            raise exceptions.BadStoreUri(
                message=f'This is no location of an image in a vCenter: '
                        f'{exc}') from exc
        self.scheme = 'vsphere'


class Store(PlacedStore):
    """Images on one of several datastores.

    ``add`` writes under a temporary name and moves: what stands under an
    image's id is whole. Only files that lie directly in the store's folder
    on one of its datastores are read and deleted.
    """

    _CAPABILITIES = (capabilities.BitMasks.READ_RANDOM
                     | capabilities.BitMasks.WRITE_ACCESS
                     | capabilities.BitMasks.DRIVER_REUSABLE)
    OPTIONS = vsphere_conf.OPTS
    PLACE = 'datastore'
    is_image_name = staticmethod(vsphere_config.is_image_name)
    PLACE_ERRORS = (errors.VSphereError,)

    def __init__(self, conf, backend=None):
        super().__init__(conf, backend)
        self._places = None
        self._folders = set()
        # Its own: a vCenter that hangs delays no other store's.
        self._deletions = later.Later(f'multistore-deletions-{self._id}')
        self._swept_at = None

    def get_schemes(self):
        return SCHEMES

    # Configuration.

    def configure_add(self):
        """Read the section; look at the datastores.

        One that is not there, and a vCenter that does not answer, is left
        out until it is back.

        :raises BadStoreConfiguration: when the section cannot be understood
        """
        self.read_section()
        # A service does not wait for a vCenter that hangs.
        looking = threading.Thread(target=self._look, daemon=True)
        looking.start()
        looking.join(START_TIMEOUT)
        if looking.is_alive():
            LOG.warning('Store %s waits for an answer of the vCenter %s',
                        self._id, self._session.address)
        if self._sweep_interval:
            self._swept_at = (time.monotonic() - self._sweep_interval)
            self._deletions.call(FIRST_SWEEP, self._sweep)

    def _look(self):
        try:
            view = self._inventory.view()
        except errors.VSphereError as exc:
            LOG.warning('Store %s is not available until this is mended: %s',
                        self._id, exc)
            return
        for place in self._places.measure(view):
            if place.unusable:
                LOG.warning('Store %s goes without its datastore %s, which '
                            '%s', self._id, place.name, place.unusable)

    def _configure(self):
        option = self._option
        self._policy = option('vsphere_policy')
        policies.load(self._policy)
        self._wait = option('vsphere_reservation_wait')
        self._sweep_interval = option('vsphere_sweep_interval')
        self._lag = option('vsphere_inventory_age')
        host, port = vsphere_config.parse_server(
            option('vmware_server_host'))
        for name in ('vmware_server_username', 'vmware_server_password'):
            if not option(name):
                raise ValueError(f'{name} is not set')
        verify = option('vmware_ca_file') or not option('vmware_insecure')
        timeout = option('vsphere_timeout')
        try:
            server = web.Server(host, port, verify, timeout)
        except OSError as exc:
            raise ValueError(
                f'vmware_ca_file is {verify!r}, which cannot be read as '
                f'certificates in PEM: {exc.strerror or exc}') from exc
        self._session = session.Session(
            host, option('vmware_server_username'),
            option('vmware_server_password'), port=port, verify=verify,
            timeout=timeout, retries=option('vmware_api_retry_count'),
            poll_interval=option('vmware_task_poll_interval'))
        self._files = files.Files(self._session, server)
        self._inventory = inventory.Inventory(self._session, self._lag)
        self._folder = vsphere_config.parse_folder(
            option('vmware_store_image_dir'))
        self._places = Places(
            self._entries(), parse_min_free(
                'vsphere_min_free', option('vsphere_min_free')),
            self._session.address)
        self._ledger = Ledger(option('vsphere_reservations'))
        self._url_prefix = (f'vsphere://{self._session.address}/folder/'
                            f'{self._folder}')

    def _entries(self):
        lines = self._option('vmware_datastores')
        if lines:
            return vsphere_config.parse_datastores(lines)
        name = self._option('vmware_datastore_name')
        if not name:
            raise ValueError(
                'it has no datastore. Set vmware_datastores, once for each. '
                f'{vsphere_config.FORM}')
        datacenter = self._option('vmware_datacenter_path')
        LOG.warning('Store %s: vmware_datastore_name and '
                    'vmware_datacenter_path are deprecated. Set '
                    'vmware_datastores = %s:%s', self._id,
                    vsphere_config.escape(datacenter, '/'),
                    vsphere_config.escape(name))
        return [vsphere_config.Entry(datacenter, '', name, 0)]

    # Reading and deleting.

    @capabilities.check
    def get(self, location, offset=0, chunk_size=None, context=None):
        """Return an iterable of the image's bytes, and how many they are.

        :param offset: bytes to leave out at the beginning
        :param chunk_size: bytes to return, or None for all that follow
        :raises NotFound: when there is no such image
        :raises BadStoreUri: when the location is none of this store's
        :raises RemoteServiceUnavailable: when it cannot be read now
        """
        path = self._resolve(location)
        with _asked(path):
            reader = Reader(self._files, path, offset or 0, chunk_size)
        return reader, chunk_size or reader.total

    def get_size(self, location, context=None):
        """Return the image's bytes.

        :raises NotFound: when there is no such image
        :raises BadStoreUri: when the location is none of this store's
        :raises RemoteServiceUnavailable: when that is not known now
        """
        path = self._resolve(location)
        with _asked(path):
            return self._files.size(path)

    @capabilities.check
    def delete(self, location, context=None):
        """Remove the image.

        :raises NotFound: when there is no such image
        :raises Forbidden: when it cannot be removed
        :raises BadStoreUri: when the location is none of this store's
        :raises RemoteServiceUnavailable: when the vCenter cannot be asked
        """
        path = self._resolve(location)
        with _asked(path, deletes=True):
            try:
                self._delete(path, self._inventory.last
                             or self._inventory.view())
            except errors.Fault as exc:
                if exc.name not in _STALE:
                    raise
                # The datacenter was made anew since.
                self._delete(path, self._inventory.view(0))

    def forget(self, image_id, unregistered):
        """Remove what an upload that is given up has left.

        :param unregistered: whether there is no such image in Glance any
            more; otherwise its file is Glance's
        :raises VSphereError: when that is not known, or cannot be done
        """
        name = str(image_id)
        if not unregistered or not vsphere_config.is_image_name(name):
            return
        view = self._inventory.view()
        for datastore in self._places.present(view):
            if datastore.accessible:
                path = self._path(name, datastore)
                with contextlib.suppress(files.FileMissing):
                    self._files.size(path)
                    self._delete(path, view)

    def _delete(self, path, view):
        datacenter = path.datacenter or _ESX_DATACENTER
        found = view.find(datacenter, path.datastore) or (
            self._inventory.view(0).find(datacenter, path.datastore))
        if found is None:
            raise errors.HTTPFailed(
                f'{path} cannot be deleted',
                why='the vCenter has no such datastore now')
        self._files.delete(path, found.datacenter_ref)

    def _resolve(self, location):
        """Return the :class:`~..vsphere.files.Path` of a location.

        Users may name locations, and other services pass them on: a file
        that does not lie in this store's folder on one of its datastores is
        none of its business, and nobody is asked for it.
        """
        parts = location.store_location.parts
        before, _, name = parts.path.rpartition('/')
        if (parts.host.lower() != self._session.address.lower()
                or before != f'/folder/{self._folder}'
                or not vsphere_config.is_image_name(name)
                or not self._has(parts)):
            raise exceptions.BadStoreUri(
                message=f'{location.get_store_uri()} is no image of the '
                        f'store {self._id}')
        return files.Path(parts.datacenter.strip('/'), parts.datastore,
                          self._folder, name)

    def _has(self, parts):
        datacenter = parts.datacenter or _ESX_DATACENTER
        if self._places.names(datacenter, parts.datastore):
            return True
        if not self._places.has_pods:
            return False
        with _asked(parts.datastore):
            return self._places.holds(
                self._inventory.last or self._inventory.view(), datacenter,
                parts.datastore) or self._places.holds(
                self._inventory.view(), datacenter, parts.datastore)

    # Writing.

    def _add(self, name, image_file, size, hashing_algo, verifier):
        self._tidy_up()
        try:
            silent = self._refuse_duplicate(name, self._inventory.view())
        except errors.VSphereError as exc:
            raise self._unavailable(exc) from exc
        upload = vsphere_upload.Upload(
            name, image_file, size, hashing_algo, verifier,
            session=self._session, files=self._files, folders=self._folders,
            deletions=self._deletions,
            locate=functools.partial(self._locate, name))
        upload.tried |= silent
        place, saved = self._save(upload)
        _, path = self._locate(name, place.name)
        metadata = {'store': self.backend_group} if self.backend_group else {}
        return (self._uri(path), saved.size, saved.checksum, saved.multihash,
                metadata)

    def _unavailable(self, exc):
        return exceptions.StorageWriteDenied(
            message=f'Store {self._id}: {exc}')

    def _refuse_duplicate(self, name, view):
        """Ask every datastore for the image.

        It asks for the cookie, too: a session that ended unseen is found
        out before the first byte of the image is read.

        :returns: ``{place: why it does not take this image}``
        """
        paths = [self._path(name, datastore)
                 for datastore in self._places.present(view)
                 if datastore.accessible]
        found, silent = vsphere_search.find(self._files, paths,
                                            vsphere_search.TIMEOUT)
        if found is not None:
            raise exceptions.Duplicate(image=str(found))
        if len(silent) == len(paths):
            # The vCenter is slow, and none of them worse than the others.
            return {}
        return {f'{path.datacenter}:{path.datastore}':
                'has not said in time whether it has the image'
                for path in silent}

    def _path(self, name, datastore):
        return files.Path(datastore.datacenter, datastore.name, self._folder,
                          name)

    def _locate(self, name, place):
        datastore = self._places.datastore(place)
        return datastore, self._path(name, datastore)

    def _uri(self, path):
        return vsphere_config.make_uri(vsphere_config.Location(
            self._session.address, f'/folder/{path.inner}',
            self._places.spelled(path.datacenter), path.datastore))

    # Places.

    def measured_places(self):
        """Return the :class:`~..placement.places.Place` of each datastore.

        :raises VSphereError: when the vCenter cannot be asked
        """
        return self._places.measure(self._inventory.view())

    def images_in(self, name):
        """See :meth:`~.report.TellsPlaces.images_in`."""
        try:
            datastores = self._places.datastores(self._inventory.view())
            if name not in datastores:
                raise report.NoSuchPlace(datastores)
            found = datastores[name]
            if found is None:
                raise errors.VSphereError(
                    'it is not there, or this user may not see it')
            return [each.name for each in self._files.list(
                self._path('', found), found.browser, '*')
                if vsphere_config.is_image_name(each.name)]
        except errors.VSphereError as exc:
            raise report.CannotBeListed(
                str(exc), f'begin with {self._url_prefix}/ and name the '
                          f'datastore') from exc

    def end(self):
        """End the session; forget what was not deleted yet."""
        self._deletions.cancel()
        self._session.logout()

    def _measure(self, upload):
        max_age = self._lag
        if upload.fresh is not None:
            max_age = min(time.monotonic() - upload.fresh, _LOOK_AGAIN)
        return [upload.seen(place) for place in self._places.measure(
            self._inventory.view(max_age))]

    def _measure_again(self, upload, place):
        # By what was asked a moment ago: nobody waits for a vCenter while
        # the place is locked.
        return upload.seen(self._places.measure_one(
            self._inventory.last, place))

    def _reserve(self, upload):
        try:
            return super()._reserve(upload)
        except errors.VSphereError as exc:
            raise self._unavailable(exc) from exc

    def _promise(self, upload):
        asked_at = time.monotonic()
        try:
            held = self._promise_within(upload, 0.0)
        except placement_errors.NoPlace:
            # By what was known, which may be too old.
            upload.fresh = asked_at
            held = self._promise_within(upload, self._wait)
        return vsphere_upload.Lagging(held, self._lag)

    def _promise_within(self, upload, wait):
        return self._ledger.reserve(
            lambda: self._measure(upload), upload.size, self._policy,
            key=upload.name, scope=self._id, wait=wait,
            remeasure=lambda place: self._measure_again(upload, place))

    # Leftovers.

    def _tidy_up(self):
        if self._swept_at is not None and (
                time.monotonic() - self._swept_at >= self._sweep_interval):
            self._swept_at = time.monotonic()
            self._deletions.call(0, self._sweep)

    def _sweep(self):
        self._swept_at = time.monotonic()
        try:
            gone = vsphere_sweep.sweep(
                self._files, self._places.present(self._inventory.view()),
                self._folder, self._ledger)
        except errors.VSphereError as exc:
            LOG.info('Store %s did not look for leftovers: %s', self._id,
                     exc)
            return
        for path in gone:
            LOG.info('Store %s removed what was left of an upload: %s',
                     self._id, path)


@contextlib.contextmanager
def _asked(path, deletes=False):
    """Raise glance_store's errors for those of a vCenter.

    What may not be read is unavailable: Glance answers 500 to a download
    that is Forbidden.
    """
    try:
        yield
    except files.FileMissing as exc:
        raise exceptions.NotFound(image=str(path)) from exc
    except errors.Fault as exc:
        kind = (exceptions.Forbidden
                if deletes and exc.name == 'NoPermission'
                else exceptions.RemoteServiceUnavailable)
        raise kind(message=f'{path}: {exc}') from exc
    except errors.HTTPFailed as exc:
        raise exceptions.RemoteServiceUnavailable(
            message=str(exc)) from exc
    except errors.VSphereError as exc:
        raise exceptions.RemoteServiceUnavailable(
            message=f'{path}: {exc}') from exc
