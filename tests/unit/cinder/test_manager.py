"""Uploads by Cinder's volume manager: whole or failed, and cleaned up after.

Cinder's manager, LVM driver, image_utils, objects and database; only the
volume's path and the Image API are stand-ins.
"""

import contextlib
import json
import threading
import time
import unittest
from unittest import mock

from cinder import exception
from cinder import objects
from cinder import service
from cinder.db import api as db
from cinder.message import api as message_api
from cinder.message import message_field
from cinder.objects import base as objects_base
from cinder.tests.unit import fake_constants
from cinder.tests.unit import utils
from cinder.volume import rpcapi
from cinder.volume import volume_utils
import ddt
from glanceclient import exc
from glanceclient.v2 import images
from oslo_utils import importutils

from cinder_glance_multistore.cinder import janitor
from cinder_glance_multistore.cinder import journal
from cinder_glance_multistore.cinder import store_spec
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.transfer import errors as transfer_errors
from tests.fakes import image_api
from tests.unit.cinder import base

# Cinder's test database is one connection for all threads, which cannot have
# two transactions at once. The test has it, but while it waits for another.
_DATABASE = threading.RLock()


@contextlib.contextmanager
def others():
    """Let other threads have the database."""
    _DATABASE.release()
    try:
        yield
    finally:
        _DATABASE.acquire()


class ManagerTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        _DATABASE.acquire()
        self.addCleanup(_DATABASE.release)
        self.override_config(
            'volume_manager',
            'cinder_glance_multistore.cinder.manager.VolumeManager')
        self.override_config('upload_settle_time', 0.5, 'multistore')
        self.override_config('cleanup_interval', 1, 'multistore')
        self.mock_object(janitor.Janitor, '_try',
                         self.alone(janitor.Janitor._try))
        self.service = self.new_service('h@lvm')
        self.mock_object(service.Service, 'service_id', self.service.id)
        self.path = self.data()
        self.manager = self.new_manager()

    def alone(self, function):
        def call(*args, **kwargs):
            with _DATABASE:
                return function(*args, **kwargs)
        return call

    def new_service(self, host):
        row = objects.Service(
            self.admin, host=host, binary='cinder-volume', topic='t',
            rpc_current_version=rpcapi.VolumeAPI.RPC_API_VERSION,
            object_current_version=objects_base.OBJ_VERSIONS.get_current())
        row.create()
        return row

    def new_manager(self):
        manager = importutils.import_object(
            'cinder_glance_multistore.cinder.manager.VolumeManager',
            host='h@lvm')
        self.addCleanup(self.end, manager._janitor)
        manager.init_host = self.alone(manager.init_host)
        manager.driver.set_initialized()
        manager.driver.local_path = lambda volume: self.path
        manager._uploader._sleep = lambda seconds: time.sleep(
            min(seconds, 0.05))
        return manager

    @staticmethod
    def end(cleaner):
        """See that a janitor is not at work in the next test's database."""
        with cleaner._lock:
            cleaner._pending.clear()
            thread = cleaner._thread
            cleaner._wake.set()
        if thread is not None:
            with others():
                thread.join(120)

    def uploading(self, store='fast', **kwargs):
        """A volume on its way to an image, and the image."""
        volume = self.volume(status='uploading', previous_status='available',
                             store=store, host='h@lvm#pool', **kwargs)
        return volume, self.api.add()

    def copy(self, volume, image_id, manager=None, user=None, **meta):
        (manager or self.manager).copy_volume_to_image(
            user or self.member, volume.id,
            {'id': image_id, 'disk_format': 'raw', 'container_format': 'bare',
             **meta})

    def fail(self, error, volume, image_id, **kwargs):
        return self.assertRaises(error, self.copy, volume, image_id, **kwargs)

    def user_message(self, volume):
        """What the volume's owner reads, through the API."""
        status, body = self.request('GET', '/messages', user=self.member)
        self.assertEqual(200, status, body)
        message, = [m for m in body['messages']
                    if m['resource_uuid'] == volume.id]
        one = self.request('GET', f"/messages/{message['id']}",
                           user=self.member)[1]['message']
        self.assertEqual(message['user_message'], one['user_message'])
        return message['user_message'].partition(':')[2]

    def assertOver(self, volume, status='available'):
        """The volume is back in its state, and nothing is remembered."""
        self.assertEqual(status, self.status(volume))
        self.assertIsNone(self.worker(volume))
        self.assertEqual([], journal.of_volume(volume.id))
        self.assertEqual([], journal.of_host('h@lvm'))

    def eventually(self, function):
        deadline = time.monotonic() + 120
        function = self.alone(function)
        while not function():
            self.assertLess(time.monotonic(), deadline)
            with others():
                time.sleep(0.02)


