"""The image service that one upload of a volume is given.

Drivers call ``update()`` with the data, by way of
``cinder.volume.volume_utils.upload_volume`` or directly.
"""

from cinder import exception
from cinder.image import glance

from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import locations
from cinder_glance_multistore.image_service import records
from cinder_glance_multistore.image_service import trouble
from cinder_glance_multistore.transfer import sources


class UploadImageService(glance.GlanceImageService):
    """Cinder's image service, with an upload that is whole or fails.

    :param uploader: image_service.upload.Uploader
    :param store_id: the store that the volume's type names, or None
    :param direct: direct.DirectPath
    :param page: journal.Page of the upload
    :ivar result: image_service.upload.Result of the upload, None before
    """

    def __init__(self, uploader, store_id, direct, page):
        super().__init__()
        self._uploader = uploader
        self._store_id = store_id
        self._direct = direct
        self._page = page
        self.result = None

    def update(self, context, image_id, image_meta, data=None,
               purge_props=True, store_id=None, base_image_ref=None):
        """Upload the data, then update the properties; as Cinder's.

        :raises UploadFailed: as :meth:`Uploader.upload`
        """
        if data is not None:
            # Some drivers do not pass the store on.
            store_id = store_id or self._store_id
            source = sources.Source(
                data, name=f'volume {self._page.entry.volume_id}')
            self.result = self._direct.upload(
                context, self._page, source, store_id, base_image_ref)
            if self.result is None:
                self.result = self._uploader.upload(
                    glance_client.connector(context), image_id, source,
                    store_id, base_image_ref)
            if not image_meta:
                # No driver reads the answer; Cinder asks for it twice more.
                return {'id': image_id, 'size': self.result.size}
        return super().update(context, image_id, image_meta,
                              purge_props=purge_props)

    def look(self, context, image_id):
        """See that an image is where it should be that was made otherwise.

        For drivers that send the bits in a way of their own, and for images
        that are clones of volumes.

        :returns: tuple of the ids of the stores the image is in
        :raises UploadMismatch: it is not active, or in another store
        """
        return self._uploader.look(glance_client.connector(context),
                                   image_id, self._store_id)

    def add_location(self, context, image_id, url, metadata):
        """Register a location, and see that it works; else as Cinder's.

        :raises Invalid: it does not. Cinder then deletes the clone it made,
            and uploads.
        """
        try:
            return locations.register(
                glance_client.connector(context, as_service=True)(
                    records.TIMEOUT),
                glance_client.connector(context)(records.TIMEOUT),
                image_id, url, metadata)
        except (errors.ImageServiceError, *trouble.TROUBLE,
                *trouble.NONSENSE) as e:
            raise exception.Invalid(
                f'Glance did not accept the location: {e}') from e
