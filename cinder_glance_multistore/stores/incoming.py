"""The incoming folder of a ``multidir`` directory.

cinder-volume, on a host that shares the file system, writes an image's bytes
into it; Glance's driver adopts the file, that is, moves it out of the folder
to its place. Whoever may write to the folder may put images in, so the folder
says who that is: its owner, and Glance. What lies in it is no image.

All functions raise ``OSError`` of the call that failed, and may be called in
a native thread.
"""

import contextlib
import errno
import os
import stat
import time

from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.transfer import linux

#: No image is called so; see multidir_config.is_image_name().
FOLDER = leftovers.PREFIX + 'incoming'

#: Seconds after which a whole file that nobody has claimed is removed.
LEASE = 24 * 3600.0

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# What renameat2() answers where the file system does not know it.
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Refused(Exception):
    """The file, or the folder, is not to be trusted: why."""


def path(directory):
    """Return the path of a directory's incoming folder."""
    return os.path.join(directory, FOLDER)


def make(directory):
    """Make the folder, for this user and its group; nothing if it is there.
    """
    with contextlib.suppress(FileExistsError):
        os.mkdir(path(directory), 0o770)


def writable(directory):
    """Say whether this user may put files into the folder."""
    try:
        fd = os.open(path(directory), _OPEN_FOLDER)
    except OSError:
        return False
    try:
        return os.access('.', os.W_OK | os.X_OK, dir_fd=fd,
                         effective_ids=True)
    finally:
        os.close(fd)


def has(directory, claim):
    """Say whether the file of a claim waits in the folder."""
    return os.path.lexists(os.path.join(
        path(directory), claims.file_name(claim.image_id, claim.token)))


@contextlib.contextmanager
def opened(directory, claim):
    """Give the descriptor of a claim's file, and a function that adopts it.

    The function takes the image's permission bits, or None to leave them as
    they are, and whether to return only when the move is on the disk. It
    moves the file into the directory under the image's id.
    Nothing that was not looked at is ever under that name for longer than it
    takes to look, and nothing is replaced.

    :raises FileNotFoundError: there is none (any more)
    :raises Refused: it is not a file that may be adopted
    """
    name = claims.file_name(claim.image_id, claim.token)
    with contextlib.ExitStack() as stack:
        def descriptor(*args, **kwargs):
            fd = os.open(*args, **kwargs)
            stack.callback(os.close, fd)
            return fd

        dir_fd = descriptor(directory,
                            os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            folder_fd = descriptor(FOLDER, _OPEN_FOLDER, dir_fd=dir_fd)
            fd = descriptor(name, _OPEN_FILE, dir_fd=folder_fd)
        except OSError as exc:
            if exc.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
                raise Refused('is no regular file in a folder') from exc
            raise
        _check(os.fstat(folder_fd), os.fstat(fd), claim)

        def adopt(mode, durable):
            if mode is not None:
                # Another owner has set them as well as may be.
                with contextlib.suppress(PermissionError):
                    os.fchmod(fd, mode)
            _move(name, claim.image_id, folder_fd, dir_fd)
            found = os.stat(claim.image_id, dir_fd=dir_fd,
                            follow_symlinks=False)
            # Looked at again: somebody may have put another in its place,
            # or a second name to it.
            try:
                if not os.path.samestat(found, os.fstat(fd)):
                    raise Refused('was changed for another')
                _check(os.fstat(folder_fd), found, claim)
                if durable:
                    os.fsync(dir_fd)
            except BaseException:
                os.unlink(claim.image_id, dir_fd=dir_fd)
                raise

        yield fd, adopt


def _move(name, target, folder_fd, dir_fd):
    try:
        linux.rename_noreplace(name, target, folder_fd, dir_fd)
        return
    except OSError as exc:
        if exc.errno not in _UNSUPPORTED:
            raise
    # NFS. An empty file takes the name, so that no other is replaced. Not a
    # second name: the first would stay as .nfs... while the file is open,
    # and fs.protected_hardlinks wants the right to write to the file.
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL
                     | os.O_CLOEXEC, 0o600, dir_fd=dir_fd))
    try:
        os.rename(name, target, src_dir_fd=folder_fd, dst_dir_fd=dir_fd)
    except BaseException:
        os.unlink(target, dir_fd=dir_fd)
        raise


