"""The direct path of Cinder's volume manager: fallbacks, failures, traces.

The store manager and ``multidir`` are real; Glance is a stand-in that cannot
adopt, which the functional tests have a real one for.
"""

import functools
import hashlib
import io
import json
import os
import sys
import unittest
from unittest import mock

import ddt
from glance_store import exceptions as store_exc
from glanceclient import exc
from glanceclient.v2 import images
from keystoneauth1 import exceptions as ksa_exc

from cinder_glance_multistore import stores
from cinder_glance_multistore.cinder import direct
from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.cinder import janitor
from cinder_glance_multistore.cinder import journal
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import locations
from cinder_glance_multistore.image_service import put
from cinder_glance_multistore.image_service import records
from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.stores import manager as store_manager
from cinder_glance_multistore.transfer import sources
from tests.unit.cinder import test_manager


class DirectTestCase(test_manager.ManagerTestCase):

    def setUp(self):
        self.uploads = []
        super().setUp()

    def new_manager(self):
        self.root = self.data() + '.stores'
        os.makedirs(self.root)
        config = os.path.join(self.root, 'glance-api.conf')
        with open(config, 'w') as file:
            file.write(
                f'[DEFAULT]\nenabled_backends = fast:multidir,old:file\n'
                f'[glance_store]\ndefault_backend = fast\n'
                f'[fast]\nmultidir_directories = {self.root}/fast:1\n'
                f'multidir_adopt = true\nmultidir_fsync = false\n'
                f'multidir_reservations = sqlite:///{self.root}/r.sqlite\n'
                f'[old]\nfilesystem_store_datadir = {self.root}/old\n')
        self.override_config('upload_path', ['direct'], 'multistore')
        self.override_config('glance_config_files', [config], 'multistore')
        return super().new_manager()

    def bits(self):
        return [name for directory, _, names in os.walk(
            os.path.join(self.root, 'fast')) for name in names]

    def glance(self, answer):
        """Have the uploads that present a claim answered so."""
        self.mock_object(put, 'present', functools.partial(
            self._present, answer))

    def _present(self, answer, client, image_id, headers):
        entry, = journal.of_host('h@lvm')
        self.uploads.append((headers, list(self.bits()), entry))
        answer(image_id)

    def adopted(self, image_id):
        with open(self.path, 'rb') as file:
            data = file.read()
        for directory, _, names in os.walk(os.path.join(self.root, 'fast')):
            for name in names:
                os.unlink(os.path.join(directory, name))
        self.api.images[image_id].update(
            status='active', size=len(data), stores='fast',
            checksum=hashlib.md5(data).hexdigest(), os_hash_algo='sha512',
            os_hash_value=hashlib.sha512(data).hexdigest())


    def refuse(self, code, text):
        """Have Glance itself refuse the uploads that present a claim."""
        def refuse(image_id):
            error = exc.HTTPException(text)
            error.code = code
            error.headers = {claims.HEADER: 'presented'}
            raise error

        self.glance(refuse)

    def copied(self, **kwargs):
        """Upload a volume: there is an image, and no trace of the upload."""
        volume, image_id = self.uploading(**kwargs)
        self.copy(volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertOver(volume)

    def failed(self, error):
        """Upload a volume: it fails, and leaves neither image nor bits."""
        volume, image_id = self.uploading()
        self.fail(error, volume, image_id)
        self.assertNotIn(image_id, self.api.images)
        self.assertEqual([], self.bits())
        self.assertOver(volume)


@ddt.ddt
class TestDirect(DirectTestCase):

    def test_an_image_is_adopted_and_each_step_was_noted(self):
        self.glance(self.adopted)
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        (headers, bits, entry), = self.uploads
        self.assertEqual('fast', headers['x-image-meta-store'])
        self.assertEqual(1, len(bits))
        self.assertEqual(('fast', True, False), (
            entry.direct, entry.registering, entry.condemned))
        self.assertOver(volume)

    def test_where_glance_refuses_it_goes_the_usual_way(self):
        def refuse(image_id):
            raise exc.HTTPForbidden()

        self.glance(refuse)
        for _ in range(2):
            self.copied()
            self.assertEqual([], self.bits())
        # The second time it was not even tried.
        self.assertEqual(1, len(self.uploads))

    @ddt.data((415, 'does not match format'), (500, 'crashed'),
              (400, 'The image is not adopted: the file has another name'))
    @ddt.unpack
    def test_where_glance_refuses_one_image_others_are_still_tried(
            self, code, text):
        self.refuse(code, text)
        for _ in range(2):
            self.copied()
            self.assertEqual([], self.bits())
        self.assertEqual(2, len(self.uploads))
        for image_id in self.api.images:
            self.assertIn(f'Image {image_id} goes through', self.log.output)

    @ddt.data((410, 'adding images to store is disabled'),
              (503, 'Insufficient permissions on image storage media'),
              (400, f'The image is not adopted: {claims.NO_FILE}'))
    @ddt.unpack
    def test_where_the_store_adopts_nothing_others_are_not_tried(
            self, code, text):
        self.refuse(code, text)
        for _ in range(2):
            self.copy(*self.uploading())
        self.assertEqual(1, len(self.uploads))

    def test_a_store_that_is_drained_now_is_told(self):
        def refuse(image_id):
            raise exc.HTTPConflict("The store 'fast' is being drained")

        self.glance(refuse)
        self.failed(errors.StoreReadOnly)

    def test_an_answer_to_the_second_of_two_requests_is_no_failure(self):
        def conflict(image_id):
            self.adopted(image_id)
            raise exc.HTTPConflict('is not allowed from active')

        self.glance(conflict)
        self.copied()

    def test_other_bytes_in_glance_leave_neither_image_nor_bits(self):
        def wrong(image_id):
            self.adopted(image_id)
            self.api.images[image_id]['os_hash_value'] = '0' * 128

        self.glance(wrong)
        self.failed(errors.UploadMismatch)

    def test_no_answer_leaves_neither_image_nor_bits(self):
        def lose(image_id):
            raise exc.CommunicationError(message='lost')

        self.glance(lose)
        self.failed(errors.UploadBroken)

    def test_a_lost_answer_of_an_image_that_is_whole_is_no_failure(self):
        def lose(image_id):
            self.adopted(image_id)
            raise exc.CommunicationError(message='lost')

        self.glance(lose)
        self.copied()

    def test_an_image_that_somebody_else_filled_stays(self):
        def conflict(image_id):
            self.api.images[image_id].update(status='active')
            raise exc.HTTPConflict()

        self.glance(conflict)
        volume, image_id = self.uploading()
        self.fail(exc.HTTPConflict, volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertEqual([], self.bits())

    def test_it_stays_where_the_bits_cannot_be_removed_too(self):
        def conflict(image_id):
            self.api.images[image_id].update(status='active')
            raise exc.HTTPConflict()

        self.glance(conflict)
        volume, image_id = self.uploading()
        with mock.patch.object(self.manager._direct._stores(), 'forget',
                               side_effect=OSError('hangs')):
            self.fail(exc.HTTPConflict, volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])

    def test_without_the_extra_it_goes_the_usual_way(self):
        volume, image_id = self.uploading()
        with mock.patch.dict(vars(stores)), mock.patch.dict(sys.modules, {
                'cinder_glance_multistore.stores.errors': None}):
            vars(stores).pop('errors', None)
            self.copy(volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertOver(volume)

    def test_a_store_of_files_goes_the_usual_way(self):
        self.copied(store='old')


class _Broken(io.BytesIO):
    """Data that cannot be read to its end."""

    error = None

    def read(self, size=-1):
        if self.tell():
            raise self.error
        return super().read(size)


class TestWrite(DirectTestCase):

    def way(self, data):
        volume, image_id = self.uploading()
        page = journal.Page(journal.Entry(volume.id, image_id, 'h@lvm'))
        return self.manager._direct.upload(
            self.member, page, sources.Source(data), 'fast')

    def test_what_reading_the_data_raises_is_raised(self):
        class RBDError(Exception):
            pass

        for error in (OSError('a cable'), RBDError('a cluster')):
            data = _Broken(os.urandom(4 << 20))
            data.error = error
            self.assertIs(error, self.assertRaises(type(error), self.way,
                                                   data))
            self.assertEqual([], self.bits())
        self.assertEqual({}, self.manager._direct._paused)

    def test_a_volume_that_changes_its_size_stops_nobody_else(self):
        data = io.BytesIO(b'x' * 1024)
        with mock.patch.object(
                store_manager.StoreManager, 'deposit',
                side_effect=store_exc.Invalid(message='Size mismatch')):
            self.assertIsNone(self.way(data))
        self.assertEqual({}, self.manager._direct._paused)

    def test_a_store_that_cannot_be_written_to_is_not_tried_for_a_while(self):
        with mock.patch.object(
                store_manager.StoreManager, 'deposit',
                side_effect=OSError('the store is gone')) as deposit:
            for _ in range(2):
                self.assertIsNone(self.way(io.BytesIO(b'x' * 1024)))
        self.assertEqual(1, deposit.call_count)

    def test_a_store_out_of_reach_does_not_keep_an_image_from_the_other_way(
            self):
        gone = OSError('the store is gone')
        upload = direct.DirectPath.upload
        entries = []

        def look(*args):
            result = upload(*args)
            entries.extend(journal.of_host('h@lvm'))
            return result

        self.mock_object(direct.DirectPath, 'upload', look)
        with mock.patch.object(store_manager.StoreManager, 'deposit',
                               side_effect=gone), \
                mock.patch.object(store_manager.StoreManager, 'forget',
                                  side_effect=gone):
            self.copied()
        # What Glance puts into the store the other way is its own.
        self.assertEqual([('fast', True)], [
            (entry.direct, entry.registering) for entry in entries])


@unittest.skipUnless(hasattr(images.Controller, 'add_image_location'),
                     'glanceclient before 4.6 has no call for it')
@ddt.ddt
class TestLocation(DirectTestCase):
    """A store that Glance takes locations of; its files stand for it."""

    def setUp(self):
        super().setUp()
        self.mock_object(store_manager.StoreManager, 'check_registrable',
                         lambda stores, store_id: False)
        self.api.overrides.append(('POST /v2/images/.*/locations',
                                   self._add))
        self.told = []
        self.answer = 202

    def _add(self, api, request):
        body = json.loads(request.read())
        self.told.append(body)
        self.become(api.images[request.path.split('/')[3]], body)
        request.answer(self.answer, b'what Glance says')

    def become(self, image, body):
        with open(self.path, 'rb') as file:
            data = file.read()
        image.update(status='active', size=len(data), stores='fast',
                     checksum=hashlib.md5(data).hexdigest(),
                     **body['validation_data'])

    def test_glance_is_told_the_location_and_the_hash(self):
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        with open(self.path, 'rb') as file:
            digest = hashlib.sha512(file.read()).hexdigest()
        self.assertEqual([{
            'url': f'file://{self.root}/fast/{image_id}',
            'validation_data': {'os_hash_algo': 'sha512',
                                'os_hash_value': digest}}], self.told)
        self.assertEqual([image_id], self.bits())
        self.assertOver(volume)

    def test_a_conflict_with_itself_is_no_failure(self):
        # A proxy sent it twice.
        self.answer = 409
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertEqual([image_id], self.bits())
        self.assertOver(volume)

    def test_the_image_of_somebody_else_stays_and_what_was_written_goes(self):
        self.become = lambda image, body: image.update(
            status='active', size=7, stores='reliable')
        self.answer = 409
        volume, image_id = self.uploading()
        self.fail(exc.HTTPConflict, volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertEqual([], self.bits())

    # Where it lies Glance may not say.
    @ddt.data('fast', '')
    def test_what_may_be_an_image_by_now_stays(self, stores):
        self.become = lambda image, body: image.update(
            status='active', size=7, stores=stores)
        self.answer = 409
        volume, image_id = self.uploading()
        self.fail(exc.HTTPConflict, volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertEqual([image_id], self.bits())

    @ddt.data({'status': 'saving'}, {'status': 'importing'},
              {'os_glance_import_task': 'a task'})
    def test_what_may_become_an_image_stays_until_its_record_goes(
            self, as_it_is):
        self.become = lambda image, body: image.update(as_it_is)
        self.answer = 409
        self.mock_object(locations, 'WAIT', -60.0)
        discard = records.discard
        found = []

        def look(*args):
            found.extend(self.bits())
            return discard(*args)

        self.mock_object(records, 'discard', look)
        volume, image_id = self.uploading()
        self.fail(exc.HTTPConflict, volume, image_id)
        self.assertEqual([image_id], found)
        self.assertNotIn(image_id, self.api.images)
        self.assertEqual([], self.bits())

    def test_a_location_that_is_given_up_again_stops_nobody_else(self):
        # So it is where the project's quota does not allow it.
        self.become = lambda image, body: None
        for _ in range(2):
            volume, image_id = self.uploading()
            self.copy(volume, image_id)
            self.assertEqual([], self.bits())
            self.assertOver(volume)
        self.assertEqual(2, len(self.told))

    def test_where_keystone_does_not_answer_it_goes_the_usual_way(self):
        connector = glance_client.connector

        def fail(context, as_service=False):
            if as_service:
                raise ksa_exc.ConnectFailure('Keystone is gone')
            return connector(context)

        self.mock_object(glance_client, 'connector', fail)
        self.copied()
        self.assertEqual([], self.told)


class TestTraces(DirectTestCase):
    """What a service that died has left, by what it had noted."""

    def left(self, **noted):
        volume, image_id = self.uploading()
        with open(self.path, 'rb') as file:
            self.manager._direct._stores().deposit('fast', image_id, file)
        entry = journal.Entry(volume.id, image_id, 'h@lvm', direct='fast',
                              **noted)
        journal.Page(entry).note()
        self.assertEqual([entry], journal.of_host('h@lvm'))
        return image_id, entry

    def discard(self, entry):
        self.assertTrue(self.manager._janitor._try(entry, None))
        self.assertEqual([], journal.of_host('h@lvm'))

    def test_before_the_registration_both_are_removed(self):
        image_id, entry = self.left()
        self.discard(entry)
        self.assertNotIn(image_id, self.api.images)
        self.assertEqual([], self.bits())

    def test_an_image_that_is_active_stays(self):
        image_id, entry = self.left(registering=True)
        self.adopted(image_id)
        final = os.path.join(self.root, 'fast', image_id)
        with open(final, 'wb') as file:
            file.write(b'adopted')
        self.discard(entry)
        self.assertIn(image_id, self.api.images)
        self.assertEqual([image_id], self.bits())

    def test_bits_are_removed_when_they_can_be(self):
        image_id, entry = self.left(registering=True)
        forget = self.manager._direct.forget
        with mock.patch.object(self.manager._direct, 'forget',
                               side_effect=errors.Unreachable('hangs')):
            self.assertFalse(self.manager._janitor._try(entry, None))
        self.assertNotIn(image_id, self.api.images)
        # After a restart, too: the record was seen to go.
        entry, = journal.of_host('h@lvm')
        self.assertFalse(entry.registering)
        with mock.patch.object(self.manager._direct, 'forget',
                               side_effect=forget) as called:
            self.discard(entry)
        self.assertTrue(called.call_args.args[1])
        self.assertEqual([], self.bits())

    def test_a_record_that_is_not_seen_may_be_there(self):
        _, entry = self.left(registering=True)
        with mock.patch.object(self.manager._direct, 'forget') as forget, \
                mock.patch.object(janitor.Janitor, '_discard',
                                  return_value=records.GONE):
            self.discard(entry)
        self.assertFalse(forget.call_args.args[1])
