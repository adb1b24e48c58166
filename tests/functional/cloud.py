"""A Cinder of the sandbox, with what only the tests ask of it.
"""

from cinderclient import exceptions as cinder_exc

from cinder_glance_multistore.sandbox import cloud

MIB = cloud.MIB
STORE_KEY = cloud.STORE_KEY
sha512 = cloud.sha512
wait_until = cloud.wait_until


class Cloud(cloud.Cloud):

    def uploaded(self, volume, **kwargs):
        """Upload, wait for the end; return the image's id."""
        image_id = self.upload(volume, **kwargs)
        self.wait_for_volume(volume, 'available', 'in-use')
        return image_id

    def refused(self, call, *args, **kwargs):
        """Make a call that must fail; return (HTTP status, text)."""
        try:
            call(*args, **kwargs)
        except cinder_exc.ClientException as e:
            return e.code, e.message
        raise AssertionError('the call was not refused')
