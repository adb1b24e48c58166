"""Image records: what became of an upload, and removing what it left.
"""

import time

from glanceclient import exc

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service.trouble import NONSENSE
from cinder_glance_multistore.image_service.trouble import TROUBLE

# States of an image that has not got its data, and states of one whose data
# is on its way. See glance.domain.Image.valid_state_targets.
QUEUED = 'queued'
SAVING = 'saving'
ACTIVE = 'active'
UNFINISHED = (QUEUED, SAVING)
# Glance hashes what a location that it was given holds.
IMPORTING = 'importing'
_DELETED_STATES = ('deleted', 'pending_delete')

# Seconds for one question about a record. Cinder's glance_request_timeout is
# not set by default, and a Glance that hangs must not hold a volume.
TIMEOUT = 60.0

DELETED = 'deleted'
GONE = 'gone'
KEPT = 'kept'


def get(client, image_id):
    """Return the image record, or None if there is none any more.

    :raises Unreachable: Glance did not answer
    :raises glanceclient.exc.HTTPException: Glance refused the caller
    """
    try:
        image = client.images.get(image_id)
    except exc.HTTPNotFound:
        return None
    except (exc.HTTPUnauthorized, exc.HTTPForbidden):
        raise
    except (*TROUBLE, *NONSENSE) as e:
        raise errors.Unreachable(
            f'the image service (Glance) did not say how image {image_id} '
            f'is') from e
    return None if image.status in _DELETED_STATES else image


def settle(client, image_id, seconds, sleep=time.sleep,
           clock=time.monotonic):
    """Wait until Glance has noticed that an upload broke off.

    :param seconds: how long to wait for the image to leave ``saving``
    :returns: the image record as it is then, None if it is gone
    :raises Unreachable: Glance does not answer
    """
    deadline = clock() + seconds
    pause = 0.2
    while True:
        image = get(client, image_id)
        if image is None or image.status != SAVING or clock() >= deadline:
            return image
        sleep(min(pause, max(deadline - clock(), 0.0)))
        pause = min(pause * 2, 2.0)


def discard(client, image_id, even_active=False, even_importing=False):
    """Delete an image record that will never become a good image.

    A protected image is freed first: protection was asked for by the upload
    that failed.

    :param even_active: delete an active image too: its upload failed
    :param even_importing: delete one that Glance makes of a location: the
        upload had told it of that
    :returns: ``'deleted'``; ``'gone'`` where there was none, or none that the
        user of the client sees; ``'kept'`` where the image is active or
        otherwise not ours to judge
    :raises Unreachable: Glance did not answer
    :raises glanceclient.exc.HTTPException: Glance refused the caller
    """
    image = get(client, image_id)
    if image is None:
        return GONE
    if image.status not in UNFINISHED and not (
            even_active and image.status == ACTIVE) and not (
            even_importing and image.status == IMPORTING):
        return KEPT
    try:
        if getattr(image, 'protected', False):
            client.images.update(image_id, protected=False)
        client.images.delete(image_id)
    except exc.HTTPNotFound:
        pass
    except (exc.HTTPUnauthorized, exc.HTTPForbidden):
        raise
    except (*TROUBLE, *NONSENSE) as e:
        raise errors.Unreachable(
            f'the image service (Glance) did not delete image {image_id}: '
            f'{e}') from e
    return DELETED
