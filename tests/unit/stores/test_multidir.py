"""The ``multidir`` store, beyond what every driver promises."""

import io
import json
import logging
import os
import stat
import subprocess
import sys
import threading
import time
from unittest import mock

import ddt
import fixtures
from glance_store import exceptions
from glance_store import location
from oslo_config import cfg
import testtools

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement.ledger import Ledger
from cinder_glance_multistore.stores import guard
from cinder_glance_multistore.stores import multidir
from cinder_glance_multistore.stores import multidir_config
from cinder_glance_multistore.stores import multidir_directory
from cinder_glance_multistore.stores import placed
from cinder_glance_multistore.transfer import leftovers
from tests.contract import faulty
from tests.contract import multidir as contract

MiB = 1 << 20


class Stream:

    def __init__(self, size):
        self.left = size

    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return b'x' * size


GREEN = '''
import warnings
warnings.simplefilter('ignore')
import eventlet
eventlet.monkey_patch()
import eventlet.patcher
import hashlib
import os
import sys
from tests.contract import multidir
from cinder_glance_multistore.stores.guard import Unresponsive

a, b, home = sys.argv[1:]
store = multidir.make_store([a, b], home)
MiB = 1 << 20

class Stream:
    def __init__(self, content):
        self.content, self.position = content, 0
    def read(self, size):
        eventlet.sleep(0)
        buf = self.content[self.position:self.position + size]
        self.position += len(buf)
        return buf

def upload(number):
    content = os.urandom(3 * MiB + number)
    answer = store.add(str(number), Stream(content), len(content), 'sha512')
    assert answer[2] == hashlib.md5(content).hexdigest()
    assert open(f'{a}/{number}', 'rb').read() == content

for thread in [eventlet.spawn(upload, number) for number in range(8)]:
    thread.wait()
assert store.ledger.promises() == []

# A directory hangs; the other green threads go on meanwhile.
turns = []
def turn():
    while True:
        turns.append(1)
        eventlet.sleep(0.005)
eventlet.spawn(turn)
hung = store._directories[a]
hung._guard._timeout = 0.5
try:
    hung.call(eventlet.patcher.original('time').sleep, 3600)
except Unresponsive:
    assert len(turns) > 1, turns
    assert f'file://{b}/' in store.add('last', Stream(b'x'), 1, 'sha512')[0]
    print('ok')
'''


@ddt.ddt
class ConfigTest(testtools.TestCase):

    @ddt.data(
        (['/srv/a:200', '/srv/b:100'], [('/srv/a', 200), ('/srv/b', 100)]),
        (['/srv/a'], [('/srv/a', 0)]),
        (['/srv/a:'], [('/srv/a', 0)]),
        ([r'/srv/a\:b:7'], [('/srv/a:b', 7)]),
        ([r'/srv/a\\b:-3'], [('/srv/a\\b', -3)]),
        ([r'/srv/a\\:5'], [('/srv/a\\', 5)]),
        ([' /srv/a/ : 5 '], [('/srv/a', 5)]),
        (['/srv/a:5', '/srv/a/:5', '//srv/a:5'], [('/srv/a', 5)]),
    )
    @ddt.unpack
    def test_directories_are_understood(self, values, expected):
        self.assertEqual(expected,
                         multidir_config.parse_directories(values))

    @ddt.data(['/srv/a:x'], ['/srv/a:b:5'], ['srv/a:5'], [''], [':5'],
              ['/srv/a:5', '/srv/a:6'], ['/srv/a:1.5'], ['/srv/a:٣'])
    def test_what_is_no_directory_is_refused_with_its_text(self, values):
        error = self.assertRaises(
            ValueError, multidir_config.parse_directories, values)
        self.assertIn(values[0].partition(':')[0], str(error))

    @ddt.data((['/srv/a:b:5'], [('/srv/a:b', 5)]), (['/srv/a'],
                                                    [('/srv/a', 0)]))
    @ddt.unpack
    def test_upstreams_directories_are_read_as_upstream_does(
            self, values, expected):
        self.assertEqual(expected, multidir_config.parse_datadirs(values))

    @ddt.data(('0', 0), ('1000', 1000), ('2K', 2048), ('1.5G', 3 << 29),
              ('5%', 50), ('0%', 0), ('10 GiB', 10 << 30))
    @ddt.unpack
    def test_what_is_kept_free_is_understood(self, value, expected):
        self.assertEqual(expected,
                         placed.parse_min_free('o', value)(1000))

    @ddt.data('', '-1', '100%', 'x%', 'nan%', 'much', '5X', '9' * 400)
    def test_what_cannot_be_kept_free_is_refused(self, value):
        self.assertRaises(ValueError, placed.parse_min_free, 'o', value)

    @ddt.data(('/mnt/nfs1/x', 'one'), ('/mnt/nfs10/x', 'ten'),
              ('/mnt/nfs10/deep/x', 'deep'), ('/mnt/other/x', None))
    @ddt.unpack
    def test_metadata_is_matched_by_path_component(self, path, expected):
        entries = [{'id': 'one', 'mountpoint': '/mnt/nfs1'},
                   {'id': 'ten', 'mountpoint': '/mnt/nfs10/'},
                   {'id': 'deep', 'mountpoint': '/mnt/nfs10/deep'}]
        self.assertEqual(
            expected, multidir_config.metadata_of(path, entries).get('id'))

    @ddt.data('', 'x', '[1]', '{"id": "a"}', '[{"id": 1, "mountpoint": "/"}]',
              '{"id": "a", "mountpoint": "/", "more": 5}')
    def test_metadata_of_another_shape_is_refused(self, text):
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'm')
        with open(path, 'w') as file:
            file.write(text)
        self.assertRaises(ValueError, multidir_config.read_metadata, path)


class MultidirTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.home = self.useFixture(fixtures.TempDir()).path
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.INFO))
        self.a = os.path.join(self.home, 'a')
        self.b = os.path.join(self.home, 'b')
        os.mkdir(self.a)
        os.mkdir(self.b)

    def store(self, *directories, **options):
        return contract.make_store(
            list(directories) or [self.a, self.b], self.home, **options)

    def add(self, store, image='image', data=b'data', size=None):
        return store.add(image, io.BytesIO(data),
                         len(data) if size is None else size, 'sha512')

    def locate(self, store, uri):
        return location.Location('file', multidir.StoreLocation, store.conf,
                                 uri=uri, backend='fast')

    def assert_not_lost(self, store, where, reason):
        """Glance neither answers 204 nor forgets the image: it says 503."""
        # glance_store before 5.4 (2026.1) has no error of its own for it.
        slow = getattr(exceptions, 'TimeoutError',
                       exceptions.RemoteServiceUnavailable)
        unavailable = exceptions.RemoteServiceUnavailable
        for kind, ask in ((unavailable, store.get),
                          (unavailable, store.get_size), (slow, store.delete)):
            self.assertIn(reason, str(self.assertRaises(kind, ask, where)))

    def configure(self, **options):
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        store = multidir.Store(conf, backend='fast')
        for name, value in options.items():
            conf.set_override(name, value, group='fast')
        store.configure(re_raise_bsc=True)
        return store

    def test_upstreams_options_are_taken_where_ours_are_not_set(self):
        ledger = f'sqlite:///{self.home}/ledger'
        for options in (
                {'filesystem_store_datadir': self.a},
                {'filesystem_store_datadirs': [f'{self.a}:1']},
                {'filesystem_store_datadir': self.b,
                 'filesystem_store_datadirs': [f'{self.a}:1']},
                {'filesystem_store_datadir': self.b,
                 'multidir_directories': [f'{self.a}:1']}):
            store = self.configure(multidir_reservations=ledger, **options)
            uri = self.add(store, image=str(len(os.listdir(self.a))))[0]
            self.assertEqual(self.a, os.path.dirname(uri)[len('file://'):])

    def test_a_section_that_cannot_be_understood_is_said_to_be_so(self):
        for options in ({'multidir_directories': ['relative:1']},
                        {'multidir_policy': 'most_free'},
                        {'multidir_min_free': 'much'},
                        {'multidir_reservations': 'oracle://u:pw@h/d'},
                        {'filesystem_store_datadir': ''},
                        {'filesystem_store_metadata_file': '/nonexistent'}):
            options.setdefault('multidir_directories', [f'{self.a}:1']
                               if 'filesystem_store_datadir' not in options
                               else [])
            error = self.assertRaises(exceptions.BadStoreConfiguration,
                                      self.configure, **options)
            self.assertIn('fast', str(error))
            self.assertNotIn('pw', str(error))

    def test_the_file_has_the_mode_that_was_asked_for(self):
        os.chmod(self.a, 0o700)
        store = self.store(filesystem_store_file_perm=644)
        self.add(store)
        self.assertEqual(0o644, stat.S_IMODE(os.stat(
            f'{self.a}/image').st_mode))
        self.assertEqual(0o711, stat.S_IMODE(os.stat(self.a).st_mode))

    def test_an_upload_holds_no_more_memory_than_it_may(self):
        stream = Stream(16 * MiB)
        behind = []

        class Slow:
            seen = 0

            def update(self, buf):
                time.sleep(0.001)
                self.seen += len(buf)
                behind.append(16 * MiB - stream.left - self.seen)

        self.store(multidir_upload_memory=2).add(
            'image', stream, 16 * MiB, 'sha512', verifier=Slow())
        self.assertLessEqual(max(behind), 2 * MiB)

    def test_thin_provisioning_makes_holes(self):
        self.add(self.store(filesystem_thin_provisioning=True),
                 data=bytes(32 * MiB) + b'end')
        self.assertLess(os.stat(f'{self.a}/image').st_blocks * 512, MiB)

    def test_nova_finds_the_mount_point_in_the_metadata(self):
        path = os.path.join(self.home, 'metadata')
        with open(path, 'w') as file:
            json.dump([{'id': 'x', 'mountpoint': self.home + '/a'}], file)
        store = self.store(filesystem_store_metadata_file=path)
        for image in ('one', 'two'):
            self.assertEqual(
                {'id': 'x', 'mountpoint': self.a, 'store': 'fast'},
                self.add(store, image)[4])

    def test_the_log_says_which_directory_was_taken_and_why(self):
        self.add(self.store())
        self.assertIn(f'Store fast puts image image into {self.a}, by '
                      f'weight: {self.a} (weight 2, ', self.log.output)

    def test_a_directory_that_is_gone_is_left_out_and_comes_back(self):
        store = self.store()
        os.rename(self.a, self.a + '.away')
        self.assertIn('/b/one', self.add(store, 'one')[0])
        self.assertIn(f'left out: {self.a}: does not exist', self.log.output)
        self.assertFalse(os.path.exists(self.a))
        os.rename(self.a + '.away', self.a)
        self.assertIn('/a/two', self.add(store, 'two')[0])

    def test_what_lies_in_a_directory_that_is_gone_is_not_lost(self):
        store = self.store()
        where = self.locate(store, self.add(store)[0])
        os.rename(self.a, self.a + '.away')
        self.assert_not_lost(store, where, f'{self.a} does not exist')
        with open(self.a, 'w'):
            pass
        self.assert_not_lost(store, where, f'{self.a} is no directory')
        os.unlink(self.a)
        os.rename(self.a + '.away', self.a)
        store.delete(where)
        self.assertRaises(exceptions.NotFound, store.get, where)

    def test_what_lies_on_a_disk_that_is_not_mounted_is_not_lost(self):
        store = self.store(multidir_require_mount=True)
        self.assert_not_lost(store, self.locate(
            store, f'file://{self.a}/image'), 'is not a mount point')

    def test_a_file_that_cannot_be_read_or_deleted_says_why(self):
        fault = self.useFixture(faulty.FaultyDirectory())
        store = self.store(fault.path)
        where = self.locate(store, self.add(store)[0])
        fault.fail(open=faulty.number('EIO'), unlink=faulty.number('EACCES'))
        for kind, ask in ((exceptions.RemoteServiceUnavailable, store.get),
                          (exceptions.Forbidden, store.delete)):
            self.assertRegex(str(self.assertRaises(kind, ask, where)),
                             'image cannot be .*: (Input|Perm)')

    def test_a_directory_that_is_not_mounted_is_left_out(self):
        error = self.assertRaises(
            exceptions.StorageWriteDenied, self.add,
            self.store(multidir_require_mount=True))
        self.assertIn(f'{self.a}: is not a mount point', str(error))
        self.assertEqual([], os.listdir(self.a))

    def test_a_mounted_directory_is_a_mount_point(self):
        fault = self.useFixture(faulty.FaultyDirectory())
        store = self.store(fault.path, multidir_require_mount=True)
        self.assertIn(fault.path, self.add(store)[0])

    def test_what_is_kept_free_is_kept_free(self):
        status = os.statvfs(self.a)
        total = status.f_blocks * status.f_frsize
        error = self.assertRaises(
            exceptions.StorageFull, self.add,
            self.store(multidir_min_free=str(total)))
        self.assertIn('kept free', str(error))

    def test_another_host_that_shares_the_ledger_is_counted(self):
        store = self.store()
        ledger = Ledger(f'sqlite:///{self.home}/state/ledger.sqlite')
        self.addCleanup(ledger.close)
        [place, _] = store._measure(mock.Mock(seen=lambda place: place))
        self.assertEqual(place.space, store._directories[
            self.b].measure().space)
        held = ledger.reserve(lambda: [place], place.free // 4 * 3)
        self.addCleanup(held.release)
        error = self.assertRaises(
            exceptions.StorageFull, store.add, 'image', Stream(1),
            place.free // 2, 'sha512')
        self.assertIn('promised to uploads under way', str(error))

    def test_nothing_stays_promised(self):
        store = self.store()
        self.add(store, 'one', bytes(MiB))
        store.add('two', Stream(40 * MiB), 0, 'sha512')
        self.assertRaises(exceptions.Invalid, store.add, 'three',
                          Stream(MiB), 2 * MiB, 'sha512')
        self.assertEqual([], store._ledger.promises())

    def test_uploads_go_on_without_the_ledger_with_a_warning(self):
        store = self.store(
            multidir_reservations=f'sqlite:///{self.a}/not/there\0')
        with mock.patch.object(
                store._ledger, 'reserve',
                side_effect=placement_errors.LedgerUnavailable('x', 'y')):
            self.add(store, 'one')
            store.add('two', Stream(40 * MiB), 0, 'sha512')
        self.assertIn('makes no reservation', self.log.output)

    def test_a_source_that_does_not_rewind_ends_there_and_says_so(self):
        fault = self.useFixture(faulty.FaultyDirectory())
        store = self.store(fault.path, self.b)
        fault.fail(write=faulty.number('ENOSPC'))
        error = self.assertRaises(
            exceptions.StorageFull, store.add, 'image', Stream(3 * MiB),
            3 * MiB, 'sha512')
        self.assertIn(f'{fault.path} was full after', str(error))
        self.assertIn('cannot be read again from its start', str(error))
        self.assertEqual([], os.listdir(fault.backing))

    def test_a_signed_image_ends_there_too(self):
        # Its verifier has seen bytes, and would count them twice.
        fault = self.useFixture(faulty.FaultyDirectory())
        store = self.store(fault.path, self.b)
        fault.fail(write=faulty.number('ENOSPC'))
        verifier = mock.Mock()
        error = self.assertRaises(
            exceptions.StorageFull, store.add, 'image',
            io.BytesIO(bytes(3 * MiB)), 3 * MiB, 'sha512', verifier=verifier)
        self.assertIn(f'{fault.path} was full after', str(error))
        self.assertEqual([], os.listdir(self.b))

    def test_a_hung_directory_is_left_out_and_comes_back(self):
        fault = self.useFixture(faulty.FaultyDirectory())
        store = self.store(fault.path, self.b)
        uri = self.add(store, 'before')[0]
        # The other one may take its time, on a busy machine.
        asked = store._directories[fault.path]._guard
        patience, asked._timeout = asked._timeout, 0.5
        fault.fail(getattr='hang', statfs='hang', open='hang', create='hang')
        time.sleep(1.1)  # The kernel remembers what it was told for 1 s.
        for image in range(8):
            self.assertIn('/b/', self.add(store, str(image))[0])
        where = self.locate(store, uri)
        self.assert_not_lost(store, where, 'has not answered for')
        self.assertLessEqual(asked.threads, 4)
        fault.heal()
        asked._timeout = patience
        deadline = time.monotonic() + 120
        image = 100
        while fault.path not in self.add(store, str(image))[0]:
            self.assertLess(time.monotonic(), deadline)
            image += 1
            time.sleep(0.1)
        self.assertEqual(4, store.get_size(where))

    def test_a_live_uploads_file_is_not_swept(self):
        store = self.store()
        go_on = threading.Event()

        class Waits(Stream):
            def read(self, size):
                if self.left < MiB:
                    go_on.wait(120)
                return super().read(size)

        upload = threading.Thread(
            target=store.add, args=('image', Waits(2 * MiB - 1), 2 * MiB - 1,
                                    'sha512'))
        upload.start()
        while not os.listdir(self.a):
            self.assertTrue(upload.is_alive())
            time.sleep(0.01)
        self.store()
        time.sleep(0.3)
        self.assertEqual(1, len(os.listdir(self.a)))
        go_on.set()
        upload.join()
        self.assertEqual(['image'], os.listdir(self.a))


    def test_a_service_that_eventlet_patched_has_it_too(self):
        done = subprocess.run(
            [sys.executable, '-c', GREEN, self.a, self.b, self.home],
            capture_output=True, text=True, timeout=240,
            env={**os.environ, 'PYTHONPATH': os.getcwd()})
        self.assertEqual('ok\n', done.stdout, done.stderr)

    def test_a_process_forked_in_the_middle_of_a_sweep_sweeps_too(self):
        # As uWSGI does when it loads the application before it forks.
        with mock.patch.object(multidir_directory.Directory, '_sweep'):
            store = self.store()

        def leave():
            with open(os.path.join(self.a, leftovers.new_name('image')), 'w'):
                pass

        def tidy_up():
            store._tidy_up()
            deadline = time.monotonic() + 120
            while os.listdir(self.a) and time.monotonic() < deadline:
                time.sleep(0.01)

        for work, left in ((leave, 1), (tidy_up, 0)):
            child = os.fork()
            if not child:
                try:
                    work()
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            self.assertEqual(left, len(os.listdir(self.a)))


class GuardTest(testtools.TestCase):

    def test_returns_and_raises_what_the_call_does(self):
        asked = guard.Guard('there', 120)
        self.assertEqual(3, asked.call(max, 1, 3))
        error = self.assertRaises(FileNotFoundError, asked.call, os.stat,
                                  '/nonexistent')
        self.assertEqual('/nonexistent', error.filename)

    def test_many_threads_may_ask_at_once(self):
        asked = guard.Guard('there', 120)
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            asked.call(time.sleep, 0.01))) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([None] * 50, answers)
        self.assertLessEqual(asked.threads, 4)

    def test_no_threads_pile_up_and_the_answer_ends_it(self):
        asked = guard.Guard('there', 0.1)
        go_on = threading.Event()
        for _ in range(20):
            error = self.assertRaises(guard.Unresponsive, asked.call,
                                      go_on.wait, 300)
        self.assertIn('has not answered for', error.strerror)
        self.assertLessEqual(asked.threads, 4)
        go_on.set()
        deadline = time.monotonic() + 120
        while asked.threads and time.monotonic() < deadline:
            time.sleep(0.01)
        asked._timeout = 120
        self.assertEqual(1, asked.call(max, 0, 1))

    def test_what_comes_too_late_is_discarded(self):
        asked = guard.Guard('there', 0.1)
        discarded = []
        go_on = threading.Event()

        def slow():
            go_on.wait(300)
            return 'a descriptor'

        self.assertRaises(guard.Unresponsive, asked.call, slow,
                          discard=discarded.append)
        go_on.set()
        deadline = time.monotonic() + 120
        while not discarded and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(['a descriptor'], discarded)

    def test_a_child_process_asks_with_threads_of_its_own(self):
        asked = guard.Guard('there', 0.2)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        self.assertRaises(guard.Unresponsive, asked.call, go_on.wait, 300)
        child = os.fork()
        if not child:
            try:
                asked._timeout = 120
                os._exit(asked.call(max, 0, 7))
            finally:
                os._exit(1)
        self.assertEqual(7, os.waitstatus_to_exitcode(
            os.waitpid(child, 0)[1]))


class DirectoryTest(testtools.TestCase):

    def test_hosts_that_share_a_file_system_name_it_alike(self):
        mounts = [multidir_directory._Mount(b'0:99', b'/srv', b'nfs4',
                                            b'server:/export')]
        self.assertEqual('nfs4:server:/export', multidir_directory._space(
            os.makedev(0, 99), mounts))

    def test_mount_points_with_blanks_are_understood(self):
        line = (b'36 35 98:0 / /srv/a\\040b\\134c rw - ext4 /dev/sda rw\n')
        with mock.patch.object(multidir_directory, 'open', create=True,
                               return_value=io.BytesIO(line)):
            [mount] = multidir_directory._mounts()
        self.assertEqual((b'/srv/a b\\c', b'ext4', b'/dev/sda'),
                         (mount.point, mount.kind, mount.source))


class EntryPointTest(testtools.TestCase):

    def test_the_type_is_one_of_the_schemes_and_of_the_entry_points(self):
        script = ('from importlib import metadata\n'
                  '[point] = metadata.entry_points(\n'
                  '    group="glance_store.drivers", name="multidir")\n'
                  'assert "multidir" in point.load().get_schemes(None)\n')
        subprocess.run([sys.executable, '-W', 'ignore', '-c', script], check=True)
