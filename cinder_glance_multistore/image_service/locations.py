"""Registering bits that lie in a store already.
"""

import contextlib
import time

from glanceclient import exc
from glanceclient.common import utils

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import fields
from cinder_glance_multistore.image_service import records
from cinder_glance_multistore.image_service import trouble

# Seconds for Glance to make an image of a location. It hashes afterwards.
WAIT = 60.0
# Where it is given a hash it reads and hashes first (do_secure_hash); bytes a
# second that it does so at least.
_PACE = 8 << 20
# The version of the Image API that has the call.
_VERSION = 'v2.17'


def register(service, user, image_id, url, metadata, sleep=time.sleep,
             clock=time.monotonic):
    """Add a location to a queued image, and see that it becomes active.

    Glance's new call (2024.2) takes validation data where the old one took
    metadata, reads the store from the location itself, and works in the
    background. Cinder hands the store to it as validation data, which Glance
    refuses, and does not look whether the image became active (C8).

    :param service: a ``glanceclient.v2.client.Client`` with the service role,
        for the new call
    :param user: one with the user's token, for the old call and for looking
    :param url: the location
    :param metadata: of the location, for the old call: ``{'store': id}``
    :returns: the image record
    :raises UploadFailed: Glance accepted the location and failed to use it
    :raises Unreachable: Glance did not answer
    :raises: one of trouble.TROUBLE where Glance refuses
    """
    try:
        service.images.add_image_location(image_id, url, {})
    except (exc.HTTPNotImplemented, AttributeError):
        # Glance before 2024.2, or an older glanceclient.
        user.images.add_location(image_id, url, metadata)
    except exc.HTTPNotFound:
        # glanceclient asks for the image afterwards, and a service need not
        # be one that sees it; whether it is there its owner can say.
        pass
    return _settle(user, image_id, metadata.get('store'), sleep, clock,
                   clock() + WAIT)


def supported(client):
    """Say whether this Glance takes a location together with a hash.

    And whether this glanceclient can tell it: those before 4.6 cannot.

    :raises Unreachable: it did not answer
    """
    try:
        return (hasattr(client.images, 'add_image_location')
                and utils.has_version(client.http_client, _VERSION))
    except (*trouble.TROUBLE, *trouble.NONSENSE) as e:
        raise errors.Unreachable(
            'the image service (Glance) did not say which versions of the '
            'Image API it has') from e


def register_written(service, user, image_id, url, store_id, written,
                     sleep=time.sleep, clock=time.monotonic):
    """Make a queued image of bits that were written and hashed already.

    :param service: a ``glanceclient.v2.client.Client`` with the service role
    :param user: one with the user's token, for looking
    :param url: the location
    :param store_id: the store that it is in, for messages
    :param written: :class:`~.upload.Written`
    :raises: one of trouble.TROUBLE where Glance refuses
    :raises: what :func:`settle_written` raises
    """
    with contextlib.suppress(exc.HTTPNotFound):
        # As in register(): whether it is there its owner can say.
        service.images.add_image_location(image_id, url, {
            'os_hash_algo': written.algorithm,
            'os_hash_value': written.digest})
    settle_written(user, image_id, store_id, written, sleep, clock)


def settle_written(user, image_id, store_id, written, sleep=time.sleep,
                   clock=time.monotonic):
    """Wait until Glance has made an image of a location that it took.

    :raises NotTaken: it has given the location up again
    :raises ImageGone: the image was deleted meanwhile
    :raises StoreUnavailable: it goes on and on, or something else does
    :raises Unreachable: Glance did not answer
    """
    deadline = clock() + WAIT + written.sent / _PACE
    while True:
        try:
            return _settle(user, image_id, store_id, sleep, clock, deadline)
        except errors.Unreachable:
            # It goes on by itself; one question without an answer is not
            # what decides.
            if clock() >= deadline:
                raise
        sleep(1.0)


def _settle(client, image_id, store_id, sleep, clock, deadline):
    while True:
        image = records.get(client, image_id)
        if image is None:
            raise errors.ImageGone(image_id, store_id)
        if image.status == records.ACTIVE:
            return image
        if not fields.in_progress(image) and image.status == records.QUEUED:
            raise errors.NotTaken(image_id, store_id)
        if not fields.in_progress(image) or clock() >= deadline:
            raise errors.StoreUnavailable(
                image_id, store_id,
                f"the image is '{image.status}' after its location was added")
        sleep(0.2)
