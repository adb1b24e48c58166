"""Who may have a file adopted, and how."""

import ddt
import fixtures
import testtools
import webob
import webob.dec
import webob.exc

from cinder_glance_multistore.glance import adoption
from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.stores import incoming

IMAGE = '4b2f3c1e-5d6a-4f7b-8c9d-0a1b2c3d4e5f'
CLAIM = claims.Claim(IMAGE, 'a' * 64, 5, '0' * 32, 'sha512', '0' * 128)


class _Context:

    def __init__(self, roles=(), service_roles=()):
        self.roles = list(roles)
        self.service_roles = list(service_roles)


@ddt.ddt
class AdoptionTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.logger = self.useFixture(fixtures.FakeLogger())
        self.seen = []

    def request(self, context=None, path=f'/v2/images/{IMAGE}/file',
                method='PUT', body=b'', **headers):
        req = webob.Request.blank(path, method=method, body=body, headers={
            claims.HEADER: CLAIM.header(),
            'content-type': claims.CONTENT_TYPE, **{
                name.replace('_', '-'): value
                for name, value in headers.items()}})
        req.context = context or _Context(['member'], ['service'])
        return req

    @webob.dec.wsgify
    def glance(self, req):
        self.seen.append((req.content_type, req.content_length,
                          req.headers['x-openstack-image-size'],
                          req.body_file, claims.current()))
        return webob.Response(status=204)

    def test_the_service_role_is_let_through_with_a_body_nobody_reads(self):
        for context in (_Context(['member'], ['Service']),
                        _Context(['service'])):
            answer = adoption.present(self.request(context), self.glance)
            self.assertEqual((204, 'presented'), (
                answer.status_int, answer.headers[claims.HEADER]))
            kind, length, size, body, presented = self.seen.pop()
            self.assertEqual(('application/octet-stream', 5, '5'),
                             (kind, length, size))
            # Not a copy of it, and not a buffer around it.
            self.assertIsInstance(body, incoming.Body)
            self.assertEqual((CLAIM, body),
                             (presented.claim, presented.body))
        self.assertIsNone(claims.current())

    def test_nobody_else_is(self):
        for context in (_Context(), _Context(['admin', 'member'], ['admin']),
                        _Context(['services']), object()):
            self.assertRaises(webob.exc.HTTPForbidden, adoption.present,
                              self.request(context), self.glance)
        self.assertEqual([], self.seen)
        self.assertNotIn(CLAIM.token, self.logger.output)

    def test_where_nobody_said_who_asks_nobody_is_let_through(self):
        req = self.request()
        del req.context
        self.assertRaises(webob.exc.HTTPForbidden, adoption.present, req,
                          self.glance)

    @ddt.data(
        {'method': 'POST'}, {'path': f'/v2/images/{IMAGE}/stage'},
        {'path': f'/v2/images/{IMAGE[:-1]}0/file'}, {'body': b'x'},
        {'content_type': 'application/octet-stream'},
        {'transfer_encoding': 'chunked'}, {claims.HEADER: 'nonsense'})
    def test_what_is_no_such_upload_is_refused(self, change):
        self.assertRaises(webob.exc.HTTPBadRequest, adoption.present,
                          self.request(**change), self.glance)
        self.assertEqual([], self.seen)

    def test_an_ordinary_request_is_none_of_its_business(self):
        req = self.request(_Context())
        del req.headers[claims.HEADER]
        self.assertIsNone(adoption.present(req, self.glance))