@ddt.ddt
class TestSuccess(ManagerTestCase):

    def test_the_bits_go_whole_to_the_store_of_the_type(self):
        volume, image_id = self.uploading()
        self.copy(volume, image_id)

        image = self.api.images[image_id]
        self.assertEqual(('active', 'fast', self.digest),
                         (image['status'], image['stores'],
                          image['os_hash_value']))
        self.assertOver(volume)

    def test_a_type_without_a_store_goes_to_the_default_one(self):
        volume, image_id = self.uploading(store=None)
        self.copy(volume, image_id)
        self.assertEqual('reliable', self.api.images[image_id]['stores'])
        self.assertNotIn('x-image-meta-store', self.api.puts[0].headers)

    def test_the_image_the_volume_came_from_is_named(self):
        volume, image_id = self.uploading()
        db.volume_glance_metadata_create(self.admin, volume.id, 'image_id',
                                         fake_constants.IMAGE_ID)
        self.copy(volume, image_id)
        self.assertEqual(
            fake_constants.IMAGE_ID,
            self.api.puts[0].headers['x-openstack-base-image-ref'])

    def test_a_volume_in_use_is_in_use_again(self):
        volume, image_id = self.uploading()
        utils.attach_volume(self.admin, volume.id,
                            fake_constants.INSTANCE_ID, 'host', '/dev/vda')
        db.volume_update(self.admin, volume.id, {'status': 'uploading'})
        self.copy(volume, image_id)
        self.assertOver(volume, 'in-use')

    def test_the_upload_is_noted_before_the_first_byte(self):
        noted = []

        def note(api, request, image_id):
            # Seen from the other end of the wire; the row of the worker by
            # the thread of the test, below.
            noted.append(list(api.requests))
            image_api.accept()(api, request, image_id)

        self.api.script.append(note)
        volume, image_id = self.uploading()
        copy = self.manager.driver.copy_volume_to_image

        def look(*args):
            self.assertEqual([], self.api.puts)
            self.assertEqual(
                [journal.Entry(volume.id, image_id, 'h@lvm')],
                journal.of_host('h@lvm'))
            worker = self.worker(volume)
            self.assertEqual(('uploading', self.service.id),
                             (worker.status, worker.service_id))
            copy(*args)

        self.mock_object(self.manager.driver, 'copy_volume_to_image', look)
        self.copy(volume, image_id)
        self.assertEqual(1, len(noted))
        self.assertOver(volume)

    @ddt.data(image_api.reset(base.MIB), image_api.answer(503, after=0),
              image_api.lose_answer())
    def test_a_break_costs_an_attempt_and_no_byte(self, behaviour):
        self.api.script.append(behaviour)
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual(self.digest,
                         self.api.images[image_id]['os_hash_value'])
        self.assertOver(volume)

    @ddt.data('rbd', 'pipe')
    def test_a_driver_with_a_handle_of_its_own(self, kind):
        def copy(context, volume, image_service, image_meta):
            with open(self.path, 'rb') as stream:
                volume_utils.upload_volume(
                    context, image_service, image_meta, None, volume,
                    volume_fd=stream if kind == 'rbd' else mock.Mock(
                        spec=['read', 'name'], read=stream.read, name='p'))
        self.manager.driver.copy_volume_to_image = copy
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual(self.digest,
                         self.api.images[image_id]['os_hash_value'])
        self.assertEqual(kind == 'pipe', self.api.puts[0].chunked)

    def test_a_driver_that_does_not_pass_the_store_on(self):
        def copy(context, volume, image_service, image_meta):
            with open(self.path, 'rb') as stream:
                image_service.update(context, image_meta['id'], {}, stream)
        self.manager.driver.copy_volume_to_image = copy
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual('fast', self.api.images[image_id]['stores'])

    def test_a_driver_that_sets_properties_too(self):
        # As oslo.vmware's upload_image().
        def copy(context, volume, image_service, image_meta):
            with open(self.path, 'rb') as stream:
                image_service.update(
                    context, image_meta['id'],
                    {'disk_format': 'vmdk', 'name': 'n',
                     'properties': {'vmware_disktype': 'streamOptimized'}},
                    data=stream, store_id='fast')
        self.manager.driver.copy_volume_to_image = copy
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        image = self.api.images[image_id]
        self.assertEqual(('vmdk', 'streamOptimized', 'fast'),
                         (image['disk_format'], image['vmware_disktype'],
                          image['stores']))

    @ddt.data(('fast', None), ('reliable', 'it is in store reliable'))
    @ddt.unpack
    def test_a_driver_that_uploads_in_its_own_way_is_looked_after(
            self, store, text):
        def copy(context, volume, image_service, image_meta):
            self.api.images[image_meta['id']].update(
                status='active', size=7, stores=store)
        self.manager.driver.copy_volume_to_image = copy
        volume, image_id = self.uploading()
        if text is None:
            self.copy(volume, image_id)
            self.assertIn(image_id, self.api.images)
        else:
            error = self.fail(errors.UploadMismatch, volume, image_id)
            self.assertIn(text, str(error))
            self.assertNotIn(image_id, self.api.images)
        self.assertOver(volume)

    def test_a_driver_that_does_nothing_is_found_out(self):
        self.manager.driver.copy_volume_to_image = lambda *args: None
        volume, image_id = self.uploading()
        self.fail(errors.UploadMismatch, volume, image_id)
        self.assertEqual({}, self.api.images)

    def test_two_stores_at_once(self):
        one, other = self.uploading('fast'), self.uploading('reliable')
        for volume, image_id in (one, other):
            self.copy(volume, image_id)
        self.assertEqual(
            ['fast', 'reliable'],
            [self.api.images[i]['stores'] for _, i in (one, other)])

    def test_an_upload_works_in_every_thread_of_a_native_cinder(self):
        # Cinder wraps the file in a tpool.Proxy, which hangs in the second.
        for _ in range(3):
            volume, image_id = self.uploading()
            thread = threading.Thread(
                target=self.copy, args=(volume, image_id), daemon=True)
            thread.start()
            thread.join(120)
            self.assertFalse(thread.is_alive())
            self.assertEqual('active', self.api.images[image_id]['status'])


