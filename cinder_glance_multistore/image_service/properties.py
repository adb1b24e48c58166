"""Properties that an image gets besides those it was made with.
"""

from glanceclient import exc

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import records
from cinder_glance_multistore.image_service import refusals
from cinder_glance_multistore.image_service.trouble import NONSENSE
from cinder_glance_multistore.image_service.trouble import TROUBLE


def complete(client, image_id, properties, store_id=None):
    """Give an image the properties that it does not have.

    Those it has stay as they are.

    :param client: a ``glanceclient.v2.client.Client``
    :param properties: ``{name: text}``
    :param store_id: the store they are for, to be told of
    :raises ImageGone: there is no such image
    :raises PropertiesRefused: Glance does not let this user set them
    :raises Unreachable: Glance did not answer
    """
    image = records.get(client, image_id)
    if image is None:
        raise errors.ImageGone(image_id, store_id)
    missing = {name: value for name, value in properties.items()
               if image.get(name) is None}
    if not missing:
        return
    try:
        client.images.update(image_id, **missing)
    except exc.HTTPNotFound as e:
        raise errors.ImageGone(image_id, store_id) from e
    except exc.HTTPException as e:
        if refusals.undecided(e):
            raise _unreachable(image_id, e) from e
        raise errors.PropertiesRefused(
            image_id, store_id,
            f'{", ".join(sorted(missing))}: {refusals.detail(e)}') from e
    except (*TROUBLE, *NONSENSE) as e:
        raise _unreachable(image_id, e) from e


def _unreachable(image_id, error):
    return errors.Unreachable(
        f'the image service (Glance) did not say whether image {image_id} '
        f'has its properties: {error}')
