"""Temporary files of uploads: their names, and which of them nobody needs.

An upload that is killed leaves its temporary file. The name says who wrote
it: ``.multistore~<host>~<boot>~<pid namespace>~<pid>~<start>~<random>~<final
name>``, where ``boot`` is of the running kernel's boot id and ``start`` the
process's start in clock ticks after it, so that a number given to another
process later is not taken for the writer. While it is written, the file is
locked (an OFD lock, which NFS 4 carries to the server and the kernel drops
with the process). Never is a live upload's file removed; in doubt, one that
may be stays for :data:`LEASE` seconds after the last write.
"""

import contextlib
import dataclasses
import errno
import fcntl
import functools
import os
import re
import secrets
import socket
import stat
import struct
import time

from cinder_glance_multistore.transfer import linux

PREFIX = '.multistore~'

#: Seconds without a write after which a file of another host's, or of a
#: file system without locks, is a leftover. Longer than any server lets a
#: request stall (glance-api: 900 s).
LEASE = 3600.0

#: Seconds in which another container's new file may not be locked yet.
GRACE = 60.0

_NAME_MAX = 255
_NAME = re.compile(
    re.escape(PREFIX) + r'(?P<host>[A-Za-z0-9._-]*)~(?P<boot>[0-9a-f]+)~'
    r'(?P<namespace>\d+)~(?P<pid>\d+)~(?P<start>\d+)~[0-9a-f]+~'
    r'(?P<final>.*)', re.DOTALL)

# struct flock of fcntl(2), with 64 bit offsets as F_OFD_* wants it.
_FLOCK = struct.Struct('@hhqqi4x')

# Names this process writes to now.
_own = set()


@functools.lru_cache(maxsize=1)
def _boot():
    with open('/proc/sys/kernel/random/boot_id') as line:
        return line.read().strip().replace('-', '')[:12]


def _start(pid):
    """Return the start of a process in ticks after boot, or None.

    None too for one that was killed and whose parent has not asked for it,
    as long as the first process of a container does not: it writes no more,
    once its last thread has ended.
    """
    try:
        with open(f'/proc/{pid}/stat', 'rb') as line:
            # The command's name, in brackets, may hold anything.
            fields = line.read().rpartition(b')')[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in (b'Z', b'X') and int(fields[17]) < 2:
        return None
    return int(fields[19])


def _namespace():
    return os.stat('/proc/self/ns/pid').st_ino


def new_name(final):
    """Return a temporary name for what will be ``final``.

    It counts as live in this process until :func:`forget`.
    """
    host = re.sub(r'[^A-Za-z0-9._-]', '_', socket.gethostname())[:63]
    pid = os.getpid()
    name = (f'{PREFIX}{host}~{_boot()}~{_namespace()}~{pid}~{_start(pid)}~'
            f'{secrets.token_hex(4)}~{final}')
    name = os.fsdecode(os.fsencode(name)[:_NAME_MAX])
    _own.add(name)
    return name


def forget(name):
    """Say that this process no longer writes to the file of that name."""
    _own.discard(name)


@dataclasses.dataclass(frozen=True)
class Writer:
    """Who writes to a temporary file, by its name alone.

    :ivar host: its host's name
    :ivar final: the name the file is to have (cut short if it is very long)
    :ivar lives: True or False; None where that is not to be seen from here
    """

    host: str
    final: str
    lives: bool | None


def writer(name):
    """Return the :class:`Writer` of a temporary file, or None.

    For files that cannot be looked at otherwise, such as those of a vCenter.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    lives = None
    if match['boot'] == _boot() and int(match['namespace']) == _namespace():
        lives = _process_lives(match)
    return Writer(match['host'], match['final'], lives)


def _process_lives(match):
    pid = int(match['pid'])
    if pid == os.getpid():
        return match.string in _own
    return _start(pid) == int(match['start'])


def lock(fd):
    """Mark a new file as being written, where the file system can."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK,
                    _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))