_GONE = "The image was deleted during the upload."
_BROKE = ('The connection to the image service broke, and trying again did '
          'not help. The image was discarded.')


@ddt.ddt
class TestFailure(ManagerTestCase):

    @ddt.data(
        (image_api.answer(413, b'Image storage media is full: no', after=0),
         errors.StoreFull, "The image store 'fast' is full."),
        (image_api.answer(413, b'Image exceeds the storage quota: x'),
         errors.QuotaExceeded, "The project's quota for images is used up."),
        (image_api.answer(413, b'The incoming image is too large'),
         errors.ImageTooLarge,
         'The image is larger than the image service allows.'),
        (image_api.answer(410, b'Adding images to store is disabled.'),
         errors.StoreReadOnly, "The image store 'fast' takes no images: it is "
         "read-only or did not start."),
        (image_api.answer(400, b'Store for identifier fast not found'),
         errors.StoreUnknown,
         "The image store 'fast' does not exist or is not available."),
        (image_api.answer(503, b'Insufficient permissions on image storage '
                               b'media: x'),
         errors.StoreUnavailable,
         "The image store 'fast' is not available."),
        (image_api.answer(500, b'x'), errors.StoreUnavailable,
         "The image store 'fast' is not available."),
        (image_api.answer(415, b'x'), errors.DataRefused,
         'The image service refused the data.'),
        (image_api.vanish(), errors.ImageGone, _GONE),
        (image_api.stay_saving(base.MIB), errors.UploadBroken, _BROKE),
        (image_api.accept(store='reliable'), errors.UploadMismatch,
         "What arrived in the image store 'fast' was not what was sent. The "
         'image was deleted.'),
        (image_api.cut(base.MIB), errors.UploadMismatch,
         "What arrived in the image store 'fast' was not what was sent. The "
         'image was deleted.'),
    )
    @ddt.unpack
    def test_says_what_happened_and_leaves_nothing(self, behaviour, error,
                                                   sentence):
        self.api.script.append(behaviour)
        volume, image_id = self.uploading()
        self.fail(error, volume, image_id)

        self.assertEqual(sentence, self.user_message(volume))
        self.assertEqual({}, self.api.images)
        self.assertOver(volume)

    @ddt.data(image_api.reset(5), image_api.answer(503, b'busy'))
    def test_a_break_that_does_not_end_is_told(self, behaviour):
        self.api.script.extend([behaviour] * 9)
        volume, image_id = self.uploading()
        self.fail(errors.UploadBroken, volume, image_id)
        self.assertEqual(2, len(self.api.puts))
        self.assertEqual(_BROKE, self.user_message(volume))
        self.assertEqual({}, self.api.images)
        self.assertOver(volume)

    def test_the_default_store_is_called_so(self):
        self.api.script.append(image_api.answer(
            413, b'Image storage media is full: no'))
        volume, image_id = self.uploading(store=None)
        self.fail(errors.StoreFull, volume, image_id)
        self.assertEqual('The default image store is full.',
                         self.user_message(volume))

    def test_a_store_id_of_any_characters_is_told(self):
        self.api.script.append(image_api.answer(
            413, b'Image storage media is full: no'))
        volume, image_id = self.uploading(store='a:_multistore_ b/%20')
        self.fail(errors.StoreFull, volume, image_id)
        self.assertEqual("The image store 'a:_multistore_ b/%20' is full.",
                         self.user_message(volume))

    def test_a_store_id_too_long_for_the_message_is_left_out(self):
        self.api.script.append(image_api.answer(
            413, b'Image storage media is full: no'))
        volume, image_id = self.uploading(store='x' * 255)
        self.fail(errors.StoreFull, volume, image_id)
        self.assertIn('Failed to upload volume', self.user_message(volume))

    def test_a_protected_image_is_discarded_too(self):
        self.api.script.append(image_api.answer(500))
        volume, image_id = self.uploading()
        self.api.images[image_id]['protected'] = True
        self.fail(errors.StoreUnavailable, volume, image_id)
        self.assertEqual({}, self.api.images)
        self.assertOver(volume)

    def test_a_volume_in_use_is_in_use_again(self):
        volume, image_id = self.uploading()
        utils.attach_volume(self.admin, volume.id,
                            fake_constants.INSTANCE_ID, 'host', '/dev/vda')
        db.volume_update(self.admin, volume.id, {'status': 'uploading'})
        self.api.script.append(image_api.answer(500))
        self.fail(errors.StoreUnavailable, volume, image_id)
        self.assertOver(volume, 'in-use')

    def test_a_volume_that_cannot_be_read_leaves_no_cut_image(self):
        # Glance may take what came for all there was.
        def shrink(api, request, image_id):
            try:
                request.read()
            except OSError:
                api.hold(image_id, request)
                held.set()

        held = threading.Event()
        self.api.script.append(shrink)

        def copy(context, volume, image_service, image_meta):
            with open(self.path, 'r+b') as stream:
                data = mock.Mock(wraps=stream, spec=[
                    'tell', 'seek', 'read', 'name'])
                stream.seek(0)
                data.name = 'v'
                first = [stream.read(base.MIB)]
                stream.seek(0)

                def read(size):
                    if first:
                        return first.pop()
                    raise OSError(5, 'Input/output error')
                data.read = read
                try:
                    image_service.update(context, image_meta['id'], {}, data)
                finally:
                    held.wait(120)

        self.manager.driver.copy_volume_to_image = copy
        volume, image_id = self.uploading()
        error = self.fail(OSError, volume, image_id)
        self.assertEqual(5, error.errno)
        self.assertTrue(held.is_set())
        self.assertEqual({}, self.api.images)
        self.assertIn('Failed to upload volume', self.user_message(volume))
        self.assertOver(volume)

    def test_a_volume_that_shrinks_is_an_error(self):
        def copy(context, volume, image_service, image_meta):
            with open(self.path, 'r+b') as stream:
                update = mock.Mock(wraps=stream, spec=['tell', 'seek', 'read'])
                update.read = lambda size: b''
                update.name = 'v'
                image_service.update(context, image_meta['id'], {}, update)
        self.manager.driver.copy_volume_to_image = copy
        volume, image_id = self.uploading()
        self.fail(transfer_errors.SourceChanged, volume, image_id)
        self.assertEqual({}, self.api.images)

    def test_a_driver_that_is_not_ready_leaves_no_image(self):
        self.manager.driver._initialized = False
        volume, image_id = self.uploading()
        self.fail(exception.DriverNotInitialized, volume, image_id)
        self.assertEqual({}, self.api.images)
        self.assertOver(volume)

    def test_no_server_to_upload_to_is_an_error(self):
        self.override_config('glance_api_servers', None)
        volume, image_id = self.uploading()
        error = self.fail(errors.Unreachable, volume, image_id)
        self.assertIn('set glance_api_servers', str(error))
        self.assertEqual('available', self.status(volume))

    def test_data_of_somebody_else_is_not_deleted(self):
        volume, image_id = self.uploading()
        self.api.images[image_id].update(status='active', size=1)
        self.api.script.append(image_api.answer(409, b'not queued'))
        self.fail(exc.HTTPConflict, volume, image_id)
        self.assertIn(image_id, self.api.images)
        self.assertOver(volume)

    def test_a_token_that_expired_does_not_leave_the_image(self):
        # The upload was long; the service deletes the image by itself.
        self.override_config('auth_strategy', 'noauth')
        refused = []

        def once(api, request):
            refused.append(1)
            api.overrides.clear()
            request.answer(401, b'expired')

        def expire(api, request, image_id):
            api.overrides.append(('GET /v2/images/.*', once))
            request.answer(500, b'x')

        self.api.script.append(expire)
        volume, image_id = self.uploading()
        self.fail(errors.StoreUnavailable, volume, image_id)
        self.assertEqual([1], refused)
        self.assertEqual({}, self.api.images)

    def test_a_type_that_cannot_be_read_leaves_nothing(self):
        volume, image_id = self.uploading()
        with mock.patch.object(
                store_spec, 'resolve_for',
                side_effect=exception.VolumeTypeNotFound(
                    volume_type_id='x')):
            self.fail(exception.VolumeTypeNotFound, volume, image_id)
        self.assertEqual({}, self.api.images)

    def test_an_image_the_service_may_not_delete_stays_noted(self):
        self.api.overrides.append((
            'DELETE .*', lambda api, request: request.answer(403, b'no')))
        self.api.script.append(image_api.answer(500))
        volume, image_id = self.uploading()
        self.fail(errors.StoreUnavailable, volume, image_id)
        self.assertIn('delete the image by hand', self.log.output)
        self.assertEqual('available', self.status(volume))
        self.assertEqual(1, len(journal.of_host('h@lvm')))
        # And is deleted when the service starts and may.
        self.api.overrides.clear()
        self.new_manager().init_host(service_id=self.service.id)
        self.eventually(lambda: not journal.of_host('h@lvm'))
        self.assertEqual({}, self.api.images)

    def test_nothing_of_a_token_is_logged(self):
        self.api.script.append(image_api.answer(500))
        volume, image_id = self.uploading()
        self.fail(errors.StoreUnavailable, volume, image_id)
        self.assertNotIn('a-token', self.log.output)


