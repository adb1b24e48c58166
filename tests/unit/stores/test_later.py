"""What is to be done in a while."""

import threading

import fixtures
import testtools

from cinder_glance_multistore.stores import later


class LaterTest(testtools.TestCase):

    def test_what_got_no_thread_is_done_with_the_next_call(self):
        done = []
        both = threading.Event()

        def do(what):
            done.append(what)
            if len(done) == 2:
                both.set()

        calls = later.Later('test-later')
        with fixtures.MockPatchObject(
                threading.Thread, 'start',
                side_effect=RuntimeError("can't start new thread")):
            calls.call(0, do, 'one')
        calls.call(0, do, 'two')
        self.assertTrue(both.wait(120))
        self.assertEqual(['one', 'two'], done)

    def test_what_is_cancelled_is_not_done(self):
        done = []
        last = threading.Event()
        calls = later.Later('test-later')
        calls.call(0.2, done.append, 'cancelled')
        calls.cancel()
        calls.call(0.4, last.set)
        self.assertTrue(last.wait(60))
        self.assertEqual([], done)