def _locked(fd):
    """Tell whether somebody has the file locked; None if not known."""
    try:
        answer = fcntl.fcntl(
            fd, fcntl.F_OFD_GETLK,
            _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except OSError:
        return None
    return _FLOCK.unpack(answer)[0] != fcntl.F_UNLCK


@dataclasses.dataclass(frozen=True)
class TemporaryFile:
    """A temporary file that was found.

    :ivar name: its name in the directory
    :ivar final: the name it was to have (cut short if it was very long)
    :ivar host: the host that wrote it
    :ivar size: bytes of disk it takes
    :ivar live: False if it is certain that nobody writes to it
    :ivar reason: why it is taken for live or for a leftover
    """

    name: str
    final: str
    host: str
    size: int
    live: bool
    reason: str


def find(directory, lease=LEASE):
    """Return the temporary files in a directory.

    :param lease: seconds; see :data:`LEASE`
    :raises OSError: if the directory cannot be read
    """
    dir_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return list(_find(dir_fd, lease))
    finally:
        os.close(dir_fd)


def sweep(directory, lease=LEASE):
    """Remove what killed uploads left, never a live upload's file.

    :returns: the :class:`TemporaryFile` objects that are gone
    :raises OSError: if the directory cannot be read
    """
    gone = []
    dir_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for found in _find(dir_fd, lease):
            if found.live:
                continue
            with contextlib.suppress(OSError):
                # Names are never used twice, so this is the file judged.
                os.unlink(found.name, dir_fd=dir_fd)
                gone.append(found)
    finally:
        os.close(dir_fd)
    return gone


def _find(dir_fd, lease):
    clock = _Clock(dir_fd)
    for name in sorted(os.listdir(dir_fd)):
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK |
                         os.O_CLOEXEC, dir_fd=dir_fd)
        except FileNotFoundError:
            continue
        except OSError as exc:
            if exc.errno == errno.ELOOP:
                # A symbolic link of this name is none of ours.
                continue
            yield TemporaryFile(
                name, match['final'], match['host'], 0, True,
                f'it cannot be opened: {exc.strerror}')
            continue
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                continue
            live, reason = _judge(match, fd, status, lease, clock)
        finally:
            os.close(fd)
        yield TemporaryFile(name, match['final'], match['host'],
                            status.st_blocks * 512, live, reason)


def _judge(match, fd, status, lease, clock):
    """Return whether the file is live, and why it is thought so."""
    locked = _locked(fd)
    if locked:
        return True, 'it is locked'
    same_kernel = match['boot'] == _boot()
    if same_kernel and int(match['namespace']) == _namespace():
        pid = int(match['pid'])
        if _process_lives(match):
            return True, f'process {pid} is there'
        return False, f'process {pid} is gone'
    if same_kernel and locked is not None:
        # A process of another container, which this one cannot see.
        wait = GRACE
        reason = 'its container has not locked it'
    elif not same_kernel and linux.is_local(fd):
        return False, 'the host was started again since'
    else:
        wait = lease
        reason = 'its host may still write to it'
    idle = clock.now() - status.st_mtime
    if idle < wait:
        return True, f'{reason}, and the last write was {idle:.0f} s ago'
    return False, f'the last write was {idle:.0f} s ago'


class _Clock:
    """The time of the file system, which may be another host's."""

    def __init__(self, dir_fd):
        self._dir_fd = dir_fd
        self._now = None

    def now(self):
        if self._now is None:
            self._now = self._ask()
        return self._now

    def _ask(self):
        name = new_name('clock')
        try:
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL |
                         os.O_CLOEXEC, 0o600, dir_fd=self._dir_fd)
            try:
                os.pwrite(fd, b'\0', 0)
                return os.fstat(fd).st_mtime
            finally:
                os.close(fd)
                os.unlink(name, dir_fd=self._dir_fd)
        except OSError:
            return time.time()
        finally:
            forget(name)
