"""An upload that is whole or fails.

Says how big it is, names its store, starts from byte 0 each time it is tried,
and is looked at afterwards.
"""

import hashlib
import logging
import time
import typing

from glanceclient import exc

from cinder_glance_multistore.image_service import body as bodies
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import fields
from cinder_glance_multistore.image_service import put
from cinder_glance_multistore.image_service import records
from cinder_glance_multistore.image_service import refusals
from cinder_glance_multistore.transfer import errors as transfer_errors

LOG = logging.getLogger(__name__)

VERIFY_HASH = 'hash'
VERIFY_SIZE = 'size'


class Result(typing.NamedTuple):
    """What an upload did.

    ``size`` in bytes; ``algorithm`` and ``digest`` of the bytes sent, None
    where they were not hashed; ``stores`` as Glance says, empty where it does
    not say; ``attempts`` how often the bytes were sent; ``seconds``.
    """

    size: int
    algorithm: str | None
    digest: str | None
    stores: tuple[str, ...]
    attempts: int
    seconds: float


class Written(typing.NamedTuple):
    """Bytes that were put where an image's are otherwise than by an upload.

    Compared with what Glance holds, as a :class:`~.body.Body` is.
    """

    sent: int
    checksum: str
    algorithm: str
    digest: str

    complete = True

    def hexdigest(self):
        return self.digest


