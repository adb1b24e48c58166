"""Each defect of plain upstream, and that it is none with us.

Every test does the same thing to an upstream Cinder and to ours, over one
Glance, and asserts both: that upstream has the defect (a test that fails here
says that upstream has been mended), and that we do not. What both did is
printed as a table at the end of the run. The names are those of
doc/source/reference/upstream-defects.rst.
"""

from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
import json
import subprocess
import sys
import threading

from cinder_glance_multistore.sandbox import proxy
from tests import needs
from tests.functional import base
from tests.functional import cloud

MIB = cloud.MIB
STORES = r'/v2/info/stores$'


class TestDefects(base.TestCase):

    def both(self, function, *args):
        """Return what ``function(cloud, *args)`` gives for upstream and us."""
        return (function(self.upstream, *args), function(self.ours, *args))

    # C1 ------------------------------------------------------------------

    def _broken_upload(self, which, fault):
        for _ in range(3):
            volume = which.volume(which.volume_type('fast'), mib=16)
            self.break_uploads(which, after=5 * MIB, **fault)
            image = which.image(which.uploaded(volume))
            # Upstream sends again after a second. Where Glance, on a busy
            # machine, has not given the first sending up by then, it is 409.
            if which is self.ours or image is not None:
                break
        return image, volume, self.sent(which)

    def _assert_truncated_upstream_and_whole_here(self, what, fault):
        (image, volume, tries), (ours, our_volume, _) = self.both(
            self._broken_upload, fault)
        self.assertEqual('active', image.status)
        self.assertLess(image.size, 16 * MIB)
        self.assertEqual([], self.upstream.messages(volume))
        self.assert_whole(self.ours, our_volume, ours.id, 'fast')
        self.record(
            'C1', f'a 16 MiB upload, {what} after 5 MiB',
            f'active, {image.size} bytes, no message',
            f'active, {ours.size} bytes, sha512 as the volume')

    def test_c1_503_in_the_middle(self):
        self._assert_truncated_upstream_and_whole_here(
            '503', {'action': 'status'})

    def test_c1_reset_in_the_middle(self):
        self._assert_truncated_upstream_and_whole_here(
            'a reset', {'action': 'reset'})

    # C2 ------------------------------------------------------------------

    def test_c2_a_type_made_with_a_store_that_does_not_exist(self):
        def create(which):
            return which.session.post(
                f'{which.url}/types', raise_exc=False,
                json={'volume_type': {'name': f'C2-{which.service}',
                                      'extra_specs': {
                                          cloud.STORE_KEY: 'nosuch'}}})
        upstream, ours = self.both(create)
        self.assertEqual(200, upstream.status_code)
        self.assertEqual(400, ours.status_code)
        self.record('C2', "POST /types with store 'nosuch'",
                    '200, the type exists',
                    f"400: {ours.json()['badRequest']['message']}")

    def test_c2_a_misspelt_key(self):
        self.upstream.volume_type(**{'image_service:storeid': 'fast'})
        code, message = self.ours.refused(
            self.ours.volume_type, **{'image_service:storeid': 'fast'})
        self.assertEqual(400, code)
        self.record('C2', 'type-key set image_service:storeid=fast',
                    '200, and it means nothing', f'400: {message}')

    # C3 ------------------------------------------------------------------

    def _set(self, which, store_id):
        return which.refused(which.volume_type().set_keys,
                             {cloud.STORE_KEY: store_id})

    def test_c3_a_store_that_does_not_exist(self):
        upstream, ours = self.both(self._set, 'fsat')
        self.assertEqual(404, upstream[0])
        self.assertEqual(400, ours[0])
        self.assertIn('reliable', ours[1])
        self.record('C3', 'type-key with a store that does not exist',
                    f'404: {upstream[1]}', f'400: {ours[1]}')

    def test_c3_glance_down(self):
        self.sandbox.kill('glance')
        upstream, ours = self.both(self._set, 'fast')
        self.assertEqual(500, upstream[0])
        self.assertEqual(503, ours[0])
        self.record('C3', 'type-key while Glance is down',
                    f'500: {upstream[1]}', f'503: {ours[1]}')

    def _set_with_document(self, which, document):
        self.proxy(which).fail(proxy.Fault(
            'GET', STORES, 'status', status='200 OK', times=None,
            body=json.dumps(document).encode()))
        try:
            return self._set(which, 'fast')
        finally:
            self.proxy(which).heal()

    def test_c3_a_stores_document_that_is_not_what_it_should_be(self):
        documents = ([], {}, {'stores': None}, {'stores': 'fast'},
                     {'stores': ['fast']}, {'stores': [{'name': 'fast'}]},
                     {'stores': {'id': 'fast'}}, 5, None, 'fast')
        codes = {}
        for document in documents:
            for which in (self.upstream, self.ours):
                codes.setdefault(which.service, []).append(
                    self._set_with_document(which, document)[0])
        self.assertEqual({503}, set(codes['cinder']))
        self.assertNotIn(503, codes['upstream'])
        failures = codes['upstream'].count(500)
        self.assertGreaterEqual(failures, 1, codes['upstream'])
        self.record('C3', f'{len(documents)} malformed lists of stores',
                    f'500 for {failures}, 400 as if the caller were to blame '
                    f'for {len(documents) - failures}', '503 for all of them')

    def test_c3_a_read_only_store_that_says_so_in_another_way(self):
        document = {'stores': [{'id': 'fast', 'read-only': True},
                               {'id': 'cheap'}]}
        for which in (self.upstream, self.ours):
            self.proxy(which).fail(proxy.Fault(
                'GET', STORES, 'status', status='200 OK', times=None,
                body=json.dumps(document).encode()))
        self.upstream.volume_type('fast')
        code, message = self.ours.refused(self.ours.volume_type, 'fast')
        self.assertEqual(400, code)
        self.assertIn('read-only', message)
        self.record('C3', 'a store with "read-only": true, not in quotes',
                    '200, taken for writable', f'400: {message}')

    # C4 ------------------------------------------------------------------

    def test_c4_a_store_that_has_gone_since(self):
        volumes = self.both(
            lambda which: which.volume(which.volume_type('cheap'), mib=1))
        self.sandbox.options['glance']['DEFAULT'] = {
            'enabled_backends': 'fast:multidir,reliable:file,web:http'}
        self.addCleanup(self.restart, 'glance')
        self.addCleanup(self.sandbox.options['glance'].pop, 'DEFAULT')
        self.restart('glance')
        image_id = self.upstream.upload(volumes[0])
        self.upstream.wait_for_volume(volumes[0], 'available')
        self.assertIsNone(self.upstream.image(image_id))
        text = self.upstream.messages(volumes[0])[0]
        code, message = self.ours.refused(self.ours.upload, volumes[1])
        self.assertEqual(400, code)
        self.assertIn("'cheap'", message)
        self.record('C4', 'an upload whose store has gone from Glance',
                    f'202, the image appears and goes; "{text}"',
                    f'400: {message}')

    # C5 ------------------------------------------------------------------

    def _headers(self, which):
        self.proxy(which).heal()
        which.uploaded(which.volume(which.volume_type('fast'), mib=1))
        return self.sent(which)[-1][0]

    def test_c5_the_size_that_is_sent(self):
        upstream, ours = self.both(self._headers)
        for header in ('content-length', 'x-openstack-image-size'):
            self.assertNotIn(header, upstream)
            self.assertEqual(str(MIB), ours[header])
        self.record('C5', 'the size of a 1 MiB upload in its headers',
                    'none (chunked)',
                    f"Content-Length and x-openstack-image-size: {MIB}")

    # C6 ------------------------------------------------------------------

    def test_c6_cinder_killed_in_the_middle(self):
        def crash(which):
            volume, image_id = self.begin_upload(which)
            self.sandbox.kill(which.service)
            self.sandbox.start(which.service)
            return volume, image_id
        (volume, image_id), (our_volume, our_image_id) = self.both(crash)
        self.ours.wait_for_volume(our_volume, 'available')
        self.ours.wait_until_gone(our_image_id)
        self.assertEqual('uploading', self.upstream.status(volume))
        status = self.upstream.image(image_id).status
        self.assertIn(status, ('queued', 'saving'))
        self.record('C6', 'cinder-volume killed in the middle, restarted',
                    f'volume uploading, image {status}, for good',
                    'volume available, image gone')

    def test_c6_glance_killed_in_the_middle(self):
        for which in (self.upstream, self.ours):
            volume, image_id = self.begin_upload(which)
            self.sandbox.kill('glance')
            which.wait_for_volume(volume, 'available')
            self.sandbox.start('glance')
            if which is self.ours:
                which.wait_until_gone(image_id)
            else:
                left = image_id
        status = self.upstream.image(left).status
        self.assertEqual('saving', status)
        self.record('C6', 'Glance killed in the middle, restarted later',
                    f'image {status} for good', 'image gone')

    # C7 ------------------------------------------------------------------

    def _fill(self, which):
        volume = which.volume(which.volume_type('small'), mib=64)
        image_id = which.uploaded(volume)
        which.wait_until_gone(image_id)
        return which.messages(volume)[0]

    def test_c7_a_full_store(self):
        needs.skip_if(self.sandbox.small_refusal)
        upstream, ours = self.both(self._fill)
        self.assertIn('quota', upstream)
        self.assertIn("The image store 'small' is full.", ours)
        self.record('C7', 'the message about an upload to a full store',
                    f'"{upstream}"', f'"{ours}"')

    # C8 ------------------------------------------------------------------

    def test_c8_a_location_with_a_store(self):
        """What image_upload_use_cinder_backend does after its clone.

        Cinder's own classes against the real Glance. The location is on a
        web server, because a Glance store of type cinder needs Keystone.
        """
        server = ThreadingHTTPServer(('127.0.0.1', 0), _Bytes)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f'http://127.0.0.1:{server.server_port}/bits'

        def add(whose):
            image = self.ours.glance.images.create(
                name='C8', disk_format='raw', container_format='bare')
            said = subprocess.run(
                [sys.executable, '-W', 'ignore', '-m',
                 'tests.functional.add_location', whose,
                 self.sandbox.endpoints['glance'], image.id, url, 'web'],
                check=True, text=True, timeout=300, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL).stdout.strip()
            return said, self.ours.image(image.id)

        refusal, image = add('upstream')
        self.assertIn('400', refusal)
        self.assertEqual('queued', image.status)
        said, image = add('ours')
        self.assertEqual('done', said)
        self.assertEqual('active', image.status)
        self.assertEqual('web', image.stores)
        self.record('C8', 'registering a location in a store', refusal,
                    "active in store 'web'")

    # C9 ------------------------------------------------------------------

    def test_c9_noauth(self):
        self.sandbox.options['upstream']['DEFAULT'][
            'auth_strategy'] = 'noauth'
        self.addCleanup(self.restart, 'upstream')
        self.addCleanup(self.sandbox.options['upstream']['DEFAULT'].pop,
                        'auth_strategy')
        self.restart('upstream')

        def upload(which):
            volume = which.volume(which.volume_type('fast'), mib=1)
            return which.image(which.uploaded(volume)).stores
        upstream, ours = self.both(upload)
        self.assertEqual('reliable', upstream)
        self.assertEqual('fast', ours)
        self.record('C9', "store 'fast' with auth_strategy = noauth",
                    "in the default store 'reliable'", "in store 'fast'")

    # C11 -----------------------------------------------------------------

    def test_c11_a_compressed_upload_that_is_not_allowed(self):
        names = ('upstream', 'cinder')
        self.addCleanup(self.restart, *names)
        for name in names:
            default = self.sandbox.options[name]['DEFAULT']
            default['allow_compression_on_image_upload'] = 'false'
            self.addCleanup(default.pop,
                            'allow_compression_on_image_upload')
        self.restart(*names)

        def upload(which):
            volume = which.volume(which.volume_type('fast'), mib=1)
            before = {image.id for image in which.glance.images.list()}
            code, _ = which.refused(which.upload, volume,
                                    container_format='compressed',
                                    disk_format='qcow2')
            self.assertEqual(400, code)
            return [image.status for image in which.glance.images.list()
                    if image.id not in before]
        upstream, ours = self.both(upload)
        self.assertEqual(['queued'], upstream)
        self.assertEqual([], ours)
        self.record('C11', 'a compressed upload that is not allowed: 400',
                    'and a queued image is left', 'nothing is left')



class _Bytes(BaseHTTPRequestHandler):
    """A web server with one thing in it."""

    content = b'bits' * 1024

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(self.content)

    def do_HEAD(self):
        self.send_response(200)
        self.send_header('Content-Length', str(len(self.content)))
        self.end_headers()

    def log_message(self, *args):
        pass
