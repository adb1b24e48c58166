"""What the Image API can answer, or fail to.

::

    ImageServiceError
    ├── Unreachable           no answer, or none in time
    ├── BadAnswer             an answer that is not what it should be
    ├── NotMultiStore         this Glance has no several stores
    ├── InvalidConfiguration  (also a ValueError)
    │   ├── InvalidAliases        store_aliases cannot be used
    │   └── InvalidStoreDefaults  nor can [multistore_store_...]
    └── UploadFailed          bits did not get where they were sent
        ├── StoreFull         no room for them in the store
        ├── StoreReadOnly     the store takes no images, or did not start
        ├── StoreUnknown      there is no such store
        ├── StoreUnavailable  the store is there but does not work
        │   └── NotTaken      Glance made no image of a location
        ├── QuotaExceeded     the project may not store that much
        ├── ImageTooLarge     no image may be that large
        ├── DataRefused       Glance looked at the data and refused it
        ├── PropertiesRefused Glance refused the properties set for the store
        ├── ImageGone         the image was deleted meanwhile
        ├── UploadBroken      the connection broke, and trying again failed
        └── UploadMismatch    what arrived is not what was sent
"""


class ImageServiceError(Exception):
    """Base of everything this room raises; the text is one sentence."""


class Unreachable(ImageServiceError):
    """Glance gave no answer, an error of its own, or none in time."""


class BadAnswer(ImageServiceError):
    """Glance's answer is not what the Image API promises.

    :ivar problems: plain sentences, one a problem
    """

    def __init__(self, what, problems=()):
        self.problems = tuple(problems)
        shown = [problem.rstrip('.') for problem in self.problems[:3]]
        super().__init__('; '.join([what, *shown]))


class NotMultiStore(ImageServiceError):
    """Glance runs with one store: ``enabled_backends`` is not set."""

    def __init__(self):
        super().__init__(
            'this Glance has only one image store (its enabled_backends '
            'option is not set), so no store can be named')


class InvalidConfiguration(ImageServiceError, ValueError):
    """The service does not start with it."""


class InvalidAliases(InvalidConfiguration):
    """The configuration's aliases of stores make no sense."""

    def __init__(self, what):
        super().__init__(
            f'[multistore] store_aliases cannot be used: {what}. Write '
            f'old:new, separated by commas')


class InvalidStoreDefaults(InvalidConfiguration):
    """What the configuration says of a store makes no sense.

    :ivar store_id: the store
    """

    def __init__(self, store_id, what):
        self.store_id = store_id
        super().__init__(
            f'[multistore_store_{store_id}] cannot be used: {what}')


class UploadFailed(ImageServiceError):
    """Base of the ways an upload fails.

    :ivar reason: a short code, stable, for messages and metrics
    :ivar store_id: the store asked for, or None for the default store
    :ivar image_id: the image
    """

    reason = 'failed'
    what = 'the upload failed'

    def __init__(self, image_id, store_id=None, detail=None):
        self.image_id = image_id
        self.store_id = store_id
        self.detail = detail
        store = (f"image store '{store_id}'" if store_id
                 else 'default image store')
        text = self.what.format(store=store, image=f'image {image_id}')
        super().__init__(f'{text}: {detail}' if detail else text)


class StoreFull(UploadFailed):
    reason = 'store_full'
    what = 'the {store} is full'


class StoreReadOnly(UploadFailed):
    """Glance says the same of a read-only store and of one it did not start.
    """

    reason = 'store_read_only'
    what = 'the {store} takes no images: it is read-only or did not start'


class StoreUnknown(UploadFailed):
    reason = 'store_unknown'
    what = 'the {store} does not exist or did not start in Glance'


class StoreUnavailable(UploadFailed):
    reason = 'store_unavailable'
    what = 'the {store} is not available'


class NotTaken(StoreUnavailable):
    """The image is queued again, as before."""

    def __init__(self, image_id, store_id=None):
        super().__init__(image_id, store_id,
                         "the image is 'queued' after its location was added")


class QuotaExceeded(UploadFailed):
    reason = 'quota'
    what = "the project's quota for images does not allow {image}"


class ImageTooLarge(UploadFailed):
    reason = 'too_large'
    what = '{image} is larger than Glance, or a proxy before it, allows'


class DataRefused(UploadFailed):
    reason = 'data_refused'
    what = 'Glance refused the data of {image}'


class PropertiesRefused(UploadFailed):
    """The operator's, of the store: [multistore_store_...] properties."""

    reason = 'properties_refused'
    what = ('Glance refused the properties that images in the {store} are '
            'to have')


class ImageGone(UploadFailed):
    reason = 'image_gone'
    what = '{image} was deleted during the upload'


class UploadBroken(UploadFailed):
    reason = 'broken'
    what = 'the upload of {image} to the {store} broke off'


class UploadMismatch(UploadFailed):
    """What Glance holds is not what was sent. The image may be active."""

    reason = 'mismatch'
    what = 'what arrived of {image} in the {store} is not what was sent'
