"""Sources: what bits are read from.

A source knows its size or says that it does not, and starts again from its
first byte or says that it cannot. That is all a sender needs to state the
size before it sends, and to try again without sending less: upstream's retry
goes on with the consumed stream (C1).
"""

import errno
import io
import os
import stat

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import native


class Source:
    """A readable object with a size and a way back to its start.

    Wraps any binary file-like object: a regular file, a block device, an
    RBD volume's reader, a pipe, or a proxy of one of these; or an iterable
    of bytes. Sizes are found by seeking to the end, so that block devices
    (whose ``st_size`` is 0) have one too. The source starts where the object
    stands, not at byte 0 of the file behind it. The caller keeps and closes
    the object.

    An object that cannot seek, or whose end is where it stands, has no size
    and does not rewind: oslo.vmware's handles have a ``tell()`` that counts,
    and a ``seek()`` that takes no ``whence`` and does nothing.

    :raises OSError: the object went to its end and cannot go back

    :ivar size: bytes from the start to the end, or None if not known
    :ivar rewindable: whether :meth:`rewind` can work after a read
    :ivar consumed: bytes read since the start or the last rewind
    :ivar error: what reading raised last, or None: an ``OSError`` of the
        sender's is not one of the disk that is written to
    :ivar name: what to call the source in messages
    """

    def __init__(self, data, name=None):
        data = native.unwrap(data)
        self.name = name or str(getattr(data, 'name', None) or 'the source')
        if not hasattr(data, 'read'):
            data = _Chunks(data)
        self._data = data
        self.consumed = 0
        self.error = None
        self.size = None
        self.rewindable = False
        self._start = None
        self._extent_fd = None
        self._holes_fd = None
        self._data_end = 0
        try:
            start = data.tell()
            end = data.seek(0, os.SEEK_END)
            if end is None:
                # Not every seek() returns the position.
                end = data.tell()
        except (AttributeError, NotImplementedError, OSError, TypeError,
                ValueError):
            return
        if end <= start:
            return
        data.seek(start)
        self._start = start
        self.size = end - start
        self.rewindable = True
        self._extent_fd = _plain_fd(native.behind(data))
        self._holes_fd = _regular(self._extent_fd)

    def read(self, size):
        """Return at most ``size`` bytes, ``b''`` at the end.

        :raises: what the object raises
        """
        if self._holes_fd is not None:
            # Not across the start of the next hole that hole() saw.
            ahead = self._data_end - self._start - self.consumed
            if 0 < ahead < size:
                size = ahead
        try:
            buf = self._data.read(size)
        except BaseException as exc:
            self.error = exc
            raise
        self.consumed += len(buf)
        return buf

    def hole(self):
        """Return the bytes of the hole that begins here, 0 if none does.

        A hole reads as zeros and takes no disk. Only those of regular files
        are known; never reading them saves the time, and :meth:`skip` goes
        past them.
        """
        if self._holes_fd is None:
            return 0
        here = self._start + self.consumed
        if here < self._data_end:
            return 0
        end = self._start + self.size
        if here >= end:
            return 0
        try:
            data = self._seek_raw(here, os.SEEK_DATA)
        except OSError as exc:
            if exc.errno != errno.ENXIO:
                # A file system without holes.
                self._holes_fd = None
                return 0
            # No data from here on.
            return self._left(here, end)
        if data > here:
            return min(data, end) - here
        try:
            self._data_end = self._seek_raw(here, os.SEEK_HOLE)
        except OSError:
            self._holes_fd = None
        return 0

    def skip(self, size):
        """Go past ``size`` bytes of a hole; they count as consumed."""
        self.consumed += size
        self._data.seek(self._start + self.consumed)

    def rewind(self):
        """Go back to the start; nothing happens where nothing was read.

        :raises NotRewindable: if bytes were read and the object cannot seek
        """
        if not self.consumed:
            return
        if not self.rewindable:
            raise errors.NotRewindable(self.name, self.consumed)
        self._data.seek(self._start)
        self.consumed = 0
        self._data_end = 0

    def whole_file(self):
        """Return the descriptor if this is a regular file from byte 0.

        None for everything else, and when bytes were read already.
        """
        if self._holes_fd is None or self._start or self.consumed:
            return None
        return self._holes_fd

    def extent(self):
        """Return where the bytes lie in a file or block device.

        :returns: (descriptor, offset of the first byte), or None. The bytes
            end ``size`` bytes further on; reading them there moves nothing.
        """
        if self._extent_fd is None:
            return None
        return self._extent_fd, self._start

    def _left(self, here, end):
        # The file may have been cut since its size was taken; then these
        # are no zeros, and reading finds the end.
        size = os.fstat(self._holes_fd).st_size
        return max(min(size, end) - here, 0)

    def _seek_raw(self, offset, whence):
        """Look for a hole behind the back of a buffered reader."""
        stood = os.lseek(self._holes_fd, 0, os.SEEK_CUR)
        try:
            return os.lseek(self._holes_fd, offset, whence)
        finally:
            os.lseek(self._holes_fd, stood, os.SEEK_SET)


def _plain_fd(data):
    """Return the descriptor of a file or device that is read as it lies.

    By exact type: a decompressing or decrypting reader has a ``fileno()``
    too, that of other bytes than it gives.
    """
    raw = data.raw if type(data) in (io.BufferedReader, io.BufferedRandom) \
        else data
    if type(raw) is not io.FileIO:
        return None
    fd = raw.fileno()
    mode = os.fstat(fd).st_mode
    return fd if stat.S_ISREG(mode) or stat.S_ISBLK(mode) else None


def _regular(fd):
    """Return the descriptor if it is a regular file's, which has holes."""
    if fd is None or not stat.S_ISREG(os.fstat(fd).st_mode):
        return None
    return fd


class _Chunks:
    """``read()`` for an iterable of bytes, without joining what it gives."""

    def __init__(self, chunks):
        self._chunks = iter(chunks)
        self._rest = memoryview(b'')

    def read(self, size):
        while not self._rest:
            try:
                chunk = next(self._chunks)
            except StopIteration:
                return b''
            if len(chunk) <= size:
                if chunk:
                    return chunk
                continue
            self._rest = memoryview(chunk)
        buf = self._rest[:size]
        self._rest = self._rest[size:]
        return buf