@ddt.ddt
class TestGlanceGoesDown(ManagerTestCase):

    def test_the_record_goes_as_soon_as_glance_is_back(self):
        # Upstream: stuck in 'saving' for good.
        self.api.script.append(image_api.go_down(base.MIB))
        volume, image_id = self.uploading()
        self.fail(errors.UploadBroken, volume, image_id)

        self.assertEqual('available', self.status(volume))
        self.assertEqual(_BROKE, self.user_message(volume))
        self.assertEqual([journal.Entry(volume.id, image_id, 'h@lvm', True)],
                         journal.of_host('h@lvm'))
        self.assertEqual('saving', self.api.images[image_id]['status'])

        self.api.up()
        self.eventually(lambda: not journal.of_host('h@lvm'))
        self.assertEqual({}, self.api.images)
        self.assertOver(volume)
        self.eventually(lambda: self.manager._janitor._thread is None)

    @ddt.data('saving', 'queued', 'active')
    def test_a_restart_meanwhile_forgets_nothing(self, status):
        # Active too: the owner was told that nothing was kept.
        self.api.script.append(image_api.go_down(base.MIB, status))
        volume, image_id = self.uploading()
        with mock.patch.object(self.manager._janitor, '_later'):
            self.fail(errors.UploadBroken, volume, image_id)

        self.api.up()
        self.new_manager().init_host(service_id=self.service.id)
        self.eventually(lambda: not journal.of_host('h@lvm'))
        self.assertEqual({}, self.api.images)

    def test_the_thread_ends_and_starts_again_for_the_next(self):
        for _ in range(2):
            self.api.script.append(image_api.go_down(0))
            volume, image_id = self.uploading()
            self.fail(errors.UploadBroken, volume, image_id)
            self.api.up()
            self.eventually(lambda: not journal.of_host('h@lvm'))
            self.eventually(lambda: self.manager._janitor._thread is None)
        self.assertEqual({}, self.api.images)

    def test_a_volume_deleted_meanwhile_does_not_stop_it(self):
        self.api.script.append(image_api.go_down(0))
        volume, image_id = self.uploading()
        self.fail(errors.UploadBroken, volume, image_id)
        db.volume_destroy(self.admin, volume.id)
        self.api.up()
        self.eventually(lambda: not self.api.images)
        self.eventually(lambda: self.manager._janitor._thread is None)


