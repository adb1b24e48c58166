"""What the tests of this room share."""

import hashlib
import os
import random
import tempfile
import time

import testtools

MIB = 1 << 20


def data(size, seed=0):
    """Return ``size`` bytes, the same ones for the same seed."""
    return random.Random(seed).randbytes(size)


def digests(content, algorithm='sha512'):
    return (hashlib.md5(content, usedforsecurity=False).hexdigest(),
            hashlib.new(algorithm, content).hexdigest())


class Stream:
    """A stream that does not seek, as a request's body is.

    :param bits: most bytes that one read answers
    :param fail_at: byte at which ``error`` is raised
    """

    def __init__(self, content, bits=1 << 30, fail_at=None, error=None):
        self._content = memoryview(content)
        self._bits = bits
        self._fail_at = fail_at
        self._error = error
        self.position = 0

    def read(self, size):
        if self._fail_at is not None and self.position >= self._fail_at:
            raise self._error
        size = min(size, self._bits)
        if self._fail_at is not None:
            size = min(size, self._fail_at - self.position)
        buf = bytes(self._content[self.position:self.position + size])
        self.position += len(buf)
        return buf


class Fixed:
    """A governor that allows what it is told."""

    def __init__(self, helpers):
        self.allowed = helpers
        self.uploads = 0

    def begin(self, green=False):
        self.uploads += 1

    def end(self, green=False):
        self.uploads -= 1

    def helpers(self, green=False):
        return self.allowed


class TestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = temporary.name

    def path(self, name='image'):
        return os.path.join(self.directory, name)

    def make(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content)
        return self.path(name)

    def content(self, name='image'):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def assert_nothing_left(self):
        self.assertEqual([], os.listdir(self.directory))

    def wait_for(self, condition, seconds=120):
        """Wait until a condition holds, and fail if it never does."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail(f'not within {seconds} s')
            time.sleep(0.005)
