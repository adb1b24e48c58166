import errno
import io
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from unittest import mock

import ddt

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import files
from cinder_glance_multistore.transfer import linux
from cinder_glance_multistore.transfer import sources
from tests.unit.transfer import base


class _Verifier:

    def __init__(self, fail_at=None, error=None):
        self.content = b''
        self._fail_at = fail_at
        self._error = error

    def update(self, buf):
        if self._fail_at is not None and len(self.content) >= self._fail_at:
            raise self._error
        self.content += bytes(buf)


@ddt.ddt
class SaveTest(base.TestCase):

    def _save(self, content, **kwargs):
        return files.save(sources.Source(base.Stream(content)), self.path(),
                          **kwargs)

    @ddt.data(0, 1, 5, base.MIB, 5 * base.MIB + 3)
    def test_what_is_saved_is_what_came(self, size):
        content = base.data(size)
        for known in (None, size):
            saved = self._save(content, size=known)
            self.assertEqual((size, *base.digests(content), False),
                             (saved.size, saved.checksum, saved.multihash,
                              saved.cloned))
            self.assertEqual(content, self.content())
            os.unlink(self.path())
        self.assert_nothing_left()

    @ddt.data('md5', 'sha1', 'sha256', 'sha3_512', 'blake2b')
    def test_any_algorithm_of_hashlib(self, algorithm):
        content = base.data(3 * base.MIB)
        saved = self._save(content, algorithm=algorithm)
        self.assertEqual(base.digests(content, algorithm),
                         (saved.checksum, saved.multihash))

    def test_an_unknown_algorithm_reads_nothing(self):
        stream = base.Stream(b'0123')
        self.assertRaises(errors.UnknownAlgorithm, files.save,
                          sources.Source(stream), self.path(),
                          algorithm='shake_128')
        self.assertEqual(0, stream.position)
        self.assert_nothing_left()

    def test_the_verifier_is_given_every_byte(self):
        verifier = _Verifier()
        content = base.data(5 * base.MIB + 3)
        self._save(content, verifier=verifier)
        self.assertEqual(content, verifier.content)

    def test_a_verifier_that_refuses_leaves_nothing(self):
        error = ValueError('bad signature')
        raised = self.assertRaises(
            ValueError, self._save, bytes(5 * base.MIB),
            verifier=_Verifier(base.MIB, error))
        self.assertIs(error, raised)
        self.assert_nothing_left()

    @ddt.data(0, 1, base.MIB, 3 * base.MIB + 1)
    def test_a_source_that_fails_leaves_nothing(self, fail_at):
        error = RuntimeError('the client went away')
        raised = self.assertRaises(
            RuntimeError, files.save, sources.Source(base.Stream(
                bytes(4 * base.MIB), fail_at=fail_at, error=error)),
            self.path())
        self.assertIs(error, raised)
        self.assert_nothing_left()

    @ddt.data((10, 9), (10, 11), (0, 1))
    @ddt.unpack
    def test_another_size_than_said_leaves_nothing(self, size, found):
        self.assertRaises(errors.SourceChanged, self._save, bytes(found),
                          size=size)
        self.assert_nothing_left()

    def test_the_size_of_the_source_is_checked_where_none_is_given(self):
        stream = io.BytesIO(bytes(100))
        source = sources.Source(stream)
        stream.truncate(50)
        self.assertRaises(errors.SourceChanged, files.save, source,
                          self.path())
        self.assert_nothing_left()

    def test_cancel_leaves_nothing(self):
        self.assertRaises(errors.Cancelled, self._save, bytes(10),
                          cancelled=lambda: True)
        self.assert_nothing_left()

    def test_a_name_that_is_taken_reads_nothing(self):
        self.make('image', b'old')
        stream = base.Stream(b'new')
        self.assertRaises(FileExistsError, files.save,
                          sources.Source(stream), self.path())
        self.assertEqual(0, stream.position)
        self.assertEqual(b'old', self.content())

    def test_a_full_disk_in_the_middle_leaves_nothing(self):
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        pwrite = os.pwrite

        def fill(fd, buf, offset):
            if offset >= 2 * base.MIB:
                raise error
            return pwrite(fd, buf, offset)

        with mock.patch('os.pwrite', fill):
            raised = self.assertRaises(
                OSError, self._save, bytes(16 * base.MIB))
        self.assertIs(error, raised)
        self.assert_nothing_left()

    def test_thin_data_keeps_its_digests(self):
        content = (base.data(70000) + bytes(3 * base.MIB) +
                   base.data(5) + bytes(200000))
        saved = self._save(content, sparse=True, size=len(content))
        self.assertEqual(base.digests(content),
                         (saved.checksum, saved.multihash))
        self.assertEqual(content, self.content())
        self.assertLess(os.stat(self.path()).st_blocks * 512, 400000)


