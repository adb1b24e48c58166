import os
import signal
import subprocess
import sys
import textwrap
import time
from unittest import mock

from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.transfer import linux
from cinder_glance_multistore.transfer import writers
from tests.unit.transfer import base

_UPLOAD = textwrap.dedent('''
    import sys
    import time
    from cinder_glance_multistore.transfer import writers
    with writers.AtomicFile(sys.argv[1]) as file:
        file.write(b'0123')
        print('writing', flush=True)
        time.sleep(600)
''')


class LeftoversTest(base.TestCase):

    def _process(self):
        """Start an upload in another process."""
        process = subprocess.Popen(
            [sys.executable, '-c', _UPLOAD, self.path()],
            stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(b'writing\n', process.stdout.readline())
        return process

    def _kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def _made_by(self, age=0, **fields):
        """Make a temporary file as somebody else would have."""
        values = {'host': 'other', 'boot': leftovers._boot(),
                  'namespace': leftovers._namespace(), 'pid': 1, 'start': 0}
        values.update(fields)
        name = (leftovers.PREFIX + '{host}~{boot}~{namespace}~{pid}~{start}'
                '~0123abcd~image').format(**values)
        path = self.make(name, b'0123')
        then = time.time() - age
        os.utime(path, (then, then))
        return name

    def _judge(self, **kwargs):
        [found] = leftovers.find(self.directory, **kwargs)
        return found

    def test_a_live_upload_is_left_alone(self):
        process = self._process()
        found = self._judge()
        self.assertTrue(found.live)
        self.assertEqual('image', found.final)
        self.assertEqual([], leftovers.sweep(self.directory))
        self._kill(process)

    def test_a_killed_upload_is_swept_at_once(self):
        self._kill(self._process())
        self.assertNotIn('image', os.listdir(self.directory))
        [found] = leftovers.sweep(self.directory)
        self.assertEqual('image', found.final)
        self.assertIn('is gone', found.reason)
        self.assertGreater(found.size, 0)
        self.assert_nothing_left()

    def test_a_killed_upload_is_swept_before_its_parent_has_asked_for_it(self):
        process = self._process()
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        gone, = leftovers.sweep(self.directory)
        self.assertEqual(f'process {process.pid} is gone', gone.reason)

    def test_a_killed_upload_is_in_nobodys_way(self):
        self._kill(self._process())
        with writers.AtomicFile(self.path()) as file:
            file.write(b'again')
            file.commit()
        self.assertEqual(b'again', self.content())

    def test_a_live_upload_on_a_file_system_without_locks_is_left_alone(
            self):
        process = self._process()
        with mock.patch.object(leftovers, '_locked', return_value=None):
            self.assertTrue(self._judge().live)
            self._kill(process)
            self.assertFalse(self._judge().live)

    def test_a_number_given_to_another_process_is_not_the_writer(self):
        self._made_by(pid=os.getppid(), start=1)
        self.assertFalse(self._judge().live)

    def test_an_upload_of_this_process_is_live_until_it_ends(self):
        with mock.patch.object(leftovers, '_locked', return_value=None):
            with writers.AtomicFile(self.path()):
                self.assertTrue(self._judge().live)
        self.assert_nothing_left()

    def test_a_host_started_again_writes_no_more_to_its_own_disk(self):
        self._made_by(boot='0' * 12)
        with mock.patch.object(linux, 'is_local', return_value=True):
            self.assertFalse(self._judge().live)

    def test_another_hosts_file_is_kept_until_its_lease_ends(self):
        self._made_by(boot='0' * 12, age=100)
        with mock.patch.object(linux, 'is_local', return_value=False):
            self.assertTrue(self._judge(lease=200).live)
            self.assertEqual([], leftovers.sweep(self.directory, lease=200))
            self.assertFalse(self._judge(lease=50).live)
            leftovers.sweep(self.directory, lease=50)
        self.assert_nothing_left()

    def test_another_hosts_locked_file_is_kept_for_ever(self):
        # NFS 4 carries the lock to the server.
        self._made_by(boot='0' * 12, age=1e6)
        with mock.patch.object(linux, 'is_local', return_value=False), \
                mock.patch.object(leftovers, '_locked', return_value=True):
            self.assertTrue(self._judge().live)

    def test_another_container_may_not_have_locked_its_new_file_yet(self):
        self._made_by(namespace=1)
        self.assertTrue(self._judge().live)

    def test_another_containers_unlocked_file_is_a_leftover(self):
        self._made_by(namespace=1, age=leftovers.GRACE + 5)
        self.assertFalse(self._judge().live)

    def test_another_containers_file_without_locks_has_a_lease(self):
        self._made_by(namespace=1, age=leftovers.GRACE + 5)
        with mock.patch.object(leftovers, '_locked', return_value=None):
            self.assertTrue(self._judge().live)

    def test_the_age_is_taken_by_the_clock_of_the_file_system(self):
        self._made_by(boot='0' * 12, age=100)
        with mock.patch.object(linux, 'is_local', return_value=False), \
                mock.patch('time.time', return_value=time.time() + 1e6):
            self.assertTrue(self._judge(lease=200).live)
        # Asking for it leaves nothing.
        self.assertEqual(1, len(os.listdir(self.directory)))

    def test_what_only_looks_like_one_is_left_alone(self):
        names = ['image', '.multistore~x', leftovers.PREFIX,
                 leftovers.PREFIX + 'h~zz~1~2~3~ab~image']
        for name in names:
            self.make(name, b'')
        target = self.make('target', b'')
        dead = leftovers.PREFIX + 'h~ab~1~2~3~ab~'
        os.symlink(target, self.path(dead + 'link'))
        os.mkdir(self.path(dead + 'directory'))
        os.mkfifo(self.path(dead + 'fifo'))
        before = sorted(os.listdir(self.directory))
        self.assertEqual([], leftovers.sweep(self.directory, lease=0))
        self.assertEqual(before, sorted(os.listdir(self.directory)))

    def test_one_that_cannot_be_opened_may_be_live(self):
        self._made_by(pid=2 ** 22 + 1)
        opened = os.open

        def refuse(path, flags, *args, **kwargs):
            if str(path).startswith(leftovers.PREFIX):
                raise PermissionError(13, 'Permission denied')
            return opened(path, flags, *args, **kwargs)

        with mock.patch('os.open', refuse):
            self.assertTrue(self._judge().live)
            self.assertEqual([], leftovers.sweep(self.directory))

    def test_a_directory_that_is_not_there_is_said(self):
        self.assertRaises(FileNotFoundError, leftovers.sweep,
                          self.path('nosuch'))

    def test_a_long_name_is_cut_to_what_a_file_system_takes(self):
        name = leftovers.new_name('ü' * 200)
        self.addCleanup(leftovers.forget, name)
        self.assertLessEqual(len(os.fsencode(name)), 255)
        self.assertIsNotNone(leftovers._NAME.fullmatch(name))

    def test_a_hosts_name_cannot_break_the_pattern(self):
        with mock.patch('socket.gethostname', return_value='a~/b\n'):
            name = leftovers.new_name('image')
        self.addCleanup(leftovers.forget, name)
        self.assertEqual('a__b_', leftovers._NAME.fullmatch(name)['host'])
