"""A directory of a ``multidir`` store: a place, with its state.
"""

import dataclasses
import errno
import functools
import os
import re
import stat
import time
from typing import NamedTuple

from cinder_glance_multistore.placement.places import Place
from cinder_glance_multistore.stores import incoming
from cinder_glance_multistore.stores.guard import Guard
from cinder_glance_multistore.stores.guard import Unresponsive
from cinder_glance_multistore.stores.multidir_config import is_image_name
from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.transfer import native

#: Seconds between two sweeps of a directory.
SWEEP_INTERVAL = 300.0

# Where several hosts see one file system, its source names it for all of
# them; of every other, the device number within this kernel does.
_SHARED = (b'nfs', b'nfs4', b'cifs', b'smb3', b'ceph', b'lustre', b'gpfs',
           b'beegfs', b'fuse.glusterfs', b'fuse.ceph', b'fuse.ceph-fuse',
           b'fuse.sshfs')


class Absent(OSError):
    """The directory is not there, so of its files nothing is known.

    :ivar strerror: why, as of a place that is left out
    """


class _NotUsable(Exception):
    """The directory must not be written to: why."""


class Directory:
    """Where images lie, asked with a time limit.

    :ivar path: its path, as configured
    :param number: the operator's number
    :param keep_free: a function from total bytes to bytes to keep free
    :param require_mount: whether it must be a mount point
    :param timeout: seconds that its file system may take to answer
    """

    def __init__(self, path, number, keep_free, require_mount, timeout):
        self.path = path
        self._number = number
        self._keep_free = keep_free
        self._require_mount = require_mount
        self._guard = Guard(path, timeout)
        # Sweeping takes as long as the directory is large.
        self._sweeper = None
        self._sweeping = False
        self._swept_at = 0.0
        self.swept = []
        # Nothing to take bytes from before the first look.
        self._last = Place(path, 0, 0, number, unusable='was not looked at')

    @property
    def call(self):
        """:meth:`~.guard.Guard.call`."""
        return self._guard.call

    @property
    def threads(self):
        """How many helper threads wait for it."""
        return self._guard.threads

    def measure(self):
        """Return the :class:`Place` as it is now; never raises."""
        try:
            self._last = self.call(self._look)
        except (_NotUsable, OSError) as exc:
            return dataclasses.replace(self._last, unusable=_reason(exc))
        return self._last

    def _enter(self, mounts):
        """Return a descriptor of the directory, if it is there."""
        fd = os.open(self.path,
                     os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if self._require_mount and (
                os.fsencode(os.path.realpath(self.path))
                not in {mount.point for mount in mounts}):
            os.close(fd)
            raise _NotUsable('is not a mount point')
        return fd

    def _look(self):
        mounts = _mounts()
        fd = self._enter(mounts)
        try:
            status = os.fstatvfs(fd)
            if status.f_flag & os.ST_RDONLY:
                raise _NotUsable('is mounted read-only')
            device = os.fstat(fd).st_dev
            if not os.access('.', os.W_OK | os.X_OK, dir_fd=fd,
                             effective_ids=True):
                raise _NotUsable('may not be written to by this user')
        finally:
            os.close(fd)
        total = status.f_blocks * status.f_frsize
        return Place(
            self.path, free=status.f_bavail * status.f_frsize, total=total,
            weight=self._number, keep_free=self._keep_free(total),
            space=_space(device, mounts))

    def create(self):
        """Make the directory if it is not there, as upstream does.

        :raises OSError: when that cannot be done
        """
        if not self._require_mount:
            self.call(lambda: os.makedirs(self.path, exist_ok=True))

    def allow_entry(self, mode):
        """Let those in who may read files of this mode, as upstream does.

        :raises OSError: when that cannot be done
        """
        def chmod():
            found = stat.S_IMODE(os.stat(self.path).st_mode)
            wanted = found
            if mode & stat.S_IRWXO:
                wanted |= stat.S_IXOTH
            if mode & stat.S_IRWXG:
                wanted |= stat.S_IXGRP
            if wanted != found:
                os.chmod(self.path, wanted)

        self.call(chmod)

    def allow_deposits(self):
        """Make the folder that others put images into.

        :raises OSError: when that cannot be done
        """
        self.call(incoming.make, self.path)

    def has(self, name):
        """Say whether anything of that name is in it.

        :raises OSError: when it cannot be asked
        """
        return self.call(os.path.lexists, os.path.join(self.path, name))

    def open(self, name):
        """Return a descriptor of an image and its size.

        :raises FileNotFoundError: when there is no regular file of the name
        :raises Absent: when the directory is not there
        :raises OSError: when it cannot be opened
        """
        return self.call(self._find, self._open, name,
                         discard=lambda found: os.close(found[0]))

    def _find(self, func, name):
        """Call ``func``; say which of file and directory is not there.

        What lies on a disk that is not mounted is not gone: Glance would
        answer 204 to a download, and forget an image that was deleted.
        """
        try:
            return func(name)
        except (FileNotFoundError, NotADirectoryError) as exc:
            try:
                os.close(self._enter(_mounts()))
            except (_NotUsable, OSError) as why:
                raise Absent(errno.ENODEV, _reason(why), self.path) from exc
            raise

    def _open(self, name):
        path = os.path.join(self.path, name)
        try:
            # A link could lead to any file that Glance may read.
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                         | os.O_CLOEXEC)
        except OSError as exc:
            if exc.errno in (errno.ELOOP, errno.ENXIO):
                raise FileNotFoundError(
                    errno.ENOENT, 'is no regular file', path) from exc
            raise
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise FileNotFoundError(errno.ENOENT, 'is no regular file', path)
        return fd, status.st_size

    def delete(self, name):
        """Remove an image.

        :raises FileNotFoundError: when there is none
        :raises Absent: when the directory is not there
        :raises OSError: when it cannot be removed
        """
        self.call(self._find, os.unlink, os.path.join(self.path, name))

    def images(self):
        """Return the names of the images in it, in any order.

        :raises OSError: when it cannot be listed
        """
        return self.call(self._images)

    def _images(self):
        with os.scandir(self.path) as entries:
            return [entry.name for entry in entries
                    if is_image_name(entry.name)
                    and entry.is_file(follow_symlinks=False)]

    def sweep(self):
        """Remove leftovers of killed uploads, in the background.

        At the first call, and then every :data:`SWEEP_INTERVAL` seconds.
        What was removed is in ``swept``, for the next caller to log.
        """
        now = time.monotonic()
        # A child that was forked has none of its parent's threads.
        if self._sweeper == os.getpid() and (
                self._sweeping or now - self._swept_at < SWEEP_INTERVAL):
            return
        self._sweeper = os.getpid()
        self._sweeping = True
        self._swept_at = now
        try:
            native.start_thread(self._sweep)
        except RuntimeError:
            self._sweeping = False

    def _sweep(self):
        # In a native thread, which must not log. At most one hangs here.
        try:
            self.swept.extend(leftovers.sweep(self.path))
            self.swept.extend(incoming.sweep(self.path))
        except OSError:
            # It is left out with its reason when it is measured.
            pass
        finally:
            self._sweeping = False


