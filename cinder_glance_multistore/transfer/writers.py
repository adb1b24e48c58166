"""Writers: where bits are written to.

What stands under the final name is whole. Upstream writes to it from the
first byte on, so that a killed upload leaves a truncated image there and
every retry is refused as a duplicate (G4).
"""

import contextlib
import errno
import logging
import os

from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.transfer import linux
from cinder_glance_multistore.transfer import native

LOG = logging.getLogger(__name__)

#: Bytes of zeros that become a hole, where holes are wanted.
HOLE_SIZE = 64 << 10

#: Bytes after which the kernel is asked to begin writing to the disk.
_WRITEBACK_SIZE = 32 << 20

_ZEROS = bytes(HOLE_SIZE)
_MANY_ZEROS = bytes(1 << 20)

# A file system that does not know the call, or not for this file.
_UNSUPPORTED = frozenset((
    errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY,
    errno.EXDEV, errno.EPERM, errno.ENODEV, errno.EBADF, errno.ETXTBSY))


def _flush(fd):
    # NFS says when a descriptor is closed what went wrong with the writes.
    os.close(os.dup(fd))


def default_mode():
    """Return the permission an ordinary new file gets: 0666 less the umask.

    Read, for to ask ``os.umask()`` is to set it, for all threads.
    """
    with contextlib.suppress(OSError, ValueError, StopIteration), \
            open('/proc/self/status') as status:
        return 0o666 & ~int(next(
            line.split()[1] for line in status
            if line.startswith('Umask:')), 8)
    return 0o600