class LocalFileTest(base.TestCase):

    def setUp(self):
        super().setUp()
        self.whole = (base.data(base.MIB, 1) + bytes(5 * base.MIB) +
                      base.data(base.MIB + 7, 2))
        with open(self.path('source'), 'wb') as file:
            file.write(self.whole[:base.MIB])
            file.seek(6 * base.MIB)
            file.write(self.whole[6 * base.MIB:])

    def _save(self, start=0, **kwargs):
        with open(self.path('source'), 'rb') as file:
            file.seek(start)
            return files.save(sources.Source(file), self.path(), **kwargs)

    def _check(self, saved, cloned):
        self.assertEqual(base.digests(self.whole),
                         (saved.checksum, saved.multihash))
        self.assertEqual(len(self.whole), saved.size)
        self.assertEqual(self.whole, self.content())
        self.assertEqual(cloned, saved.cloned)

    def test_holes_stay_holes(self):
        with mock.patch.object(linux, 'clone', side_effect=OSError(
                errno.EOPNOTSUPP, 'not supported')):
            self._check(self._save(sparse=True), False)
        self.assertLess(os.stat(self.path()).st_blocks * 512, 4 * base.MIB)

    def test_a_clone_is_what_is_hashed(self):
        def clone(source, target):
            content = os.pread(source, 1 << 30, 0)
            # Who changes the source afterwards changes no image.
            os.truncate(self.path('source'), 0)
            os.pwrite(target, content, 0)

        with mock.patch.object(linux, 'clone', clone):
            self._check(self._save(), True)

    def test_a_clone_of_another_size_is_refused(self):
        def clone(source, target):
            os.pwrite(target, self.whole + b'more', 0)

        with mock.patch.object(linux, 'clone', clone):
            self.assertRaises(errors.SourceChanged, self._save)
        self.assertEqual(['source'], os.listdir(self.directory))

    def test_a_part_of_a_file_is_not_cloned(self):
        with mock.patch.object(linux, 'clone',
                               side_effect=AssertionError):
            saved = self._save(start=5)
        self.assertEqual(base.digests(self.whole[5:]),
                         (saved.checksum, saved.multihash))

    def test_a_real_file_system_with_reflinks(self):
        directory = (os.environ.get('MULTISTORE_REFLINK_DIRECTORY') or
                     self._xfs())
        temporary = tempfile.TemporaryDirectory(dir=directory)
        self.addCleanup(temporary.cleanup)
        shutil.copy(self.path('source'), temporary.name)
        self.directory = temporary.name
        self._check(self._save(), True)

    def _xfs(self):
        """Return a directory on a file system made for this test."""
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        image = os.path.join(home.name, 'image')
        mounted = os.path.join(home.name, 'mounted')
        os.mkdir(mounted)
        with open(image, 'wb') as f:
            # The smallest that mkfs.xfs makes; it takes no room.
            f.truncate(320 << 20)
        for command in (['mkfs.xfs', '-q', '-m', 'reflink=1', image],
                        ['mount', '-o', 'loop', image, mounted]):
            try:
                subprocess.run(command, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError) as e:
                self.skipTest(
                    'no XFS can be made and mounted here (root, loop devices '
                    'and xfsprogs are needed), and '
                    'MULTISTORE_REFLINK_DIRECTORY names no directory on one: '
                    f'{e}')
        self.addCleanup(subprocess.run, ['umount', mounted], check=True)
        return mounted


_FULL_DISK = textwrap.dedent('''
    import errno, os, sys
    from cinder_glance_multistore.transfer import files, sources

    class Endless:
        def read(self, size):
            return os.urandom(size)

    directory = sys.argv[1]
    for size in (None, 1 << 30):
        try:
            files.save(sources.Source(Endless()),
                       os.path.join(directory, 'image'), size=size)
        except OSError as exc:
            print(errno.errorcode[exc.errno], os.listdir(directory),
                  os.statvfs(directory).f_bavail ==
                  os.statvfs(directory).f_blocks)
''')


class FullDiskTest(base.TestCase):

    def test_a_disk_that_is_really_full_leaves_nothing(self):
        # In namespaces of its own, so that no privilege is needed.
        script = ('mount -t tmpfs -o size=4m none "$1" && '
                  'exec "$2" -c "$3" "$1"')
        probe = subprocess.run(
            ['unshare', '-rm', 'true'], capture_output=True, text=True)
        if probe.returncode:
            self.skipTest('this host allows no user and mount namespaces: '
                          + probe.stderr.strip())
        done = subprocess.run(
            ['unshare', '-rm', 'sh', '-c', script, 'sh', self.directory,
             sys.executable, _FULL_DISK],
            capture_output=True, text=True)
        self.assertEqual('ENOSPC [] True\nENOSPC [] True\n',
                         done.stdout, done.stderr)