class TestCrash(ManagerTestCase):

    def crash(self, volume, image_id):
        """Leave everything as a process does that is gone in the middle."""
        reached = threading.Event()

        def die(*args):
            reached.set()
            threading.Event().wait()

        manager = self.new_manager()
        manager.driver.copy_volume_to_image = die
        threading.Thread(target=self.copy, args=(volume, image_id, manager),
                         daemon=True).start()
        self.assertTrue(reached.wait(120))
        self.assertEqual('uploading', self.status(volume))

    def restart(self):
        manager = self.new_manager()
        manager.init_host(service_id=self.service.id)
        return manager

    def test_volumes_leave_uploading_and_their_images_go(self):
        crashed = [self.uploading(), self.uploading(store=None)]
        for (volume, image_id), status in zip(crashed, ('saving', 'queued'),
                                              strict=True):
            self.crash(volume, image_id)
            self.api.images[image_id]['status'] = status
        others = [self.api.add(), self.api.add(status='saving')]

        self.restart()
        for volume, _ in crashed:
            self.assertEqual('available', self.status(volume))
        self.eventually(lambda: not journal.of_host('h@lvm'))
        self.assertEqual(set(others), set(self.api.images))
        for volume, _ in crashed:
            self.assertOver(volume)

    def test_an_image_that_became_active_is_kept(self):
        volume, image_id = self.uploading()
        self.crash(volume, image_id)
        self.api.images[image_id].update(status='active', size=1)
        self.restart()
        self.eventually(lambda: not journal.of_host('h@lvm'))
        self.assertIn(image_id, self.api.images)
        self.assertEqual('available', self.status(volume))

    def test_an_attached_volume_is_in_use_again(self):
        volume, image_id = self.uploading()
        utils.attach_volume(self.admin, volume.id,
                            fake_constants.INSTANCE_ID, 'host', '/dev/vda')
        db.volume_update(self.admin, volume.id, {'status': 'uploading'})
        self.crash(volume, image_id)
        self.restart()
        self.eventually(lambda: not journal.of_host('h@lvm'))
        self.assertOver(volume, 'in-use')

    def test_glance_down_at_the_restart_holds_nothing_up(self):
        volume, image_id = self.uploading()
        self.crash(volume, image_id)
        self.api.down()
        started = time.monotonic()
        self.restart()
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual('available', self.status(volume))
        self.assertEqual(1, len(journal.of_host('h@lvm')))
        self.api.up()
        self.eventually(lambda: not journal.of_host('h@lvm'))
        self.assertEqual({}, self.api.images)

    def test_uploads_of_another_host_are_left_alone(self):
        volume, image_id = self.uploading()
        journal.Page(journal.Entry(
            volume.id, image_id, 'other@lvm')).note()
        self.restart()
        self.assertEqual(1, len(journal.of_host('other@lvm')))
        self.assertIn(image_id, self.api.images)

    def test_uploads_of_a_host_that_is_cleaned_up_after_are_taken_over(self):
        volume, image_id = self.uploading()
        journal.Page(journal.Entry(
            volume.id, image_id, 'other@lvm')).note()
        other = self.new_service('other@lvm')
        db.worker_create(self.admin, resource_type='Volume',
                         resource_id=volume.id, status='uploading',
                         service_id=other.id)
        self.manager.service_id = self.service.id
        self.manager.do_cleanup(self.admin, objects.CleanupRequest(
            service_id=other.id))
        self.assertEqual('available', self.status(volume))
        self.eventually(lambda: not journal.of_host('other@lvm'))
        self.assertEqual({}, self.api.images)

    def test_a_start_after_a_clean_end_asks_glance_nothing(self):
        self.copy(*self.uploading())
        self.api.requests.clear()
        self.restart()
        self.assertEqual([], self.api.requests)


