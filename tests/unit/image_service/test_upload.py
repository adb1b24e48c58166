"""Uploads are whole, in their store, or fail: over real sockets."""

import hashlib

import ddt
from glanceclient import exc
import testtools

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import upload
from cinder_glance_multistore.transfer import errors as transfer_errors
from cinder_glance_multistore.transfer import sources
from tests.fakes import image_api
from tests.unit.image_service import base

_BREAKS = (
    ('503 before', image_api.answer(503, b'busy', after=0)),
    ('503 in the middle', image_api.answer(503, b'busy', after=base.MIB)),
    ('503 after', image_api.answer(503, b'busy')),
    ('502 in the middle', image_api.answer(
        502, b'<html><h1>Bad Gateway</h1></html>',
        {'Content-Type': 'text/html'}, after=base.MIB)),
    ('504 after', image_api.answer(504, b'Gateway Time-out')),
    ('503 with JSON of another shape', image_api.answer(
        503, b'{"message": "no"}', {'Content-Type': 'application/json'})),
    ('reset before', image_api.reset(0)),
    ('reset in the middle', image_api.reset(base.MIB)),
    ('reset after', image_api.reset()),
    ('reset, and saving for a while', image_api.stay_saving(base.MIB, 0.3)),
)


@ddt.ddt
class TestUploader(base.TestCase):

    def upload(self, source=None, kind=base.NOAUTH, store_id='fast',
               **kwargs):
        return self.uploader(**kwargs).upload(
            self.connect(kind), self.image_id, source or self.source(),
            store_id)

    @property
    def image(self):
        return self.api.images[self.image_id]

    @ddt.data(*base.CLIENTS)
    def test_an_upload_says_what_it_did(self, kind):
        result = self.upload(kind=kind)

        self.assertEqual(
            (3 * base.MIB + 17, 'sha512', self.digest, ('fast',), 1),
            result[:5])
        self.assertEqual('active', self.image['status'])
        self.assertNoReaders()

    @ddt.data(*((kind, name, behaviour) for kind in base.CLIENTS
                for name, behaviour in _BREAKS))
    @ddt.unpack
    def test_a_retry_sends_every_byte_from_the_first(self, kind, name,
                                                     behaviour):
        # Upstream goes on with the consumed stream (C1).
        self.api.script.extend([behaviour, behaviour])
        result = self.upload(kind=kind)

        self.assertEqual(3, result.attempts)
        self.assertEqual(self.digest, self.api.puts[-1].sha512)
        self.assertEqual({'fast'}, {request.headers['x-image-meta-store']
                                    for request in self.api.puts})
        self.assertEqual(
            {str(result.size)},
            {r.headers['content-length'] for r in self.api.puts})
        self.assertEqual('active', self.image['status'])
        self.assertNoReaders()

    @ddt.data(*((attempts, name, behaviour) for attempts in (1, 3)
                for name, behaviour in _BREAKS[:-1]))
    @ddt.unpack
    def test_attempts_are_bounded(self, attempts, name, behaviour):
        self.api.script.extend([behaviour] * 10)
        error = self.assertRaises(errors.UploadBroken, self.upload,
                                  attempts=attempts)
        self.assertEqual(attempts, len(self.api.puts))
        self.assertIn(f'tried {attempts} times', str(error))
        self.assertEqual('fast', error.store_id)
        self.assertNoReaders()

    @ddt.data(*((kind, name, behaviour) for kind in base.CLIENTS
                for name, behaviour in _BREAKS))
    @ddt.unpack
    def test_what_does_not_rewind_is_never_sent_cut(self, kind, name,
                                                    behaviour):
        self.api.script.append(behaviour)
        source = sources.Source(base.Pipe(b'x' * (3 * base.MIB)), 'a pipe')
        error = self.assertRaises(errors.UploadBroken, self.upload, source,
                                  kind)
        self.assertIn('cannot be read again from its start', str(error))
        self.assertEqual(1, len(self.api.puts))
        self.assertNotEqual('active', self.image['status'])
        self.assertNoReaders()

    def test_what_does_not_rewind_is_tried_again_if_nothing_was_read(self):
        self.api.down()
        source = sources.Source(base.Pipe(b'x' * base.MIB), 'a pipe')
        uploader = self.uploader()
        uploader._sleep = lambda seconds: self.api._sock or self.api.up()
        result = uploader.upload(self.connect(), self.image_id, source)
        self.assertEqual(2, result.attempts)
        self.assertEqual(base.MIB, self.image['size'])

    def test_an_answer_that_was_lost_is_looked_up(self):
        self.api.script.append(image_api.lose_answer())
        result = self.upload()
        self.assertEqual(1, result.attempts)
        self.assertEqual(1, len(self.api.puts))
        self.assertEqual(('fast',), result.stores)

    @ddt.data(*base.CLIENTS)
    def test_a_short_image_that_became_active_is_not_taken_for_whole(
            self, kind):
        self.api.script.append(image_api.cut(base.MIB))
        error = self.assertRaises(errors.UploadMismatch, self.upload,
                                  kind=kind)
        # The kernel may have taken all of a small body before it heard.
        self.assertThat(str(error), testtools.matchers.MatchesRegex(
            '.*(did not reach its end|Glance has 1048576)'))
        self.assertEqual(1, len(self.api.puts))
        self.assertNoReaders()

    @ddt.data(
        ({'size': 5}, 'bytes were sent, Glance has 5'),
        ({'size': 0}, 'Glance has 0'),
        ({'digest': 'ab' * 64}, 'sha512 of what was sent'),
        ({'store': 'reliable'}, 'it is in store reliable'),
        ({'status': 'queued'}, "its status is 'queued'"),
        ({'status': 'importing'}, "its status is 'importing'"),
    )
    @ddt.unpack
    def test_a_success_that_is_none_is_found_out(self, held, text):
        self.api.script.append(image_api.accept(**held))
        error = self.assertRaises(errors.UploadMismatch, self.upload)
        self.assertIn(text, str(error))
        self.assertIn("image store 'fast'", str(error))

    def test_an_early_success_is_found_out(self):
        # 204 before the data was read, by a proxy that holds it.
        def early(api, request, image_id):
            request.read(base.MIB)
            api.hold(image_id, request)
            request.answer(204)
        self.api.script.append(early)
        error = self.assertRaises(errors.UploadMismatch, self.upload,
                                  self.source(60 * base.MIB))
        self.assertEqual(self.image_id, error.image_id)
        self.assertNoReaders()

    def test_every_difference_is_told(self):
        self.api.script.append(image_api.accept(
            size=5, digest='ab', store='reliable'))
        error = self.assertRaises(errors.UploadMismatch, self.upload)
        self.assertEqual(3, len(error.detail.split('; ')))

    def test_the_default_store_is_taken_as_it_comes(self):
        result = self.upload(store_id=None)
        self.assertEqual(('reliable',), result.stores)

    def test_an_image_may_be_in_more_stores_than_asked_for(self):
        self.api.script.append(image_api.accept(store='reliable,fast'))
        self.assertEqual(('reliable', 'fast'), self.upload().stores)

    def test_a_glance_with_one_store_is_not_asked_where_it_put_the_bits(self):
        self.api.multistore = False
        self.assertEqual((), self.upload().stores)

    def test_verify_size_makes_no_hash_and_still_finds_a_short_image(self):
        self.assertIsNone(self.upload(verify=upload.VERIFY_SIZE).digest)

        self.image.update(status='queued')
        self.api.script.append(image_api.accept(size=7))
        self.assertRaises(errors.UploadMismatch, self.upload,
                          verify=upload.VERIFY_SIZE)

    def test_learns_which_hash_glance_makes(self):
        digests = []

        def sha256(api, request, image_id):
            request.read()
            api.hold(image_id, request, algorithm='sha256',
                     digest=digests.pop() if digests else 'whatever')
            request.answer(204)

        self.api.script.extend([sha256] * 3)
        uploader = self.uploader()
        first = uploader.upload(self.connect(), self.image_id, self.source())
        self.assertEqual('sha512', first.algorithm)

        self.assertRaises(errors.UploadMismatch, uploader.upload,
                          self.connect(), self.image_id, self.source())
        source = self.source(10)

        source._data.seek(0)
        digests.append(hashlib.sha256(source._data.read()).hexdigest())
        source._data.seek(0)
        third = uploader.upload(self.connect(), self.image_id, source)
        self.assertEqual('sha256', third.algorithm)

    def test_an_image_that_stays_in_saving_is_given_up(self):
        self.api.script.append(image_api.stay_saving(base.MIB))
        error = self.assertRaises(errors.UploadBroken, self.upload,
                                  settle_time=0.3)
        self.assertIn("still holds the image in 'saving'", str(error))
        self.assertEqual(1, len(self.api.puts))

    def test_a_glance_that_goes_down_is_given_up_after_all_attempts(self):
        self.api.script.append(image_api.go_down(base.MIB))
        error = self.assertRaises(errors.UploadBroken, self.upload)
        self.assertIn('tried 4 times', str(error))
        self.assertNoReaders()

    def test_a_glance_that_comes_back_with_the_image_in_saving_is_told(self):
        # Killed in the middle and started again: nobody takes the image back
        # from 'saving', and its data is refused with 409.
        self.api.script.append(image_api.go_down(base.MIB))
        self.api.script.append(image_api.answer(
            409, b'Image status transition from saving to saving is not '
                 b'allowed'))
        uploader = self.uploader()
        uploader._sleep = lambda seconds: self.api._sock or self.api.up()
        error = self.assertRaises(
            errors.UploadBroken, uploader.upload, self.connect(),
            self.image_id, self.source())
        self.assertIn('not allowed', str(error))

    def test_a_conflict_at_the_first_attempt_is_told_as_it_is(self):
        self.api.script.append(image_api.answer(409, b'not queued'))
        self.assertRaises(exc.HTTPConflict, self.upload)

    @ddt.data((413, b'Image storage media is full: no', errors.StoreFull),
              (410, b'Error in store configuration. Adding images to store '
                    b'is disabled.', errors.StoreReadOnly),
              (503, b'Insufficient permissions on image storage media: x',
               errors.StoreUnavailable),
              (500, b'oops', errors.StoreUnavailable))
    @ddt.unpack
    def test_a_refusal_is_not_tried_again(self, code, body, cls):
        self.api.script.append(image_api.answer(code, body))
        self.assertRaises(cls, self.upload)
        self.assertEqual(1, len(self.api.puts))

    def test_an_image_that_was_deleted_is_told(self):
        self.api.script.append(image_api.vanish(base.MIB))
        self.assertRaises(errors.ImageGone, self.upload)

    def test_an_image_deleted_while_the_connection_broke_is_told(self):
        def gone(api, request, image_id):
            del api.images[image_id]
            request.reset()
        self.api.script.append(gone)
        self.assertRaises(errors.ImageGone, self.upload)

    def test_a_404_of_a_proxy_is_not_told_as_an_image_deleted(self):
        self.api.script.append(image_api.answer(404, b'<html>no</html>', {
            'Content-Type': 'text/html'}))
        self.assertRaises(errors.UploadBroken, self.upload)

    @ddt.data(401, 403)
    def test_who_may_not_is_told_as_it_is(self, code):
        self.api.script.append(image_api.answer(code, b'no'))
        error = self.assertRaises(exc.HTTPException, self.upload)
        self.assertEqual(code, error.code)

    def test_what_the_source_raises_comes_out_and_is_not_tried_again(self):
        stream = self.file(3 * base.MIB)
        source = sources.Source(stream)
        stream.truncate(base.MIB)
        self.assertRaises(transfer_errors.SourceChanged, self.upload, source)
        self.assertEqual(1, len(self.api.puts))

    def test_a_glance_that_cannot_be_asked_afterwards_is_a_failure(self):
        self.api.overrides.append(
            ('GET /v2/images/.*', lambda api, request: request.reset()))
        error = self.assertRaises(errors.UploadBroken, self.upload)
        self.assertIn('could not be asked whether it arrived', str(error))
        self.assertEqual(4, len(self.api.asked('GET /v2/images/.*')))

    @ddt.data(b'<html>login</html>', b'[]', b'null', b'{')
    def test_nonsense_about_the_image_is_no_proof_that_it_arrived(self, body):
        self.api.overrides.append(
            ('GET /v2/images/.*', lambda api, request: request.answer(
                200, body, {'Content-Type': 'application/json'})))
        self.assertRaises(errors.UploadBroken, self.upload)

    def test_a_question_that_fails_once_is_asked_again(self):
        self.api.overrides.append(('GET /v2/images/.*', self._once))
        self.assertEqual(1, self.upload().attempts)

    def _once(self, api, request):
        api.overrides.clear()
        request.reset()

    def test_the_source_stays_open(self):
        source = self.source()
        self.upload(source)
        self.assertFalse(source._data.closed)
        source.rewind()
        self.assertEqual(10, len(source.read(10)))
