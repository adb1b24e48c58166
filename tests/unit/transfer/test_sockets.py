"""A file's bytes through a socket, by the kernel or through a hash."""

import contextlib
import errno
import hashlib
import os
import socket
import tempfile
import threading
from unittest import mock

import ddt

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import sockets
from tests.unit.transfer import base

MIB = 1 << 20


class Sink(threading.Thread):
    """Reads a socket to its end."""

    def __init__(self, sock):
        super().__init__(daemon=True)
        self._sock = sock
        self.got = b''

    def run(self):
        parts = []
        with contextlib.suppress(OSError):
            # The test has ended, and closed it.
            while chunk := self._sock.recv(1 << 16):
                parts.append(chunk)
        self.got = b''.join(parts)


@ddt.ddt
class PartTest(base.TestCase):

    def setUp(self):
        super().setUp()
        self.content = os.urandom(3 * MIB + 17)
        self.file = self.enterContext(tempfile.TemporaryFile())
        self.file.write(self.content)
        self.file.flush()
        self.ours, self.theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)
        self.sink = Sink(self.theirs)

    def part(self, offset=0, size=None, hasher=None):
        if size is None:
            size = len(self.content) - offset
        return sockets.Part(self.file.fileno(), offset, size, 'volume v',
                            hasher)

    def sent(self, part):
        self.sink.start()
        part.send(self.ours)
        self.ours.close()
        self.sink.join()
        return self.sink.got

    @ddt.data(None, 120.0)
    def test_all_bytes_arrive_from_the_offset_on(self, timeout):
        # With a time-out, the descriptor does not block.
        self.ours.settimeout(timeout)
        self.assertTrue(self.content[5:MIB + 5] == self.sent(
            self.part(5, MIB)))

    @ddt.data(None, 120.0)
    def test_what_is_hashed_is_what_is_sent(self, timeout):
        self.ours.settimeout(timeout)
        hasher = hashlib.sha512()
        self.assertTrue(self.content == self.sent(self.part(hasher=hasher)))
        self.assertEqual(hashlib.sha512(self.content).digest(),
                         hasher.digest())

    def test_the_position_of_the_file_stays(self):
        self.file.seek(42)
        self.sent(self.part())
        self.assertEqual(42, self.file.tell())

    def test_a_file_the_kernel_cannot_send_is_read(self):
        with mock.patch.object(os, 'sendfile', side_effect=OSError(
                errno.EINVAL, 'no')):
            self.assertTrue(self.content == self.sent(self.part()))

    @ddt.data(None, 'sha512')
    def test_a_file_that_has_become_shorter_is_told_as_such(self, algorithm):
        self.file.truncate(MIB)
        self.sink.start()
        error = self.assertRaises(
            sockets.Unreadable, self.part(
                hasher=algorithm and hashlib.new(algorithm)).send, self.ours)
        self.assertIsInstance(error.__cause__, errors.SourceChanged)

    @ddt.data('sendfile', 'pread')
    def test_an_error_of_the_disk_is_not_one_of_the_connection(self, call):
        broken = OSError(errno.EIO, 'the disk is broken')
        hasher = hashlib.sha512() if call == 'pread' else None
        with mock.patch.object(os, call, side_effect=broken):
            error = self.assertRaises(
                sockets.Unreadable, self.part(hasher=hasher).send, self.ours)
        self.assertIs(broken, error.__cause__)

    @ddt.data(None, 'sha512')
    def test_a_closed_connection_is_an_error_of_it(self, algorithm):
        self.theirs.close()
        self.assertRaises(
            ConnectionError, self.part(
                hasher=algorithm and hashlib.new(algorithm)).send, self.ours)

    @ddt.data(None, 'sha512')
    def test_who_takes_nothing_is_given_up(self, algorithm):
        self.ours.settimeout(0.1)
        error = self.assertRaises(
            TimeoutError, self.part(
                hasher=algorithm and hashlib.new(algorithm)).send, self.ours)
        self.assertIn('0.1 seconds', str(error))