class TestJournal(base.TestCase):

    def test_entries_of_several_hosts_of_one_volume_are_kept_apart(self):
        volume = self.volume()
        entries = [journal.Entry(volume.id, f'image-{host}', host)
                   for host in ('a@x', 'b@x')]
        for entry in entries:
            journal.Page(entry).note()
        self.assertEqual([entries[0]], journal.of_host('a@x'))
        self.assertEqual([entries[1]], journal.of_host('b@x'))
        journal.end(entries[1])
        self.assertEqual([entries[0]], journal.of_host('a@x'))
        journal.end(entries[0])
        self.assertEqual({}, db.volume_admin_metadata_get(
            self.admin, volume.id))

    def test_ending_what_is_not_there_does_nothing(self):
        journal.end(journal.Entry(self.volume().id, 'i', 'h'))
        journal.end(journal.Entry(
            fake_constants.WILL_NOT_BE_FOUND_ID, 'i', 'h'))

    def test_a_failure_is_noted_even_where_the_volume_is_gone(self):
        entry = journal.condemn(journal.Entry(
            fake_constants.WILL_NOT_BE_FOUND_ID, 'i', 'h'))
        self.assertTrue(entry.condemned)

    def test_a_user_who_sets_the_same_metadata_gains_nothing(self):
        volume = self.volume(metadata={'multistore_uploads': 'yes',
                                       'multistore_upload:i': 'h@lvm'})
        self.assertEqual([], journal.of_host('h@lvm'))
        self.assertEqual([], journal.of_volume(volume.id))

    def test_other_admin_metadata_stays(self):
        volume = self.volume()
        db.volume_admin_metadata_update(self.admin, volume.id,
                                        {'readonly': 'True'}, False)
        entry = journal.Entry(volume.id, 'i', 'h')
        journal.Page(entry).note()
        journal.end(entry)
        self.assertEqual({'readonly': 'True'}, db.volume_admin_metadata_get(
            self.admin, volume.id))


