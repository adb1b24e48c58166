"""The direct path: from the volume node into the store.

The bits go through the store manager, and Glance is told what lies there: by
a location and its hash, or, where Glance takes no location of such a store,
by a claim for a file that its driver adopts. Each step is noted before it is
taken, so that whoever starts after a crash knows what may be left.
"""

import logging
import threading
import time

from glanceclient import exc
from oslo_config import cfg

from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import locations
from cinder_glance_multistore.image_service import paths
from cinder_glance_multistore.image_service import put
from cinder_glance_multistore.image_service import records
from cinder_glance_multistore.image_service import refusals
from cinder_glance_multistore.image_service import trouble
from cinder_glance_multistore.image_service import upload
from cinder_glance_multistore.transfer import errors as transfer_errors

CONF = cfg.CONF
LOG = logging.getLogger(__name__)

# Seconds for which a store is not tried after Glance refused it.
_PAUSE = 300.0

# Answers that the other way would get as well, after all bytes were sent.
_FINAL = (errors.QuotaExceeded, errors.ImageTooLarge, errors.ImageGone)


class _NotThisWay(Exception):
    """The image is to take the other way: why. Nothing is left of this."""


class DirectPath:
    """Writes images into stores, and has Glance make them active.

    :param uploader: image_service.upload.Uploader, who looks at the result
    :raises BadPaths: ``upload_path`` makes no sense
    """

    def __init__(self, uploader):
        self._uploader = uploader
        self._paths = paths.Paths(CONF.multistore.upload_path)
        self._lock = threading.Lock()
        self._manager = None
        self._told = set()
        self._paused = {}

    def upload(self, context, page, data, source, store_id=None,
               base_image_ref=None):
        """Make an image of a volume's data, or leave it to another.

        :param page: journal.Page of the upload
        :param data: the file-like object of the data
        :param source: a transfer.sources.Source of it, not yet read from
        :param store_id: the store, None for Glance's default store
        :param base_image_ref: the image that the bytes once came from
        :returns: image_service.upload.Result; None where it is to go through
            the image service, and the source is at its start then
        :raises UploadFailed: something may be left; the page says what
        :raises: what reading the data raises
        """
        if not (self._paths.direct(store_id) if store_id
                else self._paths.any_direct):
            return None
        try:
            return self._upload(context, page, data, source, store_id,
                                base_image_ref)
        except _NotThisWay as e:
            self._tell(store_id, str(e))
        return None

    def _upload(self, context, page, data, source, store_id, base):
        stores = self._stores()
        store_id = store_id or stores.default
        if not self._paths.direct(store_id):
            return None
        if time.monotonic() < self._paused.get(store_id, 0.0):
            return None
        started = time.monotonic()
        way = _way(stores, store_id, context, page, base)
        way.check()
        page.note(direct=store_id)
        try:
            written = way.write(data, source)
            page.note(registering=True)
            way.register(written)
        except exc.HTTPConflict:
            # Somebody else has given the image its data. That it stays is
            # more than that nothing is left here: no other error may end
            # this.
            try:
                self._undo(stores, page, way.alone)
            except Exception:
                LOG.exception('What was written of image %s into store %s '
                              'is left there', page.entry.image_id, store_id)
            raise
        except _NotThisWay:
            self._paused[store_id] = time.monotonic() + _PAUSE
            self._undo(stores, page, True)
            try:
                source.restart()
            except transfer_errors.NotRewindable as e:
                raise errors.UploadBroken(
                    page.entry.image_id, store_id, str(e)) from e
            raise
        found = self._uploader.look(way.connect, page.entry.image_id,
                                    store_id, written)
        return upload.Result(
            written.sent, written.algorithm, written.digest, found, 1,
            time.monotonic() - started)

    def _undo(self, stores, page, unregistered):
        """Remove what was written. Glance has not taken it."""
        try:
            stores.forget(page.entry.direct, page.entry.image_id,
                          unregistered)
        except Exception as e:
            raise errors.StoreUnavailable(
                page.entry.image_id, page.entry.direct,
                f'what was written there could not be removed: {e}') from e
        page.note(direct='', registering=False)

    def _stores(self):
        # Late, and only where it is wanted: the extra [glance] brings it.
        try:
            from cinder_glance_multistore.stores import errors as store_errors
            from cinder_glance_multistore.stores import manager
        except ImportError as e:
            raise _NotThisWay(f'the extra [glance] of this package is not '
                              f'installed here: {e}') from e
        with self._lock:
            if self._manager is None:
                try:
                    self._manager = manager.StoreManager(
                        CONF.multistore.glance_config_files or None)
                except store_errors.NotConfigured as e:
                    raise _NotThisWay(str(e)) from e
            return self._manager

    def _tell(self, store_id, reason):
        key = (store_id, reason)
        level = logging.DEBUG if key in self._told else logging.WARNING
        self._told.add(key)
        LOG.log(level, 'Images go through the image service (Glance) to '
                       'store %s, though upload_path says direct: %s',
                store_id or '(default)', reason)

    def forget(self, entry, unregistered):
        """Remove from its store what a failed upload has left there.

        :param entry: journal.Entry
        :param unregistered: whether Glance has no such image
        :raises Unreachable: that could not be done now
        """
        try:
            self._stores().forget(entry.direct, entry.image_id,
                                  unregistered)
        except Exception as e:
            # Whatever a driver, or its libraries, raise.
            raise errors.Unreachable(
                f'what was written into store {entry.direct} could not be '
                f'removed: {e}') from e


