"""A Cinder of the sandbox, as its users see it: by the real clients.
"""

import contextlib
import hashlib
import os
import time

from cinderclient import client as cinder_client
from cinderclient.contrib import noauth
import glanceclient
from keystoneauth1 import session as ks_session

from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import layout

MIB = 1024 * 1024
STORE_KEY = 'image_service:store_id'
# 3.70 is OpenStack Zed's. Messages need 3.3, upload parameters 3.1.
MICROVERSION = '3.70'
TIMEOUT = 120.0


def wait_until(condition, what, timeout=TIMEOUT):
    """Return the first true value of ``condition()``.

    :param what: what is waited for, for the error
    :param timeout: seconds
    :raises errors.NotInTime: it was not true in time
    """
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise errors.NotInTime(what, timeout)
        time.sleep(0.1)
    return value


def sha512(path):
    """Return the SHA-512 of a file, in hexadecimal."""
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha512').hexdigest()


class Cloud:
    """One Cinder (ours or plain upstream's) and the Glance behind it.

    :param sandbox: sandbox.stack.Sandbox
    :param service: ``cinder`` or ``upstream``
    :param user: one of ``credentials.USERS``, where there is Keystone
    """

    def __init__(self, sandbox, service, user=credentials.ADMIN):
        self.sandbox = sandbox
        self.service = service
        glance = {}
        if sandbox.has_keystone:
            self.session = sandbox.session(user)
            glance['session'] = self.session
        else:
            self.session = ks_session.Session(auth=noauth.CinderNoAuthPlugin(
                layout.USER, layout.PROJECT, endpoint=self.url))
        self.cinder = cinder_client.Client(
            MICROVERSION, session=self.session, endpoint_override=(
                self.url if sandbox.has_keystone else None))
        self.glance = glanceclient.Client(
            '2', sandbox.endpoints['glance'], **glance)

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
        """Make a volume of random bytes, of ``mib`` MiB; see ``fill``.

        :param volume_type: or None for Cinder's default type
        :param mib: None leaves the file as Cinder made it
        """
        volume = self.cinder.volumes.create(
            1, name=f'volume-{os.urandom(4).hex()}',
            volume_type=volume_type and volume_type.id, **kwargs)
        self.wait_for_volume(volume, 'available')
        if mib is not None:
            self.fill(volume, mib)
        return volume

    def fill(self, volume, mib):
        """Write random bytes over a volume, and cut it to their size.

        Cinder's smallest volume is 1 GiB. Cinder's NFS driver uploads a file
        that was cut as it is.
        """
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

    # Looking -------------------------------------------------------------

    def file(self, volume):
        """Return the path of the file that is a volume's data."""
        return self.sandbox.volume_file(volume.id, self.service)

    def status(self, volume):
        return self.cinder.volumes.get(volume.id).status

    def wait_for_volume(self, volume, *statuses, timeout=TIMEOUT):
        """Wait for one of the statuses.

        :raises errors.NotInTime: none was reached, or the volume went into
            an error status
        """
        what = f'volume {volume.id} to be {" or ".join(statuses)}'

        def ended():
            status = self.status(volume)
            return status if (status in statuses or
                              status.startswith('error')) else None
        status = wait_until(ended, what, timeout)
        if status not in statuses:
            raise errors.NotInTime(f'{what}: it is {status}', timeout)

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
        """Return the stores that hold a file of an image, whole or not."""
        stores = [store for store, kind in layout.STORES.items()
                  if kind != 'http' and
                  (store != layout.SMALL_STORE or
                   not self.sandbox.small_refusal)]
        if self.sandbox.has_vcenter:
            stores.append(layout.VCENTER_STORE)
        return [store for store in stores
                if self.sandbox.image_files(store, image_id)]

    def arrived(self, store_id, image_id):
        """Return the bytes of an image that are in a store, whole or not."""
        arrived = 0
        for path in self.sandbox.image_files(store_id, image_id):
            # It may get its name, or be removed, in this moment.
            with contextlib.suppress(FileNotFoundError):
                arrived += path.stat().st_size
        return arrived
