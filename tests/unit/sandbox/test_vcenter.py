from http.server import BaseHTTPRequestHandler
from http.server import HTTPServer
import json
import pathlib
import tempfile
import threading
import unittest

from cinder_glance_multistore.sandbox import vcenter


class FilesTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name, 'home')

    def test_the_password_stays_and_is_in_a_private_file_only(self):
        first = vcenter.prepare(self.home, [vcenter.Datastore('one')])
        second = vcenter.prepare(self.home, [vcenter.Datastore('two')])
        self.assertEqual(first, second)
        self.assertEqual(0o600, (self.home / 'password').stat().st_mode
                         & 0o777)
        self.assertNotIn(first, ' '.join(vcenter.command('/x', self.home)))

    def test_datastores_are_written_as_they_were_asked_for(self):
        vcenter.prepare(self.home, [
            vcenter.Datastore('a:b', 'east/DC', pod='gold', free=7)])
        row, = json.loads((self.home / 'datastores.json').read_text())
        self.assertEqual(('a:b', 'east/DC', 'gold', 7, vcenter.TIB),
                         (row['name'], row['datacenter'], row['pod'],
                          row['free'], row['capacity']))


class AdminTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        seen = self.seen = []

        class Handler(BaseHTTPRequestHandler):

            def do_POST(self):
                length = int(self.headers['Content-Length'])
                seen.append((self.path, json.loads(self.rfile.read(length))))
                self.send_response(400)
                self.end_headers()
                self.wfile.write(b'there is no such thing')

            def log_message(self, *args):
                pass

        server = HTTPServer(('127.0.0.1', 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.admin = vcenter.Admin(f'http://127.0.0.1:{server.server_port}')

    def test_what_is_refused_is_told(self):
        with self.assertRaisesRegex(ValueError, '/fault: there is no such'):
            self.admin.fault('PUT', status=503, count=-1)
        self.assertEqual(
            [('/fault', {'method': 'PUT', 'status': 503, 'count': -1})],
            self.seen)
