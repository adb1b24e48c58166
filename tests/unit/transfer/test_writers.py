import errno
import os
import stat
from unittest import mock

import ddt

from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.transfer import linux
from cinder_glance_multistore.transfer import writers
from tests.unit.transfer import base


def _error(number):
    return OSError(number, os.strerror(number))


def _write(path, content=b'0123456789', **kwargs):
    with writers.AtomicFile(path, **kwargs) as file:
        file.reserve()
        file.write(content)
        file.commit()
    return file


@ddt.ddt
class AtomicFileTest(base.TestCase):

    def test_the_name_appears_with_the_whole_content(self):
        with writers.AtomicFile(self.path()) as file:
            file.write(b'01234')
            file.write(b'56789')
            self.assertNotIn('image', os.listdir(self.directory))
            file.commit()
            self.assertEqual(b'0123456789', self.content())
        self.assertEqual(['image'], os.listdir(self.directory))

    def test_a_relative_path_is_of_the_working_directory(self):
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.directory)
        _write('image')
        self.assertEqual(['image'], os.listdir(self.directory))

    def test_without_commit_nothing_is_left(self):
        with writers.AtomicFile(self.path()) as file:
            file.write(b'01234')
        self.assert_nothing_left()

    def test_the_temporary_file_is_private_and_says_whose_it_is(self):
        with writers.AtomicFile(self.path(), mode=0o644):
            [found] = leftovers.find(self.directory)
            status = os.stat(self.path(found.name))
        self.assertEqual(0o600, stat.S_IMODE(status.st_mode))
        self.assertEqual('image', found.final)
        self.assertTrue(found.live)

    @ddt.data(0o600, 0o640, 0o444)
    def test_the_file_gets_the_permission_asked_for(self, mode):
        _write(self.path(), mode=mode)
        self.assertEqual(
            mode, stat.S_IMODE(os.stat(self.path()).st_mode))

    @ddt.data(0o022, 0o077, 0o027)
    def test_without_one_it_gets_what_the_umask_leaves(self, umask):
        self.addCleanup(os.umask, os.umask(umask))
        _write(self.path())
        self.assertEqual(
            0o666 & ~umask, stat.S_IMODE(os.stat(self.path()).st_mode))
        self.assertEqual(umask, os.umask(umask))

    def test_a_name_that_is_taken_is_found_out_first(self):
        self.make('image', b'old')
        self.assertRaises(FileExistsError, _write, self.path())
        self.assertEqual(b'old', self.content())
        self.assertEqual(['image'], os.listdir(self.directory))

    def test_a_dangling_link_is_a_name_that_is_taken(self):
        os.symlink('/nosuch', self.path())
        self.assertRaises(FileExistsError, _write, self.path())

    @ddt.data(None, errno.EINVAL, errno.ENOSYS)
    def test_a_name_taken_meanwhile_is_not_replaced(self, number):
        rename = linux.rename_noreplace
        with writers.AtomicFile(self.path()) as file:
            file.write(b'new')
            self.make('image', b'other')
            with mock.patch.object(
                    linux, 'rename_noreplace',
                    side_effect=_error(number) if number else rename):
                self.assertRaises(FileExistsError, file.commit)
        self.assertEqual(b'other', self.content())
        self.assertEqual(['image'], os.listdir(self.directory))

    @ddt.data(errno.EINVAL, errno.ENOSYS)
    def test_a_file_system_without_that_rename_links(self, number):
        # NFS answers EINVAL.
        with mock.patch.object(linux, 'rename_noreplace',
                               side_effect=_error(number)):
            _write(self.path())
        self.assertEqual(b'0123456789', self.content())
        self.assertEqual(['image'], os.listdir(self.directory))
        self.assertEqual(1, os.stat(self.path()).st_nlink)

    def test_a_repeated_link_request_is_no_duplicate(self):
        # The NFS server linked, its answer was lost, the client asked again.
        link = os.link

        def twice(*args, **kwargs):
            link(*args, **kwargs)
            link(*args, **kwargs)

        with mock.patch.object(linux, 'rename_noreplace',
                               side_effect=_error(errno.EINVAL)), \
                mock.patch('os.link', twice):
            _write(self.path())
        self.assertEqual(['image'], os.listdir(self.directory))

    def test_a_directory_that_is_not_there_is_said(self):
        self.assertRaises(FileNotFoundError, _write,
                          self.path('nosuch/image'))

    @ddt.data(
        ('os.open', errno.EACCES), ('os.open', errno.ESTALE),
        ('os.fstatvfs', errno.EIO), ('os.pwrite', errno.ENOSPC),
        ('os.pwrite', errno.EIO), ('os.pwrite', errno.EDQUOT),
        ('os.fsync', errno.EIO), ('os.fsync', errno.ENOSPC),
        ('os.fchmod', errno.EPERM), ('rename_noreplace', errno.EIO),
        ('rename_noreplace', errno.ESTALE), ('fallocate', errno.ENOSPC),
        ('fallocate', errno.EDQUOT), ('fallocate', errno.EIO))
    @ddt.unpack
    def test_a_call_that_fails_leaves_nothing(self, name, number):
        error = _error(number)
        target = (mock.patch(name, side_effect=error) if '.' in name else
                  mock.patch.object(linux, name, side_effect=error))
        with target:
            raised = self.assertRaises(OSError, _write, self.path(), size=10)
        self.assertIs(error, raised)
        self.assert_nothing_left()

    def test_what_nfs_says_at_closing_is_heard_without_fsync(self):
        close = os.close
        error = _error(errno.EDQUOT)
        files = []

        def fail(fd):
            regular = stat.S_ISREG(os.fstat(fd).st_mode)
            close(fd)
            if regular:
                files.append(fd)
                raise error

        with mock.patch('os.close', fail):
            self.assertIs(error, self.assertRaises(
                OSError, _write, self.path(), durable=False))
        self.assertEqual(2, len(files))
        self.assert_nothing_left()

    def test_a_directory_that_cannot_be_synced_takes_the_name_back(self):
        fsync = os.fsync
        error = _error(errno.EIO)

        def fail(fd):
            if stat.S_ISDIR(os.fstat(fd).st_mode):
                raise error
            fsync(fd)

        with mock.patch('os.fsync', fail):
            self.assertIs(error, self.assertRaises(
                OSError, _write, self.path()))
        self.assert_nothing_left()

    def test_a_file_system_that_syncs_no_directory_will_do(self):
        fsync = os.fsync

        def fail(fd):
            if stat.S_ISDIR(os.fstat(fd).st_mode):
                raise _error(errno.EINVAL)
            fsync(fd)

        with mock.patch('os.fsync', fail):
            _write(self.path())
        self.assertEqual(b'0123456789', self.content())

    @ddt.data((True, 2), (False, 0))
    @ddt.unpack
    def test_file_and_directory_are_synced_unless_told_otherwise(
            self, durable, count):
        with mock.patch('os.fsync', wraps=os.fsync) as fsync:
            _write(self.path(), durable=durable)
        self.assertEqual(count, fsync.call_count)

    def test_a_clean_up_that_fails_hides_no_error(self):
        error = _error(errno.EIO)
        with mock.patch('os.unlink', side_effect=_error(errno.ESTALE)), \
                mock.patch('os.pwrite', side_effect=error), \
                self.assertLogs(writers.LOG, 'ERROR') as logs:
            self.assertIs(error, self.assertRaises(
                OSError, _write, self.path()))
        self.assertIn('left over', logs.output[0])
        # It does not count as live though its process is there.
        [found] = leftovers.find(self.directory)
        self.assertFalse(found.live)

    def test_a_write_that_takes_less_is_continued(self):
        pwrite = os.pwrite
        with mock.patch('os.pwrite', lambda fd, buf, offset: pwrite(
                fd, memoryview(buf)[:3], offset)):
            _write(self.path())
        self.assertEqual(b'0123456789', self.content())

    def test_no_descriptor_is_left_open(self):
        before = len(os.listdir('/proc/self/fd'))
        _write(self.path())
        self.assertRaises(FileExistsError, _write, self.path())
        with writers.AtomicFile(self.path('other')):
            pass
        self.assertEqual(before, len(os.listdir('/proc/self/fd')))


