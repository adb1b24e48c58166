"""Under a process that eventlet really patched: a subprocess each."""

import os
import subprocess
import sys
import textwrap

from tests.unit.transfer import base

_PREAMBLE = textwrap.dedent('''
    import warnings
    warnings.simplefilter('ignore')
    import eventlet
    eventlet.monkey_patch()
    import hashlib, os, sys, time
    import eventlet.patcher
    from cinder_glance_multistore.transfer import errors, files, native
    from cinder_glance_multistore.transfer import pipeline, sources

    slow = eventlet.patcher.original('time').sleep
    ident = eventlet.patcher.original('threading').get_ident
    hub_thread = ident()
    directory = sys.argv[1]
    MIB = 1 << 20

    class Ticker:
        """Counts the turns that other green threads get."""
        def __init__(self):
            self.count = 0
            self.thread = eventlet.spawn(self.run)
        def run(self):
            while True:
                eventlet.sleep(0.005)
                self.count += 1
        def wait_natively(self, turns):
            """Block the thread until there were so many more turns.

            In the hub's own thread there would never be one.
            """
            wanted = self.count + turns
            deadline = time.monotonic() + 60
            while self.count < wanted:
                assert time.monotonic() < deadline, self.count
                slow(0.005)

    class Stream:
        def __init__(self, content):
            self.content, self.position = content, 0
        def read(self, size):
            eventlet.sleep(0)
            buf = self.content[self.position:self.position + size]
            self.position += len(buf)
            return buf
''')


class EventletTest(base.TestCase):

    def _run(self, script):
        path = self.make('script.py', (
            _PREAMBLE + textwrap.dedent(script)).encode())
        images = self.path('images')
        os.mkdir(images)
        done = subprocess.run(
            [sys.executable, path, images], capture_output=True, text=True,
            timeout=300, env={**os.environ, 'PYTHONPATH': os.getcwd()})
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.strip()

    def test_uploads_of_green_threads_are_whole(self):
        self.assertEqual('ok', self._run('''
            contents = [os.urandom(6 * MIB + n) for n in range(6)]
            def upload(n):
                return files.save(sources.Source(Stream(contents[n])),
                                  f'{directory}/{n}', size=6 * MIB + n)
            pool = eventlet.GreenPool()
            for n, saved in enumerate(pool.imap(upload, range(6))):
                content = open(f'{directory}/{n}', 'rb').read()
                assert content == contents[n]
                assert saved.checksum == hashlib.md5(content).hexdigest()
                assert saved.multihash == hashlib.sha512(content).hexdigest()
            assert len(os.listdir(directory)) == 6
            print('ok')
        '''))

    def test_lanes_work_in_native_threads_and_the_hub_goes_on(self):
        self.assertEqual('ok', self._run('''
            ticker = Ticker()
            threads = []
            def update(buf):
                threads.append(ident())
                # Others have a turn meanwhile, or it does not end.
                if ident() != hub_thread:
                    ticker.wait_natively(1)
            def upload():
                return pipeline.run(sources.Source(Stream(bytes(20 * MIB))),
                                    [pipeline.Lane(update)])
            assert eventlet.spawn(upload).wait() == 20 * MIB
            # Before the second piece there is nobody else.
            assert threads.count(hub_thread) <= 1, threads
            assert len(threads) == 20, threads
            print('ok')
        '''))

    def test_fsync_does_not_stop_the_hub(self):
        self.assertEqual('ok', self._run('''
            ticker = Ticker()
            fsync = os.fsync
            def slow_fsync(fd):
                assert ident() != hub_thread
                ticker.wait_natively(20)
                fsync(fd)
            os.fsync = slow_fsync
            eventlet.spawn(files.save, sources.Source(Stream(b'0123')),
                           f'{directory}/image').wait()
            print('ok')
        '''))

    def test_an_error_of_a_native_thread_reaches_the_green_one(self):
        self.assertEqual('ok', self._run('''
            error = OSError(28, 'No space left on device')
            pwrite = os.pwrite
            def full(fd, buf, offset):
                if offset >= 3 * MIB:
                    raise error
                return pwrite(fd, buf, offset)
            os.pwrite = full
            try:
                eventlet.spawn(
                    files.save, sources.Source(Stream(bytes(64 * MIB))),
                    f'{directory}/image').wait()
            except OSError as exc:
                assert exc is error
                assert not os.listdir(directory)
                print('ok')
        '''))

    def test_an_error_of_fsync_reaches_the_green_thread(self):
        self.assertEqual('ok', self._run('''
            error = OSError(5, 'Input/output error')
            def fail(fd):
                raise error
            os.fsync = fail
            try:
                eventlet.spawn(files.save, sources.Source(Stream(b'0123')),
                               f'{directory}/image').wait()
            except OSError as exc:
                assert exc is error
                assert not os.listdir(directory)
                print('ok')
        '''))

    def test_a_killed_green_thread_leaves_nothing(self):
        self.assertEqual('ok', self._run('''
            inside, written = [], []
            pwrite = os.pwrite
            def slow_pwrite(fd, buf, offset):
                inside.append(1)
                slow(0.02)
                # Its file is open as long as it is being written to.
                pwrite(fd, buf, offset)
                inside.pop()
                written.append(1)
                return len(buf)
            os.pwrite = slow_pwrite
            def upload():
                files.save(sources.Source(Stream(bytes(64 * MIB))),
                           f'{directory}/image')
            thread = eventlet.spawn(upload)
            while not written:
                eventlet.sleep(0.01)
            assert os.listdir(directory)
            thread.kill()
            try:
                thread.wait()
            except eventlet.greenlet.GreenletExit:
                pass
            # It waited for the write that was under way, not for the rest.
            assert len(written) < 64, len(written)
            assert not inside
            assert not os.listdir(directory)
            print('ok')
        '''))

    def test_a_timeout_of_eventlet_is_honoured(self):
        self.assertEqual('ok', self._run('''
            def update(buf):
                slow(0.02)
            def upload():
                with eventlet.Timeout(0.1):
                    pipeline.run(sources.Source(Stream(bytes(64 * MIB))),
                                 [pipeline.Lane(update)])
            try:
                eventlet.spawn(upload).wait()
            except eventlet.Timeout:
                print('ok')
        '''))

    def test_in_a_worker_thread_of_tpool_it_is_as_without_eventlet(self):
        self.assertEqual('ok', self._run('''
            from eventlet import tpool
            ticker = Ticker()
            content = os.urandom(8 * MIB)
            def upload():
                assert not native.is_green()
                return files.save(sources.Source([content]),
                                  f'{directory}/image')
            saved = tpool.execute(upload)
            assert saved.checksum == hashlib.md5(content).hexdigest()
            assert native.is_green()
            print('ok')
        '''))

    def test_patched_after_the_import_it_is_native_all_the_same(self):
        path = self.make('late.py', textwrap.dedent('''
            import warnings
            warnings.simplefilter('ignore')
            import os, sys
            from cinder_glance_multistore.transfer import files, sources
            import eventlet
            eventlet.monkey_patch()
            chunks = [os.urandom(1 << 20) for _ in range(8)]
            saved = eventlet.spawn(
                files.save, sources.Source(chunks), sys.argv[1]).wait()
            assert saved.size == 8 << 20
            print('ok')
        ''').encode())
        done = subprocess.run(
            [sys.executable, path, self.path()], capture_output=True,
            text=True, timeout=300,
            env={**os.environ, 'PYTHONPATH': os.getcwd()})
        self.assertEqual('ok\n', done.stdout, done.stderr)