def _way(stores, store_id, context, page, base):
    from cinder_glance_multistore.stores import errors as store_errors
    try:
        cls = (_Adoption if stores.check_registrable(store_id)
               else _Location)
    except store_errors.ManagerError as e:
        raise _NotThisWay(str(e)) from e
    return cls(stores, store_id, context, page, base)


class _Way:

    def __init__(self, stores, store_id, context, page, base):
        self._stores = stores
        self._store_id = store_id
        self._page = page
        self._image_id = page.entry.image_id
        self._base = base
        self._context = context
        self.connect = glance_client.connector(context)

    def check(self):
        """Raise _NotThisWay where it is known before that it cannot be."""

    def write(self, data, source):
        """Write the data; return upload.Written."""
        from cinder_glance_multistore.stores import errors as store_errors
        try:
            return self._write(data, source)
        except store_errors.StorageFull as e:
            raise errors.StoreFull(self._image_id, self._store_id,
                                   str(e)) from e
        except store_errors.Duplicate as e:
            # What is there is not this upload's to remove.
            self._page.note(direct='')
            raise errors.StoreUnavailable(
                self._image_id, self._store_id,
                'there is something of that name in it') from e
        except (OSError, transfer_errors.TransferError):
            raise
        except Exception as e:
            raise _NotThisWay(
                f'it could not be written to from here: '
                f'{type(e).__name__}: {e}') from e

    def _refused(self, error):
        """Say what to do after Glance refused.

        :raises _NotThisWay: it has nothing of it
        """
        if isinstance(error, exc.HTTPConflict):
            raise error
        refusal = refusals.translate(error, self._image_id, self._store_id)
        if isinstance(refusal, _FINAL):
            raise refusal from error
        image = records.get(self.connect(records.TIMEOUT), self._image_id)
        if image is None:
            raise errors.ImageGone(self._image_id,
                                   self._store_id) from error
        if image.status != records.QUEUED:
            raise errors.UploadBroken(
                self._image_id, self._store_id,
                f"the image is '{image.status}' after Glance refused it: "
                f'{refusals.detail(error)}') from error
        raise _NotThisWay(
            f'Glance refused it: {refusals.detail(error)}') from error


class _Location(_Way):
    """A location, and the hash of what is there."""

    # What is there under the image's name was put there by this.
    alone = True

    def check(self):
        self._service = glance_client.connector(
            self._context, as_service=True)(records.TIMEOUT)
        try:
            if not locations.supported(self._service):
                raise _NotThisWay('this Glance takes no location together '
                                  'with a hash')
        except errors.Unreachable as e:
            raise _NotThisWay(str(e)) from e

    def _write(self, data, source):
        added = self._stores.add(
            self._store_id, self._image_id, source, source.size,
            self._stores.algorithm)
        self._url = added.url
        return upload.Written(added.size, added.checksum, added.algorithm,
                              added.multihash)

    def register(self, written):
        try:
            locations.register_written(
                self._service, self.connect(records.TIMEOUT),
                self._image_id, self._url, self._store_id, written)
        except errors.NotTaken as e:
            raise _NotThisWay(str(e)) from e
        except trouble.TROUBLE as e:
            if refusals.undecided(e) or not isinstance(
                    e, exc.HTTPException):
                raise errors.UploadBroken(
                    self._image_id, self._store_id,
                    f'Glance was told where it is, and did not answer: {e}'
                ) from e
            self._refused(e)


class _Adoption(_Way):
    """A file in the store's incoming folder, and a claim for it."""

    # Under the image's name there is what Glance put there.
    alone = False

    def _write(self, data, source):
        self._claim = claim = self._stores.deposit(
            self._store_id, self._image_id, data, source.size,
            self._stores.algorithm)
        return upload.Written(claim.size, claim.checksum, claim.algorithm,
                              claim.multihash)

    def register(self, written):
        from cinder_glance_multistore.stores import claims
        headers = {claims.HEADER: self._claim.header(),
                   'Content-Type': claims.CONTENT_TYPE,
                   'x-image-meta-store': self._store_id}
        if self._base is not None:
            headers['x-openstack-base-image-ref'] = self._base
        try:
            put.present(self.connect(), self._image_id, headers)
        except (exc.ClientException, exc.CommunicationError,
                exc.InvalidEndpoint) as e:
            if not refusals.undecided(e):
                self._refused(e)
            LOG.warning('Glance did not say whether it adopted image %s: %s',
                        self._image_id, refusals.detail(e))
            image = records.settle(
                self.connect(records.TIMEOUT), self._image_id,
                CONF.multistore.upload_settle_time)
            if image is None or image.status != records.ACTIVE:
                raise errors.UploadBroken(
                    self._image_id, self._store_id,
                    refusals.detail(e)) from e
