"""One request, as it arrives at the other end."""

import contextlib
import logging

import ddt
import fixtures
from glanceclient import exc

from cinder_glance_multistore.image_service import body as bodies
from cinder_glance_multistore.image_service import put
from cinder_glance_multistore.transfer import errors as transfer_errors
from cinder_glance_multistore.transfer import sources
from tests.fakes import image_api
from tests.unit.image_service import base


class Broken:
    """A file of two MiB whose second MiB cannot be read."""

    def __init__(self, error):
        self._error = error
        self._at = 0

    def tell(self):
        return self._at

    def seek(self, offset, whence=0):
        self._at = offset + (2 * base.MIB if whence == 2 else 0)
        return self._at

    def read(self, size):
        if self._at >= base.MIB:
            raise self._error
        self._at += size
        return b'x' * size


@ddt.ddt
class TestPut(base.TestCase):

    @ddt.data(*base.CLIENTS)
    def test_what_headers_stand_for_an_upload_is_in_no_log(self, kind):
        log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        put.present(base.client(self.api, kind), self.image_id,
                    {'Content-Type': 'text/plain', 'x-claim': 'secret'})
        self.assertEqual(1, len(self.api.puts))
        self.assertNotIn('secret', log.output)


    def put(self, source, kind=base.NOAUTH, algorithm=None, **kwargs):
        self.body = bodies.of(source, algorithm)
        return put.put(base.client(self.api, kind), self.image_id, self.body,
                       **kwargs)

    @ddt.data(*base.CLIENTS)
    def test_a_sized_body_says_its_size_to_old_and_new_glances(self, kind):
        source = self.source()
        self.put(source, kind)

        request, = self.api.puts
        self.assertEqual(str(source.size), request.headers['content-length'])
        self.assertEqual(str(source.size),
                         request.headers['x-openstack-image-size'])
        self.assertFalse(request.chunked)
        self.assertEqual(self.digest, request.sha512)

    @ddt.data(*base.CLIENTS)
    def test_a_body_of_unknown_size_goes_chunked_and_whole(self, kind):
        self.put(sources.Source(base.Pipe(b'abc' * base.MIB)), kind)

        request, = self.api.puts
        self.assertTrue(request.chunked)
        self.assertNotIn('content-length', request.headers)
        self.assertNotIn('x-openstack-image-size', request.headers)
        self.assertEqual(3 * base.MIB, request.received)

    @ddt.data(*base.CLIENTS)
    def test_the_store_is_named_by_both_clients(self, kind):
        # Upstream's noauth client drops it (C9).
        self.put(self.source(), kind, store_id='fast', base_image_ref='b1')

        request, = self.api.puts
        self.assertEqual('fast', request.headers['x-image-meta-store'])
        self.assertEqual('b1', request.headers['x-openstack-base-image-ref'])
        self.assertEqual('application/octet-stream',
                         request.headers['content-type'])

    @ddt.data(*base.CLIENTS)
    def test_no_store_is_named_where_none_is_asked_for(self, kind):
        self.put(self.source(), kind)
        self.assertNotIn('x-image-meta-store', self.api.puts[0].headers)

    @ddt.data(*base.CLIENTS)
    def test_a_store_id_arrives_as_it_is(self, kind):
        # glanceclient would percent-encode it, and Glance not decode it.
        self.put(self.source(), kind, store_id='my store+1=100%')
        self.assertEqual('my store+1=100%',
                         self.api.puts[0].headers['x-image-meta-store'])

    @ddt.data(base.NOAUTH, base.TOKEN)
    def test_the_token_is_sent(self, kind):
        self.put(self.source(), kind)
        self.assertEqual('a-token',
                         self.api.puts[0].headers['x-auth-token'])

    @ddt.data(*base.CLIENTS)
    def test_the_request_id_is_sent(self, kind):
        client = base.client(self.api, kind)
        client.http_client.global_request_id = 'req-1'
        put.put(client, self.image_id, bodies.of(self.source()))
        self.assertEqual('req-1',
                         self.api.puts[0].headers['x-openstack-request-id'])

    @ddt.data(*base.CLIENTS)
    def test_an_endpoint_with_a_path_is_kept(self, kind):
        self.api.overrides.append(
            ('PUT /image/v2/images/.*/file',
             lambda api, request: request.answer(204)))
        client = base.client(
            type('', (), {'url': self.api.url + '/image'}), kind)
        put.put(client, self.image_id, bodies.of(self.source()))
        self.assertEqual(f'/image/v2/images/{self.image_id}/file',
                         self.api.requests[0].path)

    def test_debug_logs_show_neither_data_nor_token(self):
        logger = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        self.api.script.append(image_api.answer(500, b'no'))
        for kind in base.CLIENTS:
            with contextlib.suppress(exc.HTTPInternalServerError):
                self.put(sources.Source(base.Pipe(b'SECRET' * 100)), kind)
        self.assertNotIn('SECRET', logger.output)
        self.assertNotIn('a-token', logger.output)
        self.assertEqual([600] * 3, [r.received for r in self.api.puts])

    @ddt.data(307, 308)
    def test_a_redirected_body_is_sent_again_from_its_first_byte(self, code):
        for kind in base.CLIENTS:
            self.api.script.append(image_api.redirect(
                code, '{api.url}/v2/images/{id}/file'))
            self.put(self.source(), kind)
            self.assertEqual([self.digest] * 2,
                             [r.sha512 for r in self.api.puts[-2:]])

    def test_a_body_refused_with_401_is_sent_again_from_its_first_byte(self):
        self.api.script.append(image_api.answer(401, b'expired'))
        client = base.client(self.api, base.TOKEN)
        # A plug-in that can fetch another token.
        client.http_client.auth.invalidate = lambda: True
        put.put(client, self.image_id, bodies.of(self.source()))
        self.assertEqual([self.digest] * 2, [r.sha512 for r in self.api.puts])

    @ddt.data(*base.CLIENTS)
    def test_a_redirected_body_that_cannot_rewind_is_not_sent_cut(self, kind):
        self.api.script.append(image_api.redirect(
            307, '{api.url}/v2/images/{id}/file'))
        error = self.assertRaises(
            transfer_errors.NotRewindable, self.put,
            sources.Source(base.Pipe(b'abc' * base.MIB), 'a pipe'), kind)
        self.assertEqual(3 * base.MIB, error.consumed)
        self.assertEqual([3 * base.MIB],
                         [r.received for r in self.api.puts if r.whole])
        self.assertNoReaders()

    @ddt.data(
        *((kind, error) for kind in base.CLIENTS for error in (
            OSError(5, 'Input/output error'), BrokenPipeError(32, 'pipe'),
            ConnectionResetError(104, 'reset'), TimeoutError('slow disk'),
            ValueError('closed file'), EOFError('no more'))))
    @ddt.unpack
    def test_what_the_source_raises_comes_out_as_it_is(self, kind, error):
        # urllib3 passes over EPIPE and ECONNRESET, and would wait for the
        # answer to a request that it sent by half.
        raised = self.assertRaises(type(error), self.put,
                                   sources.Source(Broken(error)), kind)
        self.assertIs(error, raised)
        self.assertNoReaders()

    @ddt.data(*base.CLIENTS)
    def test_a_source_that_shrank_is_not_sent_as_if_it_were_whole(self, kind):
        stream = self.file(3 * base.MIB)
        source = sources.Source(stream, 'volume v')
        stream.truncate(2 * base.MIB)

        error = self.assertRaises(transfer_errors.SourceChanged, self.put,
                                  source, kind)
        self.assertEqual((3 * base.MIB, 2 * base.MIB),
                         (error.expected, error.found))
        self.assertEqual('queued', self.api.images[self.image_id]['status'])
        self.assertNoReaders()

    @ddt.data(*base.CLIENTS)
    def test_a_source_that_grew_is_sent_as_long_as_it_was(self, kind):
        stream = self.file(base.MIB)
        source = sources.Source(stream)
        stream.seek(0, 2)
        stream.write(b'more')
        stream.seek(0)
        self.put(source, kind)
        self.assertEqual(base.MIB, self.api.puts[0].received)

    @ddt.data(*((kind, after) for kind in base.CLIENTS
                for after in (0, base.MIB, None)))
    @ddt.unpack
    def test_a_reset_is_a_connection_that_failed(self, kind, after):
        self.api.script.append(image_api.reset(after))
        self.assertRaises(exc.CommunicationError, self.put, self.source(),
                          kind)
        self.assertNoReaders()

    @ddt.data(*base.CLIENTS)
    def test_a_refusal_of_what_headers_stand_for_has_its_own(self, kind):
        self.api.script.append(image_api.answer(
            415, b'no', {'Content-Type': 'text/plain', 'X-Seen': 'yes'}))
        error = self.assertRaises(
            exc.HTTPException, put.present, base.client(self.api, kind),
            self.image_id, {'Content-Type': 'application/x-claim'})
        self.assertEqual((415, 'yes'), (error.code, error.headers['x-seen']))

    @ddt.data(*base.CLIENTS)
    def test_nobody_there_is_a_connection_that_failed(self, kind):
        self.api.down()
        source = self.source()
        self.assertRaises(exc.CommunicationError, self.put, source, kind)
        self.assertEqual(0, source.consumed)

    @ddt.data(*base.CLIENTS)
    def test_a_server_that_does_not_read_on_is_one_too(self, kind):
        self.api.overrides.append(('PUT .*', image_api.hang))
        error = self.assertRaises(
            exc.CommunicationError, put.put,
            base.client(self.api, kind, timeout=0.3), self.image_id,
            bodies.of(self.source(40 * base.MIB)))
        # Also while the traceback keeps the library's iterator alive.
        self.assertNoReaders()
        self.assertIsNotNone(error.__traceback__)

    def test_a_server_that_does_not_answer_is_a_connection_that_failed(self):
        self.api.overrides.append(('PUT .*', image_api.hang))
        for kind in base.CLIENTS:
            self.assertRaises(
                exc.CommunicationError, put.put,
                base.client(self.api, kind, timeout=0.3), self.image_id,
                bodies.of(self.source()))
        self.assertNoReaders()

    @ddt.data(*((kind, code) for kind in base.CLIENTS
                for code in (400, 410, 413, 415, 503)))
    @ddt.unpack
    def test_an_early_refusal_is_heard_over_the_reset(self, kind, code):
        self.api.script.append(image_api.answer(
            code, b'Image storage media is full: no', after=0))
        error = self.assertRaises(exc.HTTPException, self.put,
                                  self.source(40 * base.MIB), kind)
        self.assertEqual(code, error.code)
        self.assertIn('media is full', str(error))
        self.assertNoReaders()

    @ddt.data(
        (b'<html><head><title>502</title></head><h1>Bad</h1></html>',
         'text/html', 502),
        (b'plain', None, 503),
        (b'\xff\xfe\x00', 'text/plain', 413),
        (b'\xff\xfe\x00', None, 504),
        (b'[]', 'application/json', 503),
        (b'{"message": "no"}', 'application/json', 503),
        (b'{"error": ["no"]}', 'application/json', 504),
        (b'null', 'application/json', 403),
        (b'{', 'application/json', 401),
        (b'[' * 100000, 'application/json', 503),
        (b'', None, 410),
        (b'x', 'text/plain; charset=nonsense', 415),
    )
    @ddt.unpack
    def test_an_odd_error_keeps_its_status(self, body, content_type, code):
        for kind in base.CLIENTS:
            self.api.script.append(image_api.answer(
                code, body, {'Content-Type': content_type}
                if content_type else {}))
            error = self.assertRaises(exc.HTTPException, self.put,
                                      self.source(1000), kind)
            self.assertEqual(code, error.code)

    @ddt.data((401, exc.HTTPUnauthorized), (403, exc.HTTPForbidden),
              (409, exc.HTTPConflict))
    @ddt.unpack
    def test_an_odd_error_keeps_its_class(self, code, cls):
        self.api.script.append(image_api.answer(
            code, b'[]', {'Content-Type': 'application/json'}))
        self.assertRaises(cls, self.put, self.source(1000))
