"""A fake Image API, and glanceclient's two ways to talk to it."""

import hashlib
import io
import os
import tempfile
import threading

import fixtures
import glanceclient
from keystoneauth1 import noauth
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
import testtools

from cinder_glance_multistore.image_service import upload
from cinder_glance_multistore.transfer import sources
from tests.fakes import image_api

MIB = 1024 * 1024

NOAUTH = 'noauth'
SESSION = 'session'
TOKEN = 'token'
CLIENTS = (NOAUTH, SESSION, TOKEN)


def client(api, kind=NOAUTH, timeout=60):
    """A glanceclient as Cinder makes it, with keystoneauth or without."""
    if kind == NOAUTH:
        return glanceclient.Client('2', api.url, timeout=timeout,
                                   token='a-token')
    if kind == TOKEN:
        auth = token_endpoint.Token(api.url, 'a-token')
    else:
        auth = noauth.NoAuth(endpoint=api.url)
    return glanceclient.Client(
        '2', api.url, auth=auth, session=session.Session(timeout=timeout))


class Pipe:
    """Bytes that can be read once, and counts who closes it."""

    def __init__(self, data):
        self._stream = io.BytesIO(data)

    def read(self, size):
        return self._stream.read(size)


class TestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        self.api = self.useFixture(image_api.ImageApi())
        self.image_id = self.api.add()
        self.slept = []

    def connect(self, kind=NOAUTH):
        return lambda timeout=None: client(self.api, kind)

    def file(self, size=3 * MIB + 17):
        """A file with random bytes; its hash is ``self.digest``."""
        data = os.urandom(size)
        self.digest = hashlib.sha512(data).hexdigest()
        stream = self.enterContext(tempfile.TemporaryFile())
        stream.write(data)
        stream.seek(0)
        return stream

    def source(self, size=3 * MIB + 17):
        return sources.Source(self.file(size), 'volume v')

    def uploader(self, attempts=4, settle_time=1.0, **kwargs):
        return upload.Uploader(attempts, settle_time=settle_time,
                               sleep=self._sleep, **kwargs)

    def _sleep(self, seconds):
        # A pause proves nothing; Glance's own pace is what settle() needs.
        self.slept.append(seconds)
        threading.Event().wait(min(seconds, 0.05))

    def assertNoReaders(self):
        """No thread of a body is left."""
        self.assertEqual(
            [], [thread.name for thread in threading.enumerate()
                 if thread.name == 'multistore-read'])
