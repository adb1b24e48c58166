"""The direct path of Cinder's volume manager: fallbacks, failures, traces.

The store manager and ``multidir`` are real; Glance is a stand-in that cannot
adopt, which the functional tests have a real one for.
"""

import functools
import hashlib
import os
import sys
from unittest import mock

from glanceclient import exc

from cinder_glance_multistore import stores
from cinder_glance_multistore.cinder import janitor
from cinder_glance_multistore.cinder import journal
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import put
from cinder_glance_multistore.image_service import records
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
            volume, image_id = self.uploading()
            self.copy(volume, image_id)
            self.assertEqual('active', self.api.images[image_id]['status'])
            self.assertEqual([], self.bits())
            self.assertOver(volume)
        # The second time it was not even tried.
        self.assertEqual(1, len(self.uploads))

    def test_other_bytes_in_glance_leave_neither_image_nor_bits(self):
        def wrong(image_id):
            self.adopted(image_id)
            self.api.images[image_id]['os_hash_value'] = '0' * 128

        self.glance(wrong)
        volume, image_id = self.uploading()
        self.fail(errors.UploadMismatch, volume, image_id)
        self.assertNotIn(image_id, self.api.images)
        self.assertEqual([], self.bits())
        self.assertOver(volume)

    def test_no_answer_leaves_neither_image_nor_bits(self):
        def lose(image_id):
            raise exc.CommunicationError(message='lost')

        self.glance(lose)
        volume, image_id = self.uploading()
        self.fail(errors.UploadBroken, volume, image_id)
        self.assertNotIn(image_id, self.api.images)
        self.assertEqual([], self.bits())
        self.assertOver(volume)

    def test_a_lost_answer_of_an_image_that_is_whole_is_no_failure(self):
        def lose(image_id):
            self.adopted(image_id)
            raise exc.CommunicationError(message='lost')

        self.glance(lose)
        volume, image_id = self.uploading()
        self.copy(volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertOver(volume)

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
        volume, image_id = self.uploading(store='old')
        self.copy(volume, image_id)
        self.assertEqual('active', self.api.images[image_id]['status'])
        self.assertOver(volume)


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