class AtomicFile:
    """A file that appears under its name when it is whole, or never.

    A context manager: entering creates the temporary file beside the final
    name, leaving without :meth:`commit` removes it. Not for several threads
    at once. Raises the ``OSError`` of the call that failed; no space is
    ENOSPC or EDQUOT, found out by :meth:`reserve` before the first byte where
    the size is known.

    :param path: the final name; its directory must exist
    :param size: bytes it will have, or None if not known
    :param mode: permission bits it gets; None for :func:`default_mode`
    :param durable: whether :meth:`commit` returns only when file and name
        are on the disk
    :param preallocate: whether :meth:`reserve` sets disk aside for ``size``
        bytes, where the file system can
    :param sparse: whether zeros become holes (64 KiB and more, as thin
        provisioning wants it); then nothing is preallocated
    :ivar position: bytes written so far, holes included
    :ivar preallocated: bytes of disk that are set aside
    """

    def __init__(self, path, *, size=None, mode=None, durable=True,
                 preallocate=True, sparse=False):
        self.path = os.fspath(path)
        self.position = 0
        self.preallocated = 0
        self._directory, self._name = os.path.split(self.path)
        self._size = size
        self._mode = default_mode() if mode is None else mode
        self._durable = durable
        self._preallocate = preallocate
        self._sparse = sparse
        self._temporary = None
        self._dir_fd = None
        self._fd = None
        self._end = 0
        self._handed_over = 0

    def __enter__(self):
        self._dir_fd = os.open(
            self._directory or '.',
            os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._create()
        except BaseException:
            self.abort()
            raise
        return self

    def __exit__(self, *exc_info):
        self.abort()

    def fileno(self):
        """Return the descriptor; it can be read from, too."""
        return self._fd

    def _create(self):
        with contextlib.suppress(FileNotFoundError):
            os.stat(self._name, dir_fd=self._dir_fd, follow_symlinks=False)
            self._raise(errno.EEXIST)
        self._temporary = leftovers.new_name(self._name)
        self._fd = os.open(
            self._temporary,
            os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC,
            0o600, dir_fd=self._dir_fd)
        leftovers.lock(self._fd)

    def _raise(self, number):
        raise OSError(number, os.strerror(number), self.path)

    def reserve(self):
        """Fail now if the disk cannot take ``size`` bytes.

        The disk is set aside where that is wanted and possible.

        :raises OSError: ENOSPC
        """
        if not self._size or self._sparse:
            # How much of it is holes is not known yet.
            return
        status = native.run(os.fstatvfs, self._fd)
        if self._size > status.f_bavail * status.f_frsize:
            # Not left to fallocate: ext4 first gives out all there is, so
            # that other uploads find the disk full for that moment.
            self._raise(errno.ENOSPC)
        if not self._preallocate:
            return
        try:
            native.run(linux.fallocate, self._fd, self._size)
        except OSError as exc:
            if exc.errno not in _UNSUPPORTED:
                raise
            return
        self.preallocated = self._size

    def clone(self, fd):
        """Share the blocks of another file on this file system (reflink).

        :returns: False, and nothing is done, where that is not possible
        """
        try:
            # The source's dirty pages are written to the disk first.
            native.run(linux.clone, fd, self._fd)
        except OSError as exc:
            if exc.errno not in _UNSUPPORTED:
                raise
            return False
        self.position = self._end = os.fstat(self._fd).st_size
        return True

    def write(self, buf):
        """Write all of ``buf`` at the end."""
        if self._sparse:
            self._write_sparse(buf)
        else:
            self._write_at(self.position, buf)
        self.position += len(buf)
        if (self._durable and
                self.position - self._handed_over >= _WRITEBACK_SIZE):
            self._begin_writeback()

    def skip(self, size):
        """Append ``size`` zero bytes that take no disk."""
        self.position += size

    def _write_at(self, offset, buf):
        written = os.pwrite(self._fd, buf, offset)
        if written < len(buf):
            rest = memoryview(buf)
            while written < len(buf):
                written += os.pwrite(self._fd, rest[written:],
                                     offset + written)
        self._end = offset + written

    def _write_sparse(self, buf):
        if isinstance(buf, memoryview):
            # Views compare byte by byte, forty times slower.
            buf = bytes(buf)
        if buf == _MANY_ZEROS:
            return
        view = memoryview(buf)
        begin = None
        for offset in range(0, len(buf), HOLE_SIZE):
            left = len(buf) - offset
            zeros = _ZEROS if left >= HOLE_SIZE else _ZEROS[:left]
            if buf.startswith(zeros, offset):
                if begin is not None:
                    self._write_at(self.position + begin, view[begin:offset])
                    begin = None
            elif begin is None:
                begin = offset
        if begin is not None:
            self._write_at(self.position + begin, view[begin:])

    def _begin_writeback(self):
        """Let the disk work beside the hashes, not after them in fsync."""
        with contextlib.suppress(OSError):
            linux.start_writeback(self._fd, self._handed_over,
                                  self.position - self._handed_over)
        self._handed_over = self.position

    def commit(self):
        """Give the file its name.

        :raises FileExistsError: if there is a file of that name by now
        """
        if self._end < self.position:
            # It ends in a hole.
            os.ftruncate(self._fd, self.position)
        os.fchmod(self._fd, self._mode)
        native.run(os.fsync if self._durable else _flush, self._fd)
        self._rename()
        leftovers.forget(self._temporary)
        self._temporary = None
        if self._durable:
            try:
                self._sync_directory()
            except BaseException:
                self._take_back()
                raise
        self._close()

    def _rename(self):
        try:
            linux.rename_noreplace(self._temporary, self._name, self._dir_fd)
        except OSError as exc:
            if exc.errno == errno.EEXIST:
                self._raise(errno.EEXIST)
            if exc.errno not in _UNSUPPORTED:
                raise
        else:
            return
        # NFS, and kernels before 3.15: a second name, which never replaces
        # one either, and then the first is taken away.
        try:
            os.link(self._temporary, self._name, src_dir_fd=self._dir_fd,
                    dst_dir_fd=self._dir_fd, follow_symlinks=False)
        except FileExistsError:
            # An NFS client repeats a request whose answer was lost, and is
            # then told that its own first one is in the way.
            if not self._is_ours():
                self._raise(errno.EEXIST)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._temporary, dir_fd=self._dir_fd)

    def _is_ours(self):
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(
                os.fstat(self._fd),
                os.stat(self._name, dir_fd=self._dir_fd,
                        follow_symlinks=False))
        return False

    def _sync_directory(self):
        try:
            native.run(os.fsync, self._dir_fd)
        except OSError as exc:
            if exc.errno not in _UNSUPPORTED:
                raise

    def _take_back(self):
        """Remove the final name again: it may not outlast a power cut."""
        try:
            if self._is_ours():
                os.unlink(self._name, dir_fd=self._dir_fd)
        except OSError:
            LOG.exception('%s may not be on the disk and cannot be removed',
                          self.path)

    def abort(self):
        """Remove what was written; nothing happens after :meth:`commit`."""
        if self._temporary is not None:
            try:
                os.unlink(self._temporary, dir_fd=self._dir_fd)
            except FileNotFoundError:
                pass
            except OSError:
                LOG.exception('%s in %s is left over and cannot be removed',
                              self._temporary, self._directory)
            leftovers.forget(self._temporary)
            self._temporary = None
        self._close()

    def _close(self):
        for name in ('_fd', '_dir_fd'):
            fd = getattr(self, name)
            setattr(self, name, None)
            if fd is not None:
                with contextlib.suppress(OSError):
                    os.close(fd)