class SpaceTest(base.TestCase):

    def _disk(self, name='image'):
        return os.stat(self.path(name)).st_blocks * 512

    def test_disk_is_set_aside_where_the_size_is_known(self):
        size = 8 * base.MIB
        with writers.AtomicFile(self.path(), size=size) as file:
            file.reserve()
            if not file.preallocated:
                self.skipTest('the file system of the temporary directory '
                              'cannot preallocate')
            status = os.fstat(file.fileno())
            self.assertGreaterEqual(status.st_blocks * 512, size)
            self.assertEqual(0, status.st_size)

    def test_a_disk_that_is_too_small_is_found_out_before_it_is_filled(self):
        status = os.statvfs(self.directory)
        # More than the whole disk: what is free on it others change meanwhile.
        size = (status.f_blocks + 1) * status.f_frsize
        with mock.patch.object(linux, 'fallocate') as fallocate:
            exc = self.assertRaises(OSError, _write, self.path(), size=size)
        self.assertEqual(errno.ENOSPC, exc.errno)
        self.assertEqual(0, fallocate.call_count)
        self.assert_nothing_left()

    def test_a_file_system_that_cannot_set_aside_is_written_to(self):
        with mock.patch.object(linux, 'fallocate', side_effect=_error(
                errno.EOPNOTSUPP)):
            file = _write(self.path(), size=10)
        self.assertEqual(0, file.preallocated)
        self.assertEqual(b'0123456789', self.content())

    def test_it_is_not_set_aside_where_not_wanted(self):
        with mock.patch.object(linux, 'fallocate') as fallocate:
            _write(self.path(), size=10, preallocate=False)
            _write(self.path('sparse'), size=10, sparse=True)
            _write(self.path('unknown'))
        self.assertEqual(0, fallocate.call_count)

    def test_what_was_skipped_is_zeros_and_takes_no_disk(self):
        with writers.AtomicFile(self.path(), sparse=True) as file:
            file.skip(3 * base.MIB)
            file.write(b'0123456789')
            file.skip(2 * base.MIB)
            file.commit()
        self.assertEqual(bytes(3 * base.MIB) + b'0123456789' +
                         bytes(2 * base.MIB), self.content())
        self.assertLess(self._disk(), base.MIB)

    def test_zeros_become_holes_where_wanted(self):
        content = b''.join((
            base.data(100000, 1), bytes(300000), base.data(5, 2),
            bytes(base.MIB), base.data(writers.HOLE_SIZE, 3),
            bytes(2 * base.MIB + 77)))
        for name, kind in (('bytes', bytes), ('view', memoryview),
                           ('array', bytearray)):
            with writers.AtomicFile(self.path(name), sparse=True) as file:
                for offset in range(0, len(content), base.MIB):
                    file.write(kind(content[offset:offset + base.MIB]))
                file.commit()
            self.assertEqual(content, self.content(name))
            self.assertLess(self._disk(name), 600000)

    def test_all_zeros_take_no_disk(self):
        with writers.AtomicFile(self.path(), sparse=True) as file:
            file.write(bytes(base.MIB))
            file.write(bytes(10))
            file.commit()
        self.assertEqual(bytes(base.MIB + 10), self.content())
        self.assertEqual(0, self._disk())

    def test_a_clone_needs_a_file_system_that_shares_blocks(self):
        source = self.make('source', b'0123456789')
        for number in (errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL,
                       errno.ENOTTY):
            with open(source, 'rb') as data, \
                    writers.AtomicFile(self.path()) as file, \
                    mock.patch('fcntl.ioctl', side_effect=_error(number)):
                self.assertFalse(file.clone(data.fileno()))
                self.assertEqual(0, file.position)

    def test_a_clone_that_breaks_is_an_error(self):
        source = self.make('source', b'0123456789')
        with open(source, 'rb') as data, \
                writers.AtomicFile(self.path()) as file, \
                mock.patch('fcntl.ioctl', side_effect=_error(errno.EIO)):
            self.assertRaises(OSError, file.clone, data.fileno())
