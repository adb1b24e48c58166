"""Looking at image records, and deleting those that came to nothing."""

import ddt
from glanceclient import exc

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import records
from tests.fakes import image_api
from tests.unit.image_service import base


@ddt.ddt
class TestRecords(base.TestCase):

    def client(self, timeout=60):
        return base.client(self.api, timeout=timeout)

    def status(self, status, **members):
        self.api.images[self.image_id].update(status=status, **members)

    def test_gets_what_is_there(self):
        self.assertEqual('queued',
                         records.get(self.client(), self.image_id).status)

    @ddt.data('deleted', 'pending_delete')
    def test_a_deleted_image_is_none(self, status):
        self.status(status)
        self.assertIsNone(records.get(self.client(), self.image_id))

    def test_an_image_nobody_knows_is_none(self):
        self.assertIsNone(records.get(self.client(), 'x'))

    @ddt.data(b'', b'[]', b'null', b'<html>', b'{')
    def test_nonsense_is_no_answer(self, body):
        self.api.overrides.append((
            'GET /v2/images/.*', lambda api, request: request.answer(
                200, body, {'Content-Type': 'application/json'})))
        self.assertRaises(errors.Unreachable, records.get, self.client(),
                          self.image_id)

    @ddt.data(500, 502, 503, 504, 413)
    def test_an_error_is_no_answer(self, code):
        self.api.overrides.append((
            'GET /v2/images/.*',
            lambda api, request: request.answer(code, b'x')))
        self.assertRaises(errors.Unreachable, records.get, self.client(),
                          self.image_id)

    @ddt.data(401, 403)
    def test_who_may_not_look_is_told(self, code):
        self.api.overrides.append((
            'GET /v2/images/.*',
            lambda api, request: request.answer(code, b'x')))
        error = self.assertRaises(exc.HTTPException, records.get,
                                  self.client(), self.image_id)
        self.assertEqual(code, error.code)

    def test_settles_as_soon_as_glance_has_taken_the_image_back(self):
        self.status('saving')
        pauses = []

        def sleep(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                self.status('queued')

        image = records.settle(self.client(), self.image_id, 100, sleep)
        self.assertEqual('queued', image.status)
        self.assertEqual([0.2, 0.4, 0.8], pauses)

    def test_waits_no_longer_than_it_was_told(self):
        self.status('saving')
        now = [0.0]

        def sleep(seconds):
            now[0] += seconds

        image = records.settle(self.client(), self.image_id, 7, sleep,
                               lambda: now[0])
        self.assertEqual('saving', image.status)
        self.assertEqual(7.0, round(now[0], 3))

    @ddt.data('queued', 'saving')
    def test_discards_what_got_no_data(self, status):
        self.status(status)
        self.assertEqual(records.DELETED,
                         records.discard(self.client(), self.image_id))
        self.assertEqual({}, self.api.images)

    def test_discards_a_protected_image(self):
        self.status('saving', protected=True)
        self.assertEqual(records.DELETED,
                         records.discard(self.client(), self.image_id))
        self.assertEqual({}, self.api.images)

    @ddt.data('active', 'deactivated', 'importing', 'uploading')
    def test_keeps_what_is_not_ours_to_judge(self, status):
        self.status(status, protected=True)
        self.assertEqual(records.KEPT,
                         records.discard(self.client(), self.image_id))
        self.assertTrue(self.api.images[self.image_id]['protected'])

    def test_discards_an_active_image_whose_upload_failed(self):
        self.status('active', protected=True)
        self.assertEqual(records.DELETED, records.discard(
            self.client(), self.image_id, even_active=True))

    @ddt.data('deactivated', 'importing')
    def test_keeps_others_even_then(self, status):
        self.status(status)
        self.assertEqual(records.KEPT, records.discard(
            self.client(), self.image_id, even_active=True))

    def test_says_when_there_was_none(self):
        self.assertEqual(records.GONE, records.discard(self.client(), 'x'))

    def test_an_image_that_vanishes_meanwhile_is_deleted(self):
        self.api.overrides.append((
            'DELETE .*', lambda api, request: request.answer(404, b'x')))
        self.assertEqual(records.DELETED,
                         records.discard(self.client(), self.image_id))

    @ddt.data(409, 500, 503)
    def test_a_delete_that_fails_is_to_be_tried_again(self, code):
        self.api.overrides.append((
            'DELETE .*', lambda api, request: request.answer(code, b'x')))
        self.assertRaises(errors.Unreachable, records.discard,
                          self.client(), self.image_id)

    def test_a_glance_that_hangs_holds_nobody(self):
        self.api.overrides.append(('GET /v2/images/.*', image_api.hang))
        self.assertRaises(errors.Unreachable, records.discard,
                          self.client(timeout=0.2), self.image_id)
