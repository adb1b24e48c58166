"""System calls that the ``os`` module does not have.

All raise ``OSError``; ENOSYS where the C library lacks the call. Calls made
through ctypes release the interpreter lock.
"""

import ctypes
import errno
import fcntl
import os
import struct

_FALLOC_FL_KEEP_SIZE = 1
_RENAME_NOREPLACE = 1
_SYNC_FILE_RANGE_WRITE = 2
_FICLONE = 0x40049409

#: Magic numbers of statfs(2) of file systems that one kernel alone mounts.
LOCAL_FILE_SYSTEMS = frozenset((
    0xEF53,      # ext2, ext3, ext4
    0x58465342,  # XFS
    0x9123683E,  # btrfs
    0x01021994,  # tmpfs
    0x2FC12FC1,  # ZFS
    0xF2F52010,  # F2FS
))

_libc = ctypes.CDLL(None, use_errno=True)


def _declare(name, *argtypes):
    func = getattr(_libc, name, None)
    if func is not None:
        func.argtypes = argtypes
        func.restype = ctypes.c_int
    return func


_fallocate = (_declare('fallocate64', ctypes.c_int, ctypes.c_int,
                       ctypes.c_int64, ctypes.c_int64) or
              _declare('fallocate', ctypes.c_int, ctypes.c_int,
                       ctypes.c_int64, ctypes.c_int64))
_renameat2 = _declare('renameat2', ctypes.c_int, ctypes.c_char_p,
                      ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
_sync_file_range = _declare('sync_file_range', ctypes.c_int, ctypes.c_int64,
                            ctypes.c_int64, ctypes.c_uint)
_fstatfs = _declare('fstatfs', ctypes.c_int, ctypes.c_void_p)


def _call(func, *args):
    if func is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    while func(*args) < 0:
        number = ctypes.get_errno()
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))


def fallocate(fd, size):
    """Set ``size`` bytes of disk aside; the file's length stays.

    Unlike ``os.posix_fallocate``, whose emulation in the C library writes
    to every block where the file system (NFS before 4.2) cannot do it.
    """
    _call(_fallocate, fd, _FALLOC_FL_KEEP_SIZE, 0, size)


def rename_noreplace(source, target, dir_fd, target_dir_fd=None):
    """Rename within a directory, or to another; EEXIST if the target exists.
    """
    if target_dir_fd is None:
        target_dir_fd = dir_fd
    _call(_renameat2, dir_fd, os.fsencode(source), target_dir_fd,
          os.fsencode(target), _RENAME_NOREPLACE)


def start_writeback(fd, offset, size):
    """Let the kernel begin to write dirty pages to the disk."""
    _call(_sync_file_range, fd, offset, size, _SYNC_FILE_RANGE_WRITE)


def clone(source_fd, target_fd):
    """Make the target share all blocks of the source (reflink)."""
    fcntl.ioctl(target_fd, _FICLONE, source_fd)


def is_local(fd):
    """Tell whether the file lies on a file system of this kernel alone.

    False where that is not known.
    """
    buf = ctypes.create_string_buffer(512)
    try:
        _call(_fstatfs, fd, buf)
    except OSError:
        return False
    # f_type, the first member, is a long of the kernel's.
    magic = struct.unpack_from('@l', buf)[0] & 0xFFFFFFFF
    return magic in LOCAL_FILE_SYSTEMS
