"""What the tests share: clients, the stores there are, things to make.
"""

import functools
import hashlib
import io
import random
import shlex
import subprocess
import time

from tempest import config
from tempest import test
from tempest.common import waiters
from tempest.lib import exceptions as lib_exc
from tempest.lib.common import api_version_utils
from tempest.lib.common.utils import data_utils
from tempest.lib.common.utils import test_utils

CONF = config.CONF

MIB = 1024 * 1024
GIB = 1024 * MIB
STORE_KEY = 'image_service:store_id'
_CHUNK = MIB

RESTARTS = bool(CONF.multistore.glance_stop_command and
                CONF.multistore.glance_start_command)


class BaseMultistoreTest(api_version_utils.BaseMicroversionTest,
                         test.BaseTestCase):
    """Stores, volume types and uploads.

    :cvar stores: Glance's stores, id -> entry of ``/v2/info/stores``
    :cvar writable: ids of those that take images, sorted, without the one
        that is there to be filled
    :cvar default_store: the id of the default one
    """

    credentials = ['primary', 'admin', 'project_reader']
    # Uploads say visibility since 3.1, messages are since 3.3.
    min_microversion = '3.3'
    min_stores = 2

    @classmethod
    def skip_checks(cls):
        super().skip_checks()
        for service in ('cinder', 'glance'):
            if not CONF.service_available[service]:
                raise cls.skipException(f'{service} is not available')
        api_version_utils.check_skip_with_microversion(
            cls.min_microversion, cls.max_microversion,
            CONF.volume.min_microversion, CONF.volume.max_microversion)

    @classmethod
    def setup_credentials(cls):
        cls.set_network_resources()
        super().setup_credentials()

    @classmethod
    def setup_clients(cls):
        super().setup_clients()
        cls.images = cls.os_primary.multistore_image.StoresImagesClient()
        cls.admin_images = cls.os_admin.multistore_image.StoresImagesClient()
        cls.reader_images = (
            cls.os_project_reader.multistore_image.StoresImagesClient())
        cls.volumes = cls.os_primary.volumes_client_latest
        cls.messages = cls.os_primary.volume_messages_client_latest
        cls.types = cls.os_primary.volume_types_client_latest
        cls.admin_types = cls.os_admin.volume_types_client_latest
        cls.encryption = cls.os_admin.encryption_types_client_latest

    @classmethod
    def resource_setup(cls):
        super().resource_setup()
        cls.setup_api_microversion_fixture(
            volume_microversion=api_version_utils.select_request_microversion(
                cls.min_microversion, CONF.volume.min_microversion))
        cls.stores = {store['id']: store
                      for store in cls.images.info_stores()['stores']}
        cls.read_only = sorted(
            store_id for store_id, store in cls.stores.items()
            if str(store.get('read-only')).lower() == 'true')
        cls.writable = sorted(
            cls.stores.keys() - {*cls.read_only,
                                 CONF.multistore.fillable_store})
        cls.default_store = next(
            (store_id for store_id, store in cls.stores.items()
             if str(store.get('default')).lower() == 'true'), None)
        if len(cls.writable) < cls.min_stores:
            raise cls.skipException(
                f'Glance has {len(cls.writable)} stores that take images, '
                f'{cls.min_stores} are needed')

    @property
    def other_stores(self):
        """Ids of stores that take images and are not the default."""
        return [store for store in self.writable
                if store != self.default_store]

    # Making things -------------------------------------------------------

    @classmethod
    def name(cls):
        return data_utils.rand_name(
            cls.__name__, prefix=CONF.resource_name_prefix)

    @classmethod
    def create_type(cls, store=None, **specs):
        """Make a public volume type, with the store as its extra spec."""
        if store is not None:
            specs[STORE_KEY] = store
        made = cls.admin_types.create_volume_type(
            name=cls.name(), extra_specs=specs)['volume_type']
        cls.addClassResourceCleanup(
            test_utils.call_and_ignore_notfound_exc,
            cls.admin_types.delete_volume_type, made['id'])
        return made

    def assert_no_type(self, status, texts, client, specs):
        """Have a client make a type; it must be refused, and not be there.

        :param status: as of :meth:`assert_refused`, and ``texts``
        """
        name = self.name()
        self.addCleanup(self._delete_types, name)
        self.assert_refused(status, texts, client.create_volume_type,
                            name=name, extra_specs=specs)
        self.assertEqual([], self._types_named(name))

    def _types_named(self, name):
        return [each['id'] for each in
                self.admin_types.list_volume_types()['volume_types']
                if each['name'] == name]

    def _delete_types(self, name):
        for type_id in self._types_named(name):
            self.admin_types.delete_volume_type(type_id)

    @classmethod
    def create_volume(cls, **kwargs):
        kwargs.setdefault('size', CONF.volume.volume_size)
        volume = cls.volumes.create_volume(
            name=cls.name(), **kwargs)['volume']
        cls.addClassResourceCleanup(
            cls.volumes.wait_for_resource_deletion, volume['id'])
        cls.addClassResourceCleanup(
            test_utils.call_and_ignore_notfound_exc,
            cls.volumes.delete_volume, volume['id'])
        waiters.wait_for_volume_resource_status(
            cls.volumes, volume['id'], 'available')
        return volume

    def create_image(self, data=None, store=None):
        """Make an image, of data where there is some; return its id."""
        image_id = self.images.create_image(
            name=self.name(), container_format='bare', disk_format='raw')['id']
        self.delete_later(image_id)
        if data is not None:
            self.images.store_image_file(image_id, io.BytesIO(data), store)
            waiters.wait_for_image_status(self.images, image_id, 'active')
        return image_id

    @classmethod
    def create_shared_image(cls, data):
        """Make an image of data that all tests of the class use."""
        image_id = cls.images.create_image(
            name=cls.name(), container_format='bare', disk_format='raw')['id']
        cls.addClassResourceCleanup(
            test_utils.call_and_ignore_notfound_exc,
            cls.images.delete_image, image_id)
        cls.images.store_image_file(image_id, io.BytesIO(data))
        waiters.wait_for_image_status(cls.images, image_id, 'active')
        return image_id

    def delete_later(self, image_id):
        self.addCleanup(test_utils.call_and_ignore_notfound_exc,
                        self.images.delete_image, image_id)

    def begin_upload(self, volume, disk_format='qcow2', **kwargs):
        """Begin an upload; return the image's id.

        qcow2 unless the bytes matter: an empty volume is a small image.
        """
        image_id = self.volumes.upload_volume(
            volume['id'], image_name=self.name(), container_format='bare',
            disk_format=disk_format,
            **kwargs)['os-volume_upload_image']['image_id']
        self.delete_later(image_id)
        return image_id

    def end_upload(self, volume, image_id):
        """Wait for an upload that must succeed; return the image."""
        waiters.wait_for_volume_resource_status(
            self.volumes, volume['id'], 'available')
        waiters.wait_for_image_status(self.images, image_id, 'active')
        return self.images.show_image(image_id)

    def upload(self, volume, disk_format='qcow2', **kwargs):
        return self.end_upload(
            volume, self.begin_upload(volume, disk_format, **kwargs))

    # Looking -------------------------------------------------------------

    @staticmethod
    def stores_of(image):
        return image['stores'].split(',')

    def download(self, image_id, head=0):
        """Download an image.

        :param head: how many of its first bytes to return
        :returns: (size, SHA-512 in hexadecimal, first bytes)
        """
        digest, size, first = hashlib.sha512(), 0, b''
        response = self.images.show_image_file(image_id, chunked=True)
        try:
            for chunk in response.stream(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                first += chunk[:max(head - len(first), 0)]
        finally:
            response.release_conn()
        return size, digest.hexdigest(), first

    def messages_about(self, volume):
        """Return the texts of the user messages about a volume."""
        return [message['user_message']
                for message in self.messages.list_messages()['messages']
                if message['resource_uuid'] == volume['id']]

    def assert_refused(self, status, texts, call, *args, **kwargs):
        """Make a call that must be answered with an HTTP status.

        :param status: the status, or several that are as good
        :param texts: what the answer must say
        """
        statuses = status if isinstance(status, tuple) else (status,)
        try:
            call(*args, **kwargs)
        except lib_exc.RestClientException as error:
            said = str(error)
            self.assertIn(error.resp.status, statuses, said)
            for text in texts:
                self.assertIn(text, said)
        else:
            self.fail(f'The call was not refused with {status}')

    def assert_left_nothing(self, volume, image_id):
        """After a failed upload: the volume as before, and no image."""
        waiters.wait_for_volume_resource_status(
            self.volumes, volume['id'], 'available')
        self.images.wait_for_resource_deletion(image_id)

    def count_images(self):
        return len(self.images.list_images()['images'])


def random_bytes(size, seed=None):
    """Return bytes that no store compresses, the same for one seed."""
    return random.Random(seed).randbytes(size)  # noqa: S311


def volume_bytes():
    return CONF.volume.volume_size * GIB


def wait_for(condition, what, timeout=None):
    """Return the first true value of ``condition()``.

    :param timeout: seconds; ``[volume] build_timeout`` unless told
    """
    deadline = time.monotonic() + (timeout or CONF.volume.build_timeout)
    while not (found := condition()):
        if time.monotonic() >= deadline:
            raise lib_exc.TimeoutException(f'{what}: not in time')
        time.sleep(0.2)
    return found


def _run(command):
    subprocess.run(shlex.split(command), check=True, timeout=300,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


stop_glance = functools.partial(_run, CONF.multistore.glance_stop_command)
start_glance = functools.partial(_run, CONF.multistore.glance_start_command)