def _check(folder, file, claim):
    if folder.st_mode & stat.S_IWOTH:
        raise Refused('lies in a folder that everybody may write to')
    if not stat.S_ISREG(file.st_mode):
        raise Refused('is no regular file')
    if file.st_uid not in (folder.st_uid, os.geteuid()):
        raise Refused("belongs neither to this user nor to the folder's "
                      'owner')
    if file.st_nlink != 1:
        raise Refused('has another name')
    if file.st_size != claim.size:
        raise Refused(f'has {file.st_size} bytes, not {claim.size}')


def forget(directory, image_id):
    """Remove what waits for an image, whole or not.

    Its writer must be gone, or be the caller.

    :returns: whether there was anything
    """
    start = f'{image_id}~'
    try:
        names = os.listdir(path(directory))
    except FileNotFoundError:
        return False
    removed = False
    for name in names:
        if name.startswith(start) or (
                name.startswith(leftovers.PREFIX) and f'~{start}' in name):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(path(directory), name))
                removed = True
    return removed


def sweep(directory):
    """Remove what nobody claims any more, and what killed writers left.

    Its writer removes a file that came to nothing; this is for a writer that
    never came back.

    :returns: :class:`~..transfer.leftovers.TemporaryFile` objects that are
        gone, of killed writers
    """
    folder = path(directory)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                # One that cannot be removed, a directory that is none of
                # ours, does not keep those after it.
                with contextlib.suppress(OSError):
                    if not entry.name.startswith(leftovers.PREFIX) and (
                            time.time() - entry.stat(
                                follow_symlinks=False).st_mtime > LEASE):
                        os.unlink(entry.path)
    except FileNotFoundError:
        return []
    return leftovers.sweep(folder)


class Unread:
    """Some bytes of a file, read when somebody wants to see them.

    Glance looks at what an upload is made of, and looks at few places only.
    Given these in place of bytes, it can, and nothing is read but those.
    """

    def __init__(self, fd, offset, size):
        self._fd = fd
        self._offset = offset
        self._size = size

    def __len__(self):
        return self._size

    def __bytes__(self):
        return os.pread(self._fd, self._size, self._offset)

    def __getitem__(self, key):
        if isinstance(key, slice):
            start, stop, step = key.indices(self._size)
            if step == 1:
                return os.pread(self._fd, max(stop - start, 0),
                                self._offset + start)
        return bytes(self)[key]

    def __radd__(self, other):
        return other + bytes(self)


class Body:
    """The body of an upload that presents a claim.

    Gives nothing until the driver has opened the file of the claim: a driver
    of another type, or one that is not asked to adopt, gets an error and not
    an empty image.
    """

    # Where image formats have what tells them, and where they end.
    _HEAD = 4 << 20
    _TAIL = 1 << 20
    _HEAD_PIECE = 1 << 20
    _PIECE = 64 << 20

    def __init__(self, size):
        self.size = size
        self._fd = None
        self._position = 0

    def open(self, fd):
        """Have :meth:`read` give the file, from its start."""
        self._fd = fd
        self._position = 0

    def close(self):
        """Have it give nothing any more."""
        self._fd = None

    def seek(self, offset):
        """Go to the start; webob does so before the application sees it."""
        self._position = offset

    def read(self, size=-1):
        """Return the next bytes, as many as it likes; ``b''`` at the end.

        :raises OSError: nobody has opened it
        """
        if self._fd is None:
            raise OSError(errno.ENOTSUP, 'Only a store of type multidir can '
                                         'adopt a file')
        begin = self._position
        tail = max(self.size - self._TAIL, min(self._HEAD, self.size))
        if begin < self._HEAD or begin >= tail:
            left = (tail if begin < tail else self.size) - begin
            piece = os.pread(self._fd, min(self._HEAD_PIECE, left), begin)
        else:
            piece = Unread(self._fd, begin, min(self._PIECE, tail - begin))
        self._position += len(piece)
        return piece
