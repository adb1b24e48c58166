"""A file system that fails as it is told: a real one, by FUSE.

Everything above it is real too: the kernel, the C library, the driver. The
fixture starts this file as a program of its own, because a process that asks
its own file system, and hangs in it, could never be ended.
"""

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import time

import fixtures

from tests import needs

HANG = 'hang'

# Of this repository.
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

#: What a store's driver may ask of a file system to write an image.
OPERATIONS = ('create', 'write', 'fsync', 'rename', 'statfs', 'fallocate')


def why_not():
    """Return why this user can have no file system of this kind, or None."""
    if os.access('/dev/fuse', os.R_OK | os.W_OK) and (
            os.getuid() == 0 or shutil.which('fusermount3')):
        return None
    return ('this user may not open /dev/fuse, or fusermount3 is not '
            'installed (bindep.txt: fuse3)')


class FaultyDirectory(fixtures.Fixture):
    """A directory on a file system of its own.

    :ivar path: where it is mounted
    :ivar backing: where its files really lie
    """

    def setUp(self):
        # Not in _setUp(): what that raises is wrapped.
        needs.skip_if(why_not())
        super().setUp()

    def _setUp(self):
        home = self.useFixture(fixtures.TempDir()).path
        self.path = os.path.join(home, 'mounted')
        self.backing = os.path.join(home, 'backing')
        self._faults = os.path.join(home, 'faults')
        os.mkdir(self.path)
        os.mkdir(self.backing)
        self.heal()
        said = os.path.join(home, 'said')
        with open(said, 'w') as output:
            server = subprocess.Popen(
                [sys.executable, '-m', 'tests.contract.faulty', self.backing,
                 self.path, self._faults], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, cwd=_ROOT)
        self.addCleanup(self._unmount, server)
        deadline = time.monotonic() + 120
        while not os.path.ismount(self.path):
            if server.poll() is not None or time.monotonic() > deadline:
                with open(said) as output:
                    raise AssertionError('the FUSE file system did not start: '
                                         + output.read())
            time.sleep(0.02)

    def fail(self, **faults):
        """Let operations fail with an error number, or :data:`HANG`."""
        temporary = f'{self._faults}.new'
        with open(temporary, 'w') as file:
            json.dump(faults, file)
        os.rename(temporary, self._faults)

    def heal(self):
        """Let everything work."""
        self.fail()

    def _unmount(self, server):
        self.heal()
        command = ['umount', '-l'] if os.getuid() == 0 else [
            'fusermount3', '-uz']
        subprocess.run([*command, self.path], check=False)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _serve(backing, path, faults):
    import mfusepy

    class Loopback(mfusepy.Operations):
        use_ns = True

        def _real(self, path):
            return backing + path

        def _meet(self, *operations):
            while True:
                with open(faults) as file:
                    found = json.load(file)
                fault = next((found[name] for name in operations
                              if name in found), None)
                if fault is None:
                    return
                if fault != HANG:
                    raise mfusepy.FuseOSError(fault)
                time.sleep(0.05)

        def getattr(self, path, fh=None):
            self._meet('getattr')
            status = os.lstat(self._real(path))
            return {name: getattr(status, name) for name in (
                'st_mode', 'st_nlink', 'st_uid', 'st_gid', 'st_size',
                'st_blocks', 'st_ino')} | {
                name: getattr(status, f'{name}_ns') for name in (
                    'st_atime', 'st_mtime', 'st_ctime')}

        def readdir(self, path, fh):
            self._meet('readdir')
            return ['.', '..', *os.listdir(self._real(path))]

        def statfs(self, path):
            self._meet('statfs')
            status = os.statvfs(self._real(path))
            return {name: getattr(status, name) for name in (
                'f_bavail', 'f_bfree', 'f_blocks', 'f_bsize', 'f_favail',
                'f_ffree', 'f_files', 'f_frsize', 'f_namemax')}

        def create(self, path, mode, fi=None):
            self._meet('create')
            return os.open(self._real(path), os.O_RDWR | os.O_CREAT, mode)

        def open(self, path, flags):
            self._meet('open')
            return os.open(self._real(path), flags & ~os.O_NOFOLLOW)

        def read(self, path, size, offset, fh):
            self._meet('read')
            return os.pread(fh, size, offset)

        def write(self, path, data, offset, fh):
            self._meet('write')
            return os.pwrite(fh, data, offset)

        def truncate(self, path, length, fh=None):
            self._meet('truncate', 'write')
            os.truncate(self._real(path), length)

        def fallocate(self, path, mode, offset, length, fh):
            self._meet('fallocate')
            # What was asked for fits; only its own statfs says otherwise.

        def fsync(self, path, datasync, fh):
            self._meet('fsync')

        def fsyncdir(self, path, datasync, fh):
            self._meet('fsync')

        def release(self, path, fh):
            os.close(fh)

        def chmod(self, path, mode):
            os.chmod(self._real(path), mode)

        def chown(self, path, uid, gid):
            os.chown(self._real(path), uid, gid)

        def unlink(self, path):
            self._meet('unlink')
            os.unlink(self._real(path))

        def rename(self, old, new):
            self._meet('rename')
            os.rename(self._real(old), self._real(new))

        def link(self, target, source):
            self._meet('rename')
            os.link(self._real(source), self._real(target))

    mfusepy.FUSE(Loopback(), path, foreground=True, nothreads=False,
                 default_permissions=True, hard_remove=True)


if __name__ == '__main__':
    with contextlib.suppress(KeyboardInterrupt):
        _serve(*sys.argv[1:])


def number(name):
    """Return the error number of that name: ``ENOSPC``."""
    return getattr(errno, name)
