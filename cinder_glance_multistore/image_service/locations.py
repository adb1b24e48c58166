"""Registering bits that lie in a store already.
"""

import time

from glanceclient import exc

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import records

# A property that Glance keeps on an image while a task works on it.
_TASK = 'os_glance_import_task'
# Seconds for Glance to make an image of a location. It hashes afterwards.
WAIT = 60.0


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
    return _settle(user, image_id, metadata.get('store'), sleep, clock)


def _settle(client, image_id, store_id, sleep, clock):
    deadline = clock() + WAIT
    while True:
        image = records.get(client, image_id)
        if image is None:
            raise errors.ImageGone(image_id, store_id)
        if image.status == records.ACTIVE:
            return image
        if not image.get(_TASK) or clock() >= deadline:
            raise errors.StoreUnavailable(
                image_id, store_id,
                f"the image is '{image.status}' after its location was added")
        sleep(0.2)
