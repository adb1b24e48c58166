"""A Cinder of the sandbox, with what only the tests ask of it.
"""

import contextlib

from cinderclient import exceptions as cinder_exc
from glanceclient import exc as glance_exc
from keystoneauth1 import exceptions as ksa_exc

from cinder_glance_multistore.sandbox import cloud

MIB = cloud.MIB
STORE_KEY = cloud.STORE_KEY
TIMEOUT = cloud.TIMEOUT
sha512 = cloud.sha512
wait_until = cloud.wait_until


class Cloud(cloud.Cloud):

    def __init__(self, sandbox, service):
        super().__init__(sandbox, service)
        self._volumes = []
        self._images = []

    def volume(self, *args, **kwargs):
        volume = super().volume(*args, **kwargs)
        self._volumes.append(volume)
        return volume

    def upload(self, *args, **kwargs):
        image_id = super().upload(*args, **kwargs)
        self._images.append(image_id)
        return image_id

    def forget(self):
        """Delete what was made since the last call, as far as it can be.

        A whole run makes more bytes than a small machine has room for.
        Cinder deletes volumes in its own time; what an upload under way
        still holds stays to the end of the run.
        """
        images, self._images = self._images, []
        volumes, self._volumes = self._volumes, []
        for image_id in images:
            with contextlib.suppress(glance_exc.HTTPException,
                                     glance_exc.CommunicationError):
                self.glance.images.delete(image_id)
        for volume in volumes:
            with contextlib.suppress(cinder_exc.ClientException,
                                     ksa_exc.ClientException):
                volume.delete()

    def uploaded(self, volume, **kwargs):
        """Upload, wait for the end; return the image's id."""
        image_id = self.upload(volume, **kwargs)
        self.wait_for_volume(volume, 'available', 'in-use')
        return image_id

    def wait_for_copy(self, image_id, *stores):
        """Wait until an import has ended that copies into stores."""
        def ended():
            image = self.image(image_id)
            # A copy is listed before the import ends, which holds a lock.
            # If Glance is stopped in between that stays for an hour.
            return (set(stores) <= set(image.stores.split(','))
                    and not image.get('os_glance_import_task'))
        wait_until(ended, f'the copying of image {image_id} to {stores}')

    def refused(self, call, *args, **kwargs):
        """Make a call that must fail; return (HTTP status, text)."""
        try:
            call(*args, **kwargs)
        except cinder_exc.ClientException as e:
            return e.code, e.message
        raise AssertionError('the call was not refused')
