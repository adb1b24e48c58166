"""Blocking work beside an eventlet hub, and without one."""

import os
import subprocess
import sys
import textwrap

import testtools

from cinder_glance_multistore.transfer import native


def _python(script):
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', textwrap.dedent(script)],
        env=dict(os.environ, PYTHONPATH=os.getcwd()), capture_output=True,
        text=True, timeout=300)
    return done.stdout.split(), done.stderr


class TestNative(testtools.TestCase):

    def assertSays(self, expected, script):
        said, problems = _python(script)
        self.assertEqual(expected, said, problems)

    def test_without_eventlet_the_call_is_made_in_place(self):
        self.assertSays(['True', 'False'], '''
            import sys, threading
            from cinder_glance_multistore.transfer import native
            print(native.run(threading.get_ident) == threading.get_ident())
            print('eventlet' in sys.modules)
            ''')

    def test_where_eventlet_is_loaded_and_nothing_patched_too(self):
        self.assertSays(['True'], '''
            import threading
            import eventlet, eventlet.tpool
            from cinder_glance_multistore.transfer import native
            print(native.run(threading.get_ident) == threading.get_ident())
            ''')

    def test_in_a_patched_process_the_hub_goes_on(self):
        self.assertSays(['7', 'True'], '''
            import eventlet
            eventlet.monkey_patch()
            from eventlet import patcher
            from cinder_glance_multistore.transfer import native
            sleep = patcher.original('time').sleep
            ticks = []
            def tick():
                while True:
                    ticks.append(1)
                    eventlet.sleep(0.01)
            eventlet.spawn(tick)
            def block(result):
                for _ in range(6000):
                    if len(ticks) > 5:
                        break
                    sleep(0.01)
                return result
            print(native.run(block, 7), len(ticks) > 5)
            ''')

    def test_an_exception_comes_out(self):
        self.assertRaises(ZeroDivisionError, native.run, lambda: 1 / 0)
        self.assertSays(['caught'], '''
            import eventlet
            eventlet.monkey_patch()
            from cinder_glance_multistore.transfer import native
            try:
                native.run(lambda: 1 / 0)
            except ZeroDivisionError:
                print('caught')
            ''')

    def test_a_proxy_stays_one_in_a_patched_process(self):
        self.assertSays(['True'], '''
            import eventlet
            eventlet.monkey_patch()
            import io
            from eventlet import tpool
            from cinder_glance_multistore.transfer import native
            proxy = tpool.Proxy(io.BytesIO())
            print(native.unwrap(proxy) is proxy)
            ''')

    def test_cinders_proxies_do_not_hang_without_patching(self):
        # The second thread that uses a tpool.Proxy waits for good: the
        # answers go to the hub of the first.
        self.assertSays(['abc', 'abc', 'abc'], '''
            import io, threading
            from eventlet import tpool
            from cinder_glance_multistore.transfer import sources
            def upload():
                source = sources.Source(tpool.Proxy(tpool.Proxy(
                    io.BytesIO(b'abc'))))
                reader = threading.Thread(
                    target=lambda: print(source.read(10).decode()))
                reader.start()
                reader.join()
            tpool.execute(int)
            for _ in range(3):
                thread = threading.Thread(target=upload)
                thread.start()
                thread.join(120)
            ''')

    def test_anything_else_is_left_as_it_is(self):
        one = object()
        self.assertIs(one, native.unwrap(one))