def _reason(error):
    """Return why a directory cannot be used, of what a look at it raised."""
    if isinstance(error, _NotUsable):
        return str(error)
    if isinstance(error, Unresponsive):
        return error.strerror
    return {
        errno.ENOENT: 'does not exist',
        errno.ENOTDIR: 'is no directory',
        errno.ESTALE: 'is a stale mount',
    }.get(error.errno, f'cannot be looked at: {error.strerror}')


class _Mount(NamedTuple):

    device: bytes
    point: bytes
    kind: bytes
    source: bytes


def _mounts():
    """Return what is mounted; no file system is asked."""
    mounts = []
    with open('/proc/self/mountinfo', 'rb') as lines:
        for line in lines:
            fields, _, rest = line.partition(b' - ')
            fields, rest = fields.split(b' '), rest.split(b' ')
            point = re.sub(rb'\\([0-7]{3})',
                           lambda match: bytes([int(match[1], 8)]), fields[4])
            mounts.append(_Mount(fields[2], point, rest[0], rest[1]))
    return mounts


def _space(device, mounts):
    """Name the file system so that all who share it name it alike."""
    number = f'{os.major(device)}:{os.minor(device)}'
    for mount in mounts:
        if mount.device == number.encode() and mount.kind in _SHARED:
            return os.fsdecode(mount.kind + b':' + mount.source)
    return f'{_boot()}:{number}'


@functools.cache
def _boot():
    with open('/proc/sys/kernel/random/boot_id') as boot:
        return boot.read().strip()