class Uploader:
    """Uploads to one Glance deployment.

    :param attempts: how often to send, the first time included
    :param verify: ``'hash'`` or ``'size'``
    :param settle_time: seconds to wait for Glance to take an image back
        from ``saving`` after a connection broke
    :param pause: seconds before another attempt
    :param without_size: ids of the stores that are not to be told the size,
        ``*`` for all of them
    """

    def __init__(self, attempts=1, verify=VERIFY_HASH, settle_time=20.0,
                 pause=1.0, sleep=time.sleep, without_size=()):
        self._attempts = attempts
        self._verify = verify
        self._settle_time = settle_time
        self._pause = pause
        self._sleep = sleep
        self._without_size = frozenset(without_size)
        # Glance's default; corrected by what it says of finished images.
        self._algorithm = 'sha512'

    def upload(self, connect, image_id, source, store_id=None,
               base_image_ref=None):
        """Send a source's bytes to an image, and see that they arrived.

        On any failure the image record is left to the caller, who knows
        whether to keep it.

        :param connect: called before each request with no argument, or with
            the seconds to wait for an answer; returns a
            ``glanceclient.v2.client.Client``, possibly of another API server
        :param image_id: an image in status ``queued``
        :param source: a
            :class:`~cinder_glance_multistore.transfer.sources.Source`
        :param store_id: the store, None for Glance's default store
        :param base_image_ref: the image that the bytes once came from
        :returns: a :class:`Result`
        :raises UploadFailed: the bits are not, or not all, where they should
            be
        :raises glanceclient.exc.HTTPException: any other refusal (401, 403,
            409)
        :raises: what reading the source raises
        """
        started = time.monotonic()
        algorithm = (self._algorithm
                     if self._verify == VERIFY_HASH else None)
        body = bodies.of(
            source, algorithm,
            sized=not self._without_size.intersection((store_id, '*')))
        for attempt in range(1, self._attempts + 1):
            client = connect()
            try:
                put.put(client, image_id, body, store_id, base_image_ref)
            except (exc.ClientException, exc.CommunicationError,
                    exc.InvalidEndpoint) as e:
                image = self._after_error(e, connect, image_id, store_id,
                                          attempt)
                if image is None:
                    self._may_retry(e, source, attempt, image_id, store_id)
                    continue
                # The bits arrived, only the answer did not.
            else:
                image = self._look(connect, image_id, store_id)
            stores = self._check(image, image_id, body, store_id)
            return Result(body.sent, algorithm, body.hexdigest(), stores,
                          attempt, time.monotonic() - started)
        raise AssertionError('the last attempt returns or raises')

    def look(self, connect, image_id, store_id=None, written=None):
        """See that an image is active, and in its store.

        :param written: :class:`Written`, what must be in it, or None
        :returns: tuple of the ids of the stores that Glance says it is in
        :raises UploadMismatch, ImageGone, UploadBroken: as :meth:`upload`
        """
        return self._check(self._look(connect, image_id, store_id), image_id,
                           written, store_id)

    def _after_error(self, error, connect, image_id, store_id, attempt):
        """Find out whether an error can be tried again.

        :returns: the image if it is active after all, None to try again
        :raises: what the error means, if trying again makes no sense
        """
        if not refusals.undecided(error):
            raise (self._refused(error, connect, image_id, store_id, attempt)
                   or error) from error
        LOG.warning('The upload of image %s broke off: %s', image_id,
                    refusals.detail(error))
        try:
            image = records.settle(connect(records.TIMEOUT), image_id,
                                   self._settle_time, self._sleep)
        except errors.Unreachable:
            # A Glance that cannot say how the image is cannot take bytes
            # either; the next attempt finds out.
            return None
        if image is None:
            raise errors.ImageGone(image_id, store_id) from error
        if image.status == records.SAVING:
            raise errors.UploadBroken(
                image_id, store_id,
                "Glance still holds the image in 'saving', after "
                f'{self._settle_time:g} seconds') from error
        return image if image.status == records.ACTIVE else None

    def _refused(self, error, connect, image_id, store_id, attempt):
        """Return what a refusal means, None if it is to be told as it is."""
        refusal = refusals.translate(error, image_id, store_id)
        broken = errors.UploadBroken(image_id, store_id,
                                     refusals.detail(error))
        if isinstance(error, exc.HTTPConflict) and attempt > 1:
            # The earlier attempt left the image in 'saving', in a Glance
            # that could not be asked about it and has come back since.
            return broken
        if isinstance(refusal, errors.ImageGone):
            # A proxy says 404 too.
            try:
                gone = records.get(connect(records.TIMEOUT), image_id) is None
            except errors.Unreachable:
                return refusal
            return refusal if gone else broken
        return refusal

    def _may_retry(self, error, source, attempt, image_id, store_id):
        if source.consumed and not source.rewindable:
            raise errors.UploadBroken(
                image_id, store_id,
                str(transfer_errors.NotRewindable(
                    source.name, source.consumed))) from error
        if attempt == self._attempts:
            raise errors.UploadBroken(
                image_id, store_id,
                f'tried {attempt} times, the last time: '
                f'{refusals.detail(error)}') from error
        LOG.warning('Sending image %s again from its first byte, attempt %d '
                    'of %d', image_id, attempt + 1, self._attempts)
        self._sleep(self._pause)

    def _look(self, connect, image_id, store_id):
        for attempt in range(1, self._attempts + 1):
            try:
                image = records.get(connect(records.TIMEOUT), image_id)
            except errors.Unreachable as e:
                if attempt == self._attempts:
                    raise errors.UploadBroken(
                        image_id, store_id,
                        'it was sent, but Glance could not be asked '
                        'whether it arrived') from e
                self._sleep(self._pause)
                continue
            if image is None:
                raise errors.ImageGone(image_id, store_id)
            return image

    def _check(self, image, image_id, body, store_id):
        """Compare what Glance holds with what was sent.

        :param body: what was sent, None if it is not known
        :returns: the stores that Glance says the image is in
        :raises UploadMismatch: with every difference
        """
        differences = []
        if image.status != records.ACTIVE:
            differences.append(f"its status is '{image.status}'")
        if body is not None:
            self._check_body(image, body, differences)
        stores = fields.stores_of(image)
        # Glance adds the property only where it has several stores.
        if store_id and 'stores' in image and store_id not in stores:
            differences.append(
                f"it is in store {', '.join(stores) or 'none'}")
        if differences:
            raise errors.UploadMismatch(image_id, store_id,
                                        '; '.join(differences))
        return stores

    def _check_body(self, image, body, differences):
        if not body.complete:
            differences.append('the sending did not reach its end')
            return
        if image.size != body.sent:
            differences.append(
                f'{body.sent} bytes were sent, Glance has {image.size}')
        if body.checksum and image.get('checksum') not in (
                None, body.checksum):
            differences.append('its checksum is of other bytes')
        algorithm, digest = (image.get('os_hash_algo'),
                             image.get('os_hash_value'))
        if body.algorithm is None or not digest:
            return
        if algorithm == body.algorithm:
            if digest != body.hexdigest():
                differences.append(
                    f'the {algorithm} of what was sent and of what Glance '
                    f'received differ')
        elif algorithm in hashlib.algorithms_available:
            LOG.info('Glance hashes images with %s, not %s: uploads will '
                     'from now on', algorithm, body.algorithm)
            self._algorithm = algorithm
