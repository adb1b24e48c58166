"""Bodies of files, sent by native threads; all others as ever."""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import textwrap
from unittest import mock

import ddt
from glanceclient import exc
import requests
from requests import adapters

from cinder_glance_multistore.image_service import body as bodies
from cinder_glance_multistore.image_service import put
from cinder_glance_multistore.image_service import wire
from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import sockets
from cinder_glance_multistore.transfer import sources
from tests.fakes import image_api
from tests.unit.image_service import base

_SCRIPT = textwrap.dedent('''
    import warnings
    warnings.simplefilter('ignore')
    import eventlet
    eventlet.monkey_patch()
    from eventlet import tpool
    import sys
    import glanceclient
    from cinder_glance_multistore.image_service import body as bodies
    from cinder_glance_multistore.image_service import put
    from cinder_glance_multistore.transfer import sockets, sources

    url, image_id, path, algorithm = sys.argv[1:]
    turns = []

    def tick():
        while True:
            eventlet.sleep(0)
            turns.append(1)

    sent, send = [], sockets.Part.send

    def counted(part, sock):
        before = len(turns)
        send(part, sock)
        sent.append(len(turns) - before)

    sockets.Part.send = counted
    eventlet.spawn(tick)
    with open(path, 'rb') as f:
        body = bodies.of(sources.Source(tpool.Proxy(f)), algorithm or None)
        put.put(glanceclient.Client('2', url, token='t'), image_id, body)
    assert sent and all(sent), sent
    assert body.complete
    print(body.hexdigest())
''')


@ddt.ddt
class TestWire(base.TestCase):

    def setUp(self):
        super().setUp()
        self.parts = []
        send = sockets.Part.send

        def watched(part, sock):
            self.parts.append(len(part))
            send(part, sock)
        self.enterContext(mock.patch.object(sockets.Part, 'send', watched))

    def put(self, source, kind=base.NOAUTH, algorithm=None):
        self.body = bodies.of(source, algorithm)
        put.put(base.client(self.api, kind), self.image_id, self.body)

    @ddt.data(*((kind, algorithm) for kind in base.CLIENTS
                for algorithm in (None, 'sha512')))
    @ddt.unpack
    def test_a_file_goes_in_parts(self, kind, algorithm):
        with mock.patch.object(bodies, 'PART_SIZE', base.MIB):
            self.put(self.source(), kind, algorithm)
        self.assertEqual([base.MIB, base.MIB, base.MIB, 17], self.parts)
        self.assertTrue(self.body.complete)
        self.assertEqual(3 * base.MIB + 17, self.body.sent)
        self.assertEqual(self.digest, self.api.puts[0].sha512)
        if algorithm:
            self.assertEqual(self.digest, self.body.hexdigest())

    def test_from_where_the_file_stood(self):
        stream = self.file()
        stream.seek(base.MIB)
        rest = stream.read()
        stream.seek(base.MIB)
        self.put(sources.Source(stream))
        self.assertEqual(hashlib.sha512(rest).hexdigest(),
                         self.api.puts[0].sha512)
        self.assertEqual([len(rest)], self.parts)

    def test_what_is_no_file_goes_in_chunks(self):
        self.put(sources.Source(io.BytesIO(b'x' * base.MIB)))
        self.assertEqual([], self.parts)
        self.assertEqual(base.MIB, self.api.puts[0].received)

    @ddt.data(*((kind, algorithm) for kind in base.CLIENTS
                for algorithm in (None, 'sha512')))
    @ddt.unpack
    def test_a_file_of_which_the_size_is_kept_back_goes_in_chunks(
            self, kind, algorithm):
        body = bodies.of(self.source(), algorithm, sized=False)
        put.put(base.client(self.api, kind), self.image_id, body)
        self.assertEqual([], self.parts)
        self.assertTrue(body.complete)
        self.assertEqual(self.digest, self.api.puts[0].sha512)

    @ddt.data(None, 'sha512')
    def test_a_file_cut_while_it_is_sent_is_no_broken_connection(
            self, algorithm):
        stream = self.file()
        source = sources.Source(stream, 'volume v')
        stream.truncate(base.MIB)
        error = self.assertRaises(errors.SourceChanged, self.put, source,
                                  algorithm=algorithm)
        self.assertIn('volume v', str(error))
        self.assertFalse(self.body.complete)

    @ddt.data(*base.CLIENTS)
    def test_a_glance_that_takes_nothing_is_given_up(self, kind):
        self.api.overrides.append(
            ('PUT .*/file', image_api.hang))
        source = self.source(64 * base.MIB)
        client = base.client(self.api, kind, timeout=0.3)
        self.assertRaises(
            exc.CommunicationError, put.put, client, self.image_id,
            bodies.of(source))

    def test_an_adapter_of_somebody_else_stays(self):
        class Theirs(adapters.HTTPAdapter):
            pass
        theirs = Theirs()
        session = requests.Session()
        session.mount('http://', theirs)
        wire.mount(session)
        self.assertIs(theirs, session.get_adapter('http://glance/'))

    def test_through_a_proxy_it_goes_in_chunks(self):
        body = bodies.of(self.source())
        request = requests.Request(
            'PUT', 'http://glance/v2/images/i/file', data=body).prepare()
        with mock.patch.object(adapters.HTTPAdapter, 'send') as send:
            wire.Adapter().send(request, proxies={'http': 'http://proxy:1'})
            wire.Adapter().send(request, proxies={})
        through_proxy, direct = (call.args[0].body
                                 for call in send.call_args_list)
        self.assertIs(body, through_proxy)
        self.assertIsInstance(next(direct), sockets.Part)

    def test_https_is_left_alone(self):
        session = requests.Session()
        before = session.get_adapter('https://glance/')
        wire.mount(session)
        self.assertIs(before, session.get_adapter('https://glance/'))

    @ddt.data('', 'sha512')
    def test_under_eventlet_the_hub_runs_meanwhile(self, algorithm):
        # Cinder hands a file in eventlet's proxy, which is no file.
        path = self.enterContext(tempfile.NamedTemporaryFile())
        path.write(self.file(16 * base.MIB).read())
        path.flush()
        done = subprocess.run(
            [sys.executable, '-c', _SCRIPT, self.api.url, self.image_id,
             path.name, algorithm], capture_output=True, text=True,
            timeout=300, env={**os.environ, 'PYTHONPATH': os.getcwd()})
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(self.digest, self.api.puts[0].sha512)
        self.assertEqual(self.digest if algorithm else 'None',
                         done.stdout.strip())
