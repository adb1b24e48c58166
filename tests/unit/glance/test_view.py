"""The background view: nobody waits for a store that hangs."""

import os
import threading
import time

import fixtures
import testtools

from cinder_glance_multistore.glance import view

WAIT = 120


def until(condition):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class ViewTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.release = threading.Event()
        self.addCleanup(self.release.set)
        self.looks = 0
        # None of these tests is about how long the first one waits.
        self.useFixture(fixtures.MonkeyPatch(
            'cinder_glance_multistore.glance.view.FIRST_WAIT', 0.05))
        self.log = self.useFixture(fixtures.FakeLogger())

    def view(self, interval=0.01, timeout=0.05, **looks):
        made = view.View(looks, interval, timeout)
        self.addCleanup(made.close)
        return made

    def well(self):
        return view.Seen('available', properties={'a': 1})

    def hang(self):
        self.looks += 1
        self.release.wait(WAIT)
        return self.well()

    def test_nothing_is_looked_at_before_the_first_question(self):
        made = self.view(a=self.hang)
        self.assertEqual(0, self.looks)
        made.get()
        until(lambda: self.looks)

    def test_the_first_answer_waits_for_the_first_look(self):
        self.useFixture(fixtures.MonkeyPatch(
            'cinder_glance_multistore.glance.view.FIRST_WAIT', WAIT))
        made = self.view(interval=WAIT, a=self.well, b=self.well)
        self.assertEqual({'a': self.well(), 'b': self.well()}, made.get())

    def test_a_store_that_hangs_has_one_thread_and_comes_back(self):
        made = self.view(a=self.hang, b=self.well)
        until(lambda: made.get()['a'].status == 'unavailable')
        until(lambda: made.get()['b'] == self.well())
        self.assertIn('has not answered for', made.get()['a'].reason)
        self.assertEqual(1, self.looks)
        self.assertEqual(1, sum(
            thread.name == 'multistore-watch-a'
            for thread in threading.enumerate()))
        self.release.set()
        until(lambda: made.get()['a'].status == 'available')

    def test_the_last_view_of_a_store_that_hangs_is_kept(self):
        def look():
            self.looks += 1
            return self.well() if self.looks == 1 else self.hang()
        made = self.view(a=look)
        until(lambda: made.get()['a'].status == 'unavailable')
        self.assertEqual({'a': 1}, made.get()['a'].properties)

    def test_a_look_that_fails_is_told_without_secrets(self):
        def look():
            raise OSError('https://user:secret@vc1 password=secret')
        made = self.view(a=look)
        until(lambda: made.get()['a'].status == 'unavailable')
        seen = made.get()['a']
        self.assertIn('OSError', seen.reason)
        self.assertIn('//vc1', seen.reason)
        self.assertNotIn('secret', seen.reason + self.log.output)

    def test_a_store_is_looked_at_again_after_an_error(self):
        def look():
            self.looks += 1
            if self.looks == 1:
                raise OSError()
            return self.well()
        made = self.view(a=look)
        made.get()
        until(lambda: made.get()['a'].status == 'available')

    def test_looking_begins_anew_in_a_forked_worker(self):
        self.useFixture(fixtures.MonkeyPatch(
            'cinder_glance_multistore.glance.view.FIRST_WAIT', WAIT))
        made = self.view(interval=WAIT, a=lambda: view.Seen(
            'available', str(os.getpid())))
        made.get()
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                os.write(writer, made.get()['a'].reason.encode())
            finally:
                os._exit(0)
        os.close(writer)
        with open(reader) as answer:
            self.assertEqual(str(pid), answer.read())
        os.waitpid(pid, 0)
