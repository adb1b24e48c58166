"""What an image's record says, whichever client it was asked for by.

An image is a mapping with the properties of the Image API.
"""


def stores_of(image):
    """Return a tuple of the ids of the stores that an image lies in.

    Empty where Glance does not say, which it does where it has several.
    """
    return tuple(filter(None, (image.get('stores') or '').split(',')))


def in_progress(image):
    """Whether an import, a copy or the like works on an image.

    Glance keeps the property on it meanwhile, as a lock.
    """
    return bool(image.get('os_glance_import_task'))