class TestJournalInTheApi(base.ApiTestCase):

    def test_no_user_sees_it(self):
        volume = self.volume()
        journal.Page(journal.Entry(volume.id, 'i', 'h@lvm')).note()
        for user in (self.member, self.admin):
            status, body = self.request('GET', f'/volumes/{volume.id}',
                                        user=user)
            self.assertEqual(200, status)
            self.assertNotIn('multistore', str(body))


class TestMessages(ManagerTestCase):

    def test_messages_of_others_are_left_as_they_are(self):
        volume = self.volume()
        message_api.API().create(
            self.member, message_field.Action.EXTEND_VOLUME,
            resource_uuid=volume.id,
            detail=message_field.Detail.NOT_ENOUGH_SPACE_FOR_IMAGE)
        self.assertNotIn('multistore', self.user_message(volume))

    def test_an_api_without_us_shows_cinders_own_sentence(self):
        self.api.script.append(image_api.answer(
            413, b'Image storage media is full: no'))
        volume, image_id = self.uploading()
        self.fail(errors.StoreFull, volume, image_id)
        self.override_config('osapi_volume_extension', [self.EXTENSIONS[0]])
        self.assertEqual('Failed to upload volume to image at backend.',
                         self.user_message(volume))


@ddt.ddt
class TestCinderBackend(ManagerTestCase):
    """``image_upload_use_cinder_backend``: images that are clones (C8)."""

    def setUp(self):
        super().setUp()
        self.override_config('image_upload_use_cinder_backend', True,
                             'backend_defaults')
        self.clone = None
        self.mock_object(self.manager, '_clone_image_volume', self._clone)
        self.deleted = []
        self.mock_object(self.manager, 'delete_volume',
                         lambda context, volume: self.deleted.append(volume))
        self.added = []
        self.api.overrides.append(
            ('POST /v2/images/.*/locations', self._add))

    def _clone(self, context, volume, image_meta):
        self.clone = self.volume(store=None)
        return self.clone

    def _add(self, api, request):
        body = json.loads(request.read())
        if 'store' in body['validation_data']:
            return request.answer(400, b'Additional properties')
        self.added.append(body['url'])
        api.images[request.path.split('/')[3]].update(
            status='active', stores='fast')
        request.answer(202)

    @unittest.skipUnless(hasattr(images.Controller, 'add_image_location'),
                         'glanceclient before 4.6 has no call for it')
    def test_the_clone_is_registered_in_the_store_of_the_type(self):
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual([f'cinder://fast/{self.clone.id}'], self.added)
        self.assertEqual(([], []), (self.api.puts, self.deleted))
        self.assertOver(volume)

    def test_a_glance_that_refuses_gets_a_copy_and_no_clone_is_left(self):
        self.api.overrides.insert(0, (
            'POST .*/locations',
            lambda api, request: request.answer(403, b'no')))
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual([self.clone.id], [v.id for v in self.deleted])
        self.assertEqual(self.digest,
                         self.api.images[image_id]['os_hash_value'])
        self.assertOver(volume)

    @ddt.data(b'<html>', b'[]', b'null')
    def test_nonsense_leaves_no_clone_either(self, body):
        self.api.overrides[:0] = [
            ('GET /versions', lambda api, request: request.answer(
                200, body, {'Content-Type': 'application/json'}))]
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual([self.clone.id], [v.id for v in self.deleted])
        self.assertEqual('fast', self.api.images[image_id]['stores'])

    def test_qcow2_is_not_cloned(self):
        volume, image_id = self.uploading()
        with mock.patch('cinder.image.image_utils.upload_volume') as upload:
            self.fail(errors.UploadMismatch, volume, image_id,
                      disk_format='qcow2')
        upload.assert_called_once()
        self.assertIsNone(self.clone)
