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
from cinder_glance_multistore.image_service import fields
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

# Statuses: it may have been this image's fault; the store's files are.
_FAILED = 500
_DENIED = 503

# Answers that the other way would get as well, after all bytes were sent.
_FINAL = (errors.QuotaExceeded, errors.ImageTooLarge, errors.ImageGone)


class _NotThisWay(Exception):
    """The image is to take the other way: why. Nothing is left of this.

    :ivar closed: whether the reason is the cloud's or the store's, so that
        it is the same for every image; else it is this image's alone
    """

    def __init__(self, reason, closed=False):
        super().__init__(reason)
        self.closed = closed


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

    def upload(self, context, page, source, store_id=None,
               base_image_ref=None):
        """Make an image of a volume's data, or leave it to another.

        :param page: journal.Page of the upload
        :param source: a transfer.sources.Source of the data, not yet read
            from
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
            return self._upload(context, page, source, store_id,
                                base_image_ref)
        except _NotThisWay as e:
            reason = e
        # Not as it is handled: oslo.log would say it a second time.
        self._tell(store_id, page.entry.image_id, reason)
        return None

    def _upload(self, context, page, source, store_id, base):
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
        written = None
        try:
            written = way.write(source)
            page.note(registering=True)
            way.register(written)
        except exc.HTTPConflict:
            found = self._settled(way, store_id, written)
            if found is None:
                self._undo_quietly(stores, page, way)
                raise
        except _NotThisWay as e:
            if e.closed:
                self._paused[store_id] = time.monotonic() + _PAUSE
            try:
                self._undo(stores, page, True)
            except errors.StoreUnavailable as left:
                # A store that is out of reach. It has nothing whole, and the
                # page keeps its name, for the case that the other way fails.
                if written is not None:
                    raise
                LOG.info('%s', left)
                # The other way may put Glance's own bits there by that name.
                page.note(registering=True)
            try:
                source.rewind()
            except transfer_errors.NotRewindable as consumed:
                raise errors.UploadBroken(
                    page.entry.image_id, store_id,
                    f'{e}; and {consumed}') from e
            raise
        else:
            found = self._uploader.look(way.connect, page.entry.image_id,
                                        store_id, written)
        return upload.Result(
            written.sent, written.algorithm, written.digest, found, 1,
            time.monotonic() - started)

    def _settled(self, way, store_id, written):
        """Return the image's stores if it is of what was written, or None.

        A proxy may have sent the registration twice: then Glance took the
        first, and refuses the second.
        """
        try:
            way.settle(written)
            return self._uploader.look(way.connect, way.image_id, store_id,
                                       written)
        except (errors.ImageServiceError, *trouble.TROUBLE) as e:
            LOG.info('Image %s is of other bytes than were written into '
                     'store %s: %s', way.image_id, store_id, e)
        return None

    def _undo_quietly(self, stores, page, way):
        # Somebody else has given the image its data. That it stays is more
        # than that nothing is left here: no other error may end this.
        try:
            self._undo(stores, page, way.unregistered())
        except Exception:
            LOG.exception('What was written of image %s into store %s is '
                          'left there', way.image_id, page.entry.direct)

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
                              f'installed here: {e}', closed=True) from e
        with self._lock:
            if self._manager is None:
                try:
                    self._manager = manager.StoreManager(
                        CONF.multistore.glance_config_files or None)
                except store_errors.NotConfigured as e:
                    raise _NotThisWay(str(e), closed=True) from e
            return self._manager

    def _tell(self, store_id, image_id, reason):
        store_id = store_id or '(default)'
        if not reason.closed:
            LOG.warning('Image %s goes through the image service (Glance) to '
                        'store %s, though upload_path says direct: %s',
                        image_id, store_id, reason)
            return
        key = (store_id, str(reason))
        level = logging.DEBUG if key in self._told else logging.WARNING
        self._told.add(key)
        LOG.log(level, 'Images go through the image service (Glance) to '
                       'store %s, though upload_path says direct: %s',
                store_id, reason)

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
        raise _NotThisWay(str(e), closed=True) from e
    return cls(stores, store_id, context, page, base)


class _Way:

    def __init__(self, stores, store_id, context, page, base):
        self._stores = stores
        self._store_id = store_id
        self._page = page
        self.image_id = page.entry.image_id
        self._base = base
        self._context = context
        self.connect = glance_client.connector(context)

    def check(self):
        """Raise _NotThisWay where it is known before that it cannot be."""

    def write(self, source):
        """Write the data; return upload.Written."""
        from cinder_glance_multistore.stores import errors as store_errors
        try:
            return self._write(source)
        except store_errors.StorageFull as e:
            raise errors.StoreFull(self.image_id, self._store_id,
                                   str(e)) from e
        except store_errors.Duplicate as e:
            # What is there is not this upload's to remove.
            self._page.note(direct='')
            raise errors.StoreUnavailable(
                self.image_id, self._store_id,
                'there is something of that name in it') from e
        except Exception as e:
            if source.error is not None:
                raise
            raise _NotThisWay(
                f'it could not be written to from here: '
                f'{type(e).__name__}: {e}',
                closed=not isinstance(e, store_errors.Invalid)) from e

    def register(self, written):
        """Tell Glance what was written.

        :raises HTTPConflict: the image has data already
        """
        raise NotImplementedError

    def settle(self, written):
        """Wait until Glance has taken or refused what it was told.

        :raises UploadFailed, Unreachable: it has not taken it
        """
        raise NotImplementedError

    def unregistered(self):
        """Whether what is in the store under the image's name is nobody's.

        :raises StoreUnavailable: that is not certain
        :raises: what asking Glance raises
        """
        raise NotImplementedError

    def _refused(self, error):
        """Say what to do after Glance refused.

        :raises _NotThisWay: it has nothing of it
        """
        refusal = refusals.translate(error, self.image_id, self._store_id)
        if isinstance(error, exc.HTTPConflict):
            # The store is drained, or the image has data.
            raise refusal or error
        if isinstance(refusal, _FINAL):
            raise refusal from error
        image = records.get(self.connect(records.TIMEOUT), self.image_id)
        if image is None:
            raise errors.ImageGone(self.image_id, self._store_id) from error
        if image.status != records.QUEUED:
            raise errors.UploadBroken(
                self.image_id, self._store_id,
                f"the image is '{image.status}' after Glance refused it: "
                f'{refusals.detail(error)}') from error
        raise _NotThisWay(
            f'Glance refused it: {refusals.detail(error)}',
            closed=error.code != _FAILED and self._is_closed(
                error, refusal)) from error

    def _is_closed(self, error, refusal):
        """Whether Glance would refuse every image, whatever is in it."""
        return True


class _Location(_Way):
    """A location, and the hash of what is there."""

    def check(self):
        try:
            self._service = glance_client.connector(
                self._context, as_service=True)(records.TIMEOUT)
            supported = locations.supported(self._service)
        except (errors.Unreachable, *trouble.TROUBLE) as e:
            raise _NotThisWay(str(e), closed=True) from e
        if not supported:
            raise _NotThisWay('this Glance takes no location together with '
                              'a hash', closed=True)

    def _write(self, source):
        added = self._stores.add(
            self._store_id, self.image_id, source, source.size,
            self._stores.algorithm)
        self._url = added.url
        return upload.Written(added.size, added.checksum, added.algorithm,
                              added.multihash)

    def register(self, written):
        try:
            locations.register_written(
                self._service, self.connect(records.TIMEOUT),
                self.image_id, self._url, self._store_id, written)
        except errors.NotTaken as e:
            raise _NotThisWay(str(e)) from e
        except trouble.TROUBLE as e:
            if refusals.undecided(e) or not isinstance(
                    e, exc.HTTPException):
                raise errors.UploadBroken(
                    self.image_id, self._store_id,
                    f'Glance was told where it is, and did not answer: {e}'
                ) from e
            self._refused(e)

    def settle(self, written):
        locations.settle_written(self.connect(records.TIMEOUT),
                                 self.image_id, self._store_id, written)

    def unregistered(self):
        image = records.get(self.connect(records.TIMEOUT), self.image_id)
        # Where an active image lies Glance may not say, or not to this user.
        stores = () if image is None else fields.stores_of(image)
        if image is not None and (
                self._store_id in stores
                or (image.status == records.ACTIVE and not stores)
                or fields.in_progress(image)
                or image.status in (records.SAVING, records.IMPORTING)):
            raise errors.StoreUnavailable(
                self.image_id, self._store_id,
                f"what is in it may be the image's, which is "
                f"'{image.status}'")
        return True


class _Adoption(_Way):
    """A file in the store's incoming folder, and a claim for it."""

    def _write(self, source):
        self._claim = claim = self._stores.deposit(
            self._store_id, self.image_id, source, source.size,
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
            put.present(self.connect(), self.image_id, headers)
        except (exc.ClientException, exc.CommunicationError,
                exc.InvalidEndpoint) as e:
            if not refusals.undecided(e):
                self._refused(e)
            LOG.warning('Glance did not say whether it adopted image %s: %s',
                        self.image_id, refusals.detail(e))
            image = self._look_again()
            if image is None or image.status != records.ACTIVE:
                raise errors.UploadBroken(
                    self.image_id, self._store_id,
                    refusals.detail(e)) from e

    def settle(self, written):
        self._look_again()

    def _look_again(self):
        return records.settle(
            self.connect(records.TIMEOUT), self.image_id,
            CONF.multistore.upload_settle_time)

    def unregistered(self):
        # Under that name there is what Glance has put there.
        return False

    def _is_closed(self, error, refusal):
        from cinder_glance_multistore.stores import claims
        if claims.HEADER not in getattr(error, 'headers', ()):
            # It came not as far as Glance: there is no filter, or no role.
            return True
        return (isinstance(refusal, (errors.StoreReadOnly,
                                     errors.StoreUnknown))
                or error.code == _DENIED
                or claims.NO_FILE in refusals.detail(error))
