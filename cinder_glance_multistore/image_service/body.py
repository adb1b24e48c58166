"""The body of an upload: sized where it can be, and whole each time it is sent.

An HTTP library iterates over the body once for each time it sends it (a
retry after 401, a redirect, our own retry). Each iteration here starts at
the first byte of the source, or fails. Upstream hands the library a stream
that the second sending finds consumed (C1).
"""

import contextlib
import hashlib
import queue
import threading

from cinder_glance_multistore.transfer import errors as transfer_errors
from cinder_glance_multistore.transfer import native
from cinder_glance_multistore.transfer import sockets

CHUNK_SIZE = 1024 * 1024
# Chunks read ahead while one is being sent.
_AHEAD = 2
# Bytes of a file sent in one go, which nothing but an error ends earlier.
PART_SIZE = 64 * 1024 * 1024


class Unreadable(Exception):
    """The body could not be read; :attr:`Body.error` says why.

    No ``OSError``, whatever the reason: an HTTP library takes one of the disk
    for one of the connection, and urllib3 passes over a BrokenPipeError or
    ECONNRESET and waits for an answer to a request that it sent in part.
    """


class Body:
    """Iterates over a source's bytes in chunks, reading and hashing ahead.

    Reading and hashing happen in a thread beside the one that sends. What
    goes wrong there is kept in :attr:`error`, and :class:`Unreadable` is
    raised through the HTTP library.

    :param source: a :class:`~cinder_glance_multistore.transfer.sources.Source`
    :param algorithm: a ``hashlib`` name, or None for no hash
    :ivar sent: bytes handed out since the last start
    :ivar complete: whether the last iteration reached the end
    :ivar error: the exception that ended the last iteration, or None
    :ivar checksum: None: md5 is Glance's business
    """

    checksum = None

    def __init__(self, source, algorithm=None):
        self._source = source
        self.algorithm = algorithm
        self._hash = None
        self._reader = None
        self.sent = 0
        self.complete = False
        self.error = None

    def __repr__(self):
        # HTTP libraries put bodies into debug logs.
        return f'<{type(self).__name__} of {self._source.name}>'

    def hexdigest(self):
        """The hash of what was sent, once complete; None if not asked for."""
        return self._hash.hexdigest() if self._hash else None

    def __iter__(self):
        try:
            yield from self._chunks()
        except Exception as e:
            self.error = e
            raise Unreadable(str(e)) from e

    def parts(self):
        """Return an iterator over the body for a connection that knows Parts.

        Its items are :class:`~.sockets.Part` objects where the source lies in
        a file, else chunks of bytes; to be sent one after the other.
        """
        extent = self._source.extent()
        if extent is None or self._source.size is None:
            return iter(self)
        return self._parts(*extent)

    def _parts(self, fd, offset):
        self._begin()
        while self.sent < self._source.size:
            size = min(self._source.size - self.sent, PART_SIZE)
            part = sockets.Part(fd, offset + self.sent, size,
                                self._source.name, self._hash)
            yield part
            self.sent += size
        self.complete = True

    def _begin(self):
        self.close()
        self._source.rewind()
        self.sent = 0
        self.complete = False
        self.error = None
        self._hash = (hashlib.new(self.algorithm, usedforsecurity=False)
                      if self.algorithm else None)

    def _chunks(self):
        self._begin()
        self._reader = reader = _Reader(self._source, self._hash)
        try:
            for chunk in reader:
                self.sent += len(chunk)
                yield chunk
            self.complete = True
        finally:
            reader.stop()

    def close(self):
        """Stop reading. When this returns the source is not used any more.

        To be called when a sending ended in an exception: the sender's
        iterator may live on in its traceback.
        """
        if self._reader is not None:
            self._reader.stop()


class SizedBody(Body):
    """A body whose length is known: sent with ``Content-Length``."""

    def __len__(self):
        return self._source.size

    def __bool__(self):
        # An empty body is a body: len() must not make it false.
        return True


class _Reader:
    """Reads and hashes a source in a thread, a bounded number of chunks ahead.
    """

    def __init__(self, source, hasher):
        self._source = source
        self._hasher = hasher
        self._chunks = queue.Queue(_AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True,
                                        name='multistore-read')
        self._thread.start()

    def __iter__(self):
        while True:
            chunk = self._chunks.get()
            if isinstance(chunk, BaseException):
                raise chunk
            if not chunk:
                return
            yield chunk

    def stop(self):
        self._stopped.set()
        while self._thread.is_alive():
            # It may be waiting for room.
            with contextlib.suppress(queue.Empty):
                self._chunks.get_nowait()
            self._thread.join(0.01)

    def _run(self):
        try:
            for chunk in self._read():
                if self._stopped.is_set():
                    return
                self._chunks.put(chunk)
            self._chunks.put(b'')
        except BaseException as e:
            self._chunks.put(e)

    def _read(self):
        source, left = self._source, self._source.size
        while left is None or left:
            size = CHUNK_SIZE if left is None else min(CHUNK_SIZE, left)
            chunk = source.read(size)
            if not chunk:
                if left:
                    raise transfer_errors.SourceChanged(
                        source.name, source.size, source.size - left)
                return
            if self._hasher is not None:
                native.run(self._hasher.update, chunk)
            if left is not None:
                left -= len(chunk)
            yield chunk


def of(source, algorithm=None, sized=True):
    """Return the body of a source: sized if the source knows its size.

    :param sized: False to keep the size from Glance and its store
    """
    cls = SizedBody if sized and source.size is not None else Body
    return cls(source, algorithm)
