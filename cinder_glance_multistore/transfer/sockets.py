"""A file's bytes to a connected socket, in native threads.

Through an HTTP library each byte passes Python several times, and in a
service that eventlet patched also the hub. Here the kernel sends it from the
page cache (sendfile), or, where it is hashed on its way, one read gives it to
the hash and to the socket side by side.
"""

import errno
import os
import select
import time

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import native
from cinder_glance_multistore.transfer import pipeline

#: Bytes handed to the kernel at a time.
_AT_ONCE = 8 << 20

# sendfile(2) of a file that cannot be mapped: FUSE's direct I/O, procfs.
_NO_SENDFILE = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP))


class Unreadable(Exception):
    """The file could not be read; ``__cause__`` says why.

    No ``OSError``: the one of a disk is not the one of a connection, and who
    sends must know which it was.
    """


class Part:
    """``size`` bytes of an open file, from ``offset`` on.

    Never empty, and true: what sends chunks passes over false ones.

    :param fd: of a regular file or block device; its position is not used
    :param name: what to call the file in messages
    :param hasher: is given every byte that is sent, or None
    """

    def __init__(self, fd, offset, size, name, hasher=None):
        self._fd = fd
        self._offset = offset
        self._size = size
        self._name = name
        self._hasher = hasher

    def __len__(self):
        return self._size

    def send(self, sock):
        """Send all of it; the hub of a patched service runs meanwhile.

        :param sock: a connected socket without TLS. Its time-out is the
            longest that the other side may take nothing.
        :raises Unreadable: the file could not be read, or has ended
        :raises OSError: of the connection; TimeoutError is one
        """
        native.run(self._send, sock.fileno(), sock.gettimeout())

    def _send(self, sock_fd, timeout):
        # Looked up here: eventlet takes poll() away, and puts a write() in
        # place that switches green threads.
        writer = _Writer(sock_fd, timeout)
        if self._hasher is None:
            self._by_kernel(writer)
        else:
            self._by_hand(writer, [pipeline.hash_lane(self._hasher)])

    def _by_kernel(self, writer):
        while self._size:
            writer.wait()
            try:
                sent = os.sendfile(writer.fd, self._fd, self._offset,
                                   min(self._size, _AT_ONCE))
            except BlockingIOError:
                continue
            except OSError as error:
                if error.errno in _NO_SENDFILE:
                    self._by_hand(writer, [])
                    return
                if error.errno in (errno.EIO, errno.ESTALE):
                    raise Unreadable(str(error)) from error
                raise
            if not sent:
                self._ended()
            self._offset += sent
            self._size -= sent

    def _by_hand(self, writer, lanes):
        pipeline.run(self, [*lanes, pipeline.Lane(writer.write)])

    def _ended(self):
        error = errors.SourceChanged(
            self._name, self._offset + self._size, self._offset)
        raise Unreadable(str(error)) from error

    # What the pipeline asks of a source.

    def hole(self):
        return 0

    def read(self, size):
        if not self._size:
            return b''
        try:
            found = os.pread(self._fd, min(size, self._size), self._offset)
        except OSError as error:
            raise Unreadable(str(error)) from error
        if not found:
            self._ended()
        self._offset += len(found)
        self._size -= len(found)
        return found


class _Writer:
    """Writes to a socket from a native thread, blocking or not."""

    def __init__(self, fd, timeout):
        self.fd = fd
        self._timeout = timeout
        self._write = native.original(os).write
        self._poll = native.original(select).poll()
        self._poll.register(fd, select.POLLOUT)

    def wait(self):
        """Return when the socket takes bytes, or is broken.

        :raises TimeoutError: it takes none
        """
        deadline = (None if self._timeout is None
                    else time.monotonic() + self._timeout)
        while True:
            left = (None if deadline is None
                    else max(deadline - time.monotonic(), 0) * 1000)
            if self._poll.poll(left):
                return
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(
                    errno.ETIMEDOUT,
                    f'the other side took nothing for {self._timeout:g} '
                    f'seconds')

    def write(self, buf):
        view = memoryview(buf)
        while view:
            self.wait()
            try:
                view = view[self._write(self.fd, view):]
            except BlockingIOError:
                continue
