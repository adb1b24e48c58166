"""A Cinder of the sandbox, as its users see it: by the real clients.
"""

import hashlib
import os
import time

from cinderclient import client as cinder_client
from cinderclient import exceptions as cinder_exc
from cinderclient.contrib import noauth
import glanceclient
from keystoneauth1 import session as ks_session

from cinder_glance_multistore.sandbox import layout

MIB = 1024 * 1024
STORE_KEY = 'image_service:store_id'
# 3.70 is OpenStack Zed's. Messages need 3.3, upload parameters 3.1.
MICROVERSION = '3.70'
TIMEOUT = 120.0


def wait_until(condition, what, timeout=TIMEOUT):
    """Return the first true value of ``condition()``.

    :param what: what is waited for, for the failure
    :raises AssertionError: it was not true in time
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f'{what}: not in {timeout:g} seconds')
        time.sleep(0.1)


def sha512(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha512').hexdigest()


class Cloud:
    """One Cinder (ours or plain upstream's) and the Glance behind it.

    :param sandbox: sandbox.stack.Sandbox
    :param service: ``cinder`` or ``upstream``
    """

    def __init__(self, sandbox, service):
        self.sandbox = sandbox
        self.service = service
        auth = noauth.CinderNoAuthPlugin(
            layout.USER, layout.PROJECT, endpoint=self.url)
        self.session = ks_session.Session(auth=auth)
        self.cinder = cinder_client.Client(MICROVERSION, session=self.session)
        self.glance = glanceclient.Client(
            '2', sandbox.endpoints['glance'])

    @property
    def url(self):
        return self.sandbox.endpoints[self.service]

    # Making things -------------------------------------------------------

    def volume_type(self, store_id=None, **specs):
        """Make a volume type, with the store as its extra spec."""
        volume_type = self.cinder.volume_types.create(
            f'type-{os.urandom(4).hex()}')
        if store_id is not None:
            specs[STORE_KEY] = store_id
        if specs:
            volume_type.set_keys(specs)
        return volume_type

    def volume(self, volume_type=None, mib=32, **kwargs):
        """Make a volume of random bytes.

        Cinder's smallest is 1 GiB. Fewer bytes are made by cutting its file,
        which Cinder's NFS driver uploads as it is.

        :param volume_type: or None for Cinder's default type
        :param mib: of random bytes; None leaves the file as it is made
        """
        volume = self.cinder.volumes.create(
            1, name=f'volume-{os.urandom(4).hex()}',
            volume_type=volume_type and volume_type.id, **kwargs)
        self.wait_for_volume(volume, 'available')
        if mib is not None:
            self.fill(volume, mib)
        return volume

    def fill(self, volume, mib):
        """Write random bytes over a volume, and cut it to their size."""
        with open(self.file(volume), 'r+b') as f:
            for _ in range(mib):
                f.write(os.urandom(MIB))
            f.truncate()

    def upload(self, volume, force=False, container_format='bare',
               disk_format='raw', visibility='private', protected=False):
        """Begin an upload; return the image's id."""
        _, body = self.cinder.volumes.upload_to_image(
            volume, force, f'image-{os.urandom(4).hex()}', container_format,
            disk_format, visibility, protected)
        return body['os-volume_upload_image']['image_id']

    def uploaded(self, volume, **kwargs):
        """Upload, wait for the end; return the image's id."""
        image_id = self.upload(volume, **kwargs)
        self.wait_for_volume(volume, 'available', 'in-use')
        return image_id

    # Looking -------------------------------------------------------------

    def file(self, volume):
        return self.sandbox.volume_file(volume.id, self.service)

    def status(self, volume):
        return self.cinder.volumes.get(volume.id).status

    def wait_for_volume(self, volume, *statuses, timeout=TIMEOUT):
        """Wait for one of the statuses; fail at once on an error status."""
        def reached():
            status = self.status(volume)
            if status.startswith('error') and status not in statuses:
                raise AssertionError(f'volume {volume.id} is {status}')
            return status in statuses and status
        return wait_until(
            reached, f'volume {volume.id} to be {" or ".join(statuses)}',
            timeout)

    def image(self, image_id):
        """Return the image record, None if there is none."""
        try:
            return self.glance.images.get(image_id)
        except glanceclient.exc.HTTPNotFound:
            return None

    def wait_until_gone(self, image_id, timeout=TIMEOUT):
        wait_until(lambda: self.image(image_id) is None,
                   f'image {image_id} to be gone', timeout)

    def messages(self, volume):
        """Return the texts of a volume's user messages, newest first."""
        return [message.user_message
                for message in self.cinder.messages.list()
                if message.resource_uuid == volume.id]

    def stores_with(self, image_id):
        """Return the stores that hold a file of an image."""
        return [store for store, kind in layout.STORES.items()
                if kind == 'file' and
                (store != layout.SMALL_STORE or
                 not self.sandbox.small_refusal) and
                self.sandbox.image_file(store, image_id).exists()]

    def refused(self, call, *args, **kwargs):
        """Make a call that must fail; return (HTTP status, text)."""
        try:
            call(*args, **kwargs)
        except cinder_exc.ClientException as e:
            return e.code, e.message
        raise AssertionError('the call was not refused')
