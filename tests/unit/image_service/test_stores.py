"""Asking for the stores: once for many, in time, and of whatever answers."""

import concurrent.futures
import os
import subprocess
import sys
import textwrap
import threading
import time

import ddt
import fixtures
from glanceclient import exc
import testtools
import urllib3

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import stores
from tests.fakes import image_api
from tests.unit.image_service import base


@ddt.ddt
class TestFetch(base.TestCase):

    def fetch(self, kind=base.NOAUTH, timeout=60):
        return stores.fetch(base.client(self.api, kind, timeout))

    @ddt.data(*base.CLIENTS)
    def test_reads_what_glance_says(self, kind):
        document = self.fetch(kind)
        self.assertEqual(('reliable', 'fast'), document.ids)
        self.assertEqual('reliable', document.default_id)

    @ddt.data(
        b'', b'null', b'[]', b'{}', b'7', b'"stores"', b'{"stores": null}',
        b'{"stores": {}}', b'{"stores": [1]}', b'{"stores": [{}]}',
        b'{"stores": [{"id": null}]}', b'{"stores": [{"id": ""}]}',
        b'{"stores": [{"id": "a"}, {"id": "a"}]}', b'{"stores": [[]]}',
        b'{', b'\xff\xfe', b'[' * 100000, b'{"a":' * 100000)
    def test_a_document_of_another_shape_is_a_bad_answer(self, body):
        self.api.stores = body
        for kind in base.CLIENTS:
            self.assertRaises(errors.BadAnswer, self.fetch, kind)

    @ddt.data('text/html', 'text/plain', 'application/octet-stream', None)
    def test_a_page_in_its_place_is_a_bad_answer(self, content_type):
        self.api.stores = lambda request: request.answer(
            200, b'<html>log in</html>',
            {'Content-Type': content_type} if content_type else {})
        for kind in base.CLIENTS:
            self.assertRaises(errors.BadAnswer, self.fetch, kind)

    @ddt.data(
        *((code, body, content_type)
          for code in (400, 409, 410, 413, 429, 500, 502, 503, 504)
          for body, content_type in (
              (b'<html><h1>x</h1></html>', 'text/html'), (b'', None))),
        (300, b'', None), (300, b'x', 'text/plain'))
    @ddt.unpack
    def test_an_error_of_glance_or_a_proxy_is_unreachable(
            self, code, body, content_type):
        self.api.stores = lambda request: request.answer(
            code, body, {'Content-Type': content_type}
            if content_type else {})
        for kind in base.CLIENTS:
            self.assertRaises(errors.Unreachable, self.fetch, kind)

    @ddt.data((b'x', None), (b'[]', 'application/json'),
              (b'{"a": 1}', 'application/json'),
              (b'\xff', 'text/plain'), (b'{', 'application/json'))
    @ddt.unpack
    def test_an_odd_error_is_one_of_this_room(self, body, content_type):
        # glanceclient raises KeyError, AttributeError, UnicodeDecodeError.
        self.api.stores = lambda request: request.answer(
            503, body, {'Content-Type': content_type} if content_type else {})
        for kind in base.CLIENTS:
            self.assertRaises(errors.ImageServiceError, self.fetch, kind)

    def test_404_means_a_glance_with_one_store(self):
        self.api.stores = lambda request: request.answer(
            404, b'Multi backend is not supported at this site.')
        error = self.assertRaises(errors.NotMultiStore, self.fetch)
        self.assertIn('enabled_backends', str(error))

    @ddt.data((401, exc.HTTPUnauthorized), (403, exc.HTTPForbidden))
    @ddt.unpack
    def test_who_may_not_ask_is_told_so(self, code, cls):
        self.api.stores = lambda request: request.answer(code, b'no')
        self.assertRaises(cls, self.fetch)

    @ddt.data(*base.CLIENTS)
    def test_a_refused_and_a_reset_connection_are_unreachable(self, kind):
        self.api.stores = lambda request: request.reset()
        self.assertRaises(errors.Unreachable, self.fetch, kind)
        self.api.down()
        self.assertRaises(errors.Unreachable, self.fetch, kind)

    @ddt.data(*base.CLIENTS)
    def test_an_answer_cut_short_is_unreachable(self, kind):
        self.api.stores = lambda request: request.raw(
            b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
            b'Content-Length: 1000\r\n\r\n{"stores"')
        # urllib3 1.26 (up to 2025.2) does not count what has come.
        self.assertRaises(
            errors.BadAnswer if urllib3.__version__.startswith('1.')
            else errors.Unreachable, self.fetch, kind)

    @ddt.data(*base.CLIENTS)
    def test_what_is_no_http_is_unreachable(self, kind):
        self.api.stores = lambda request: request.raw(b'SSH-2.0-x\r\n\r\n')
        self.assertRaises(errors.Unreachable, self.fetch, kind)

    @ddt.data(*base.CLIENTS)
    def test_endless_redirects_are_unreachable(self, kind):
        self.api.stores = lambda request: request.answer(
            302, headers={'Location': self.api.url + '/v2/info/stores'})
        self.assertRaises(errors.ImageServiceError, self.fetch, kind)

    @ddt.data(*base.CLIENTS)
    def test_silence_is_unreachable_after_the_time_out(self, kind):
        self.api.overrides.append(('GET .*', image_api.hang))
        self.assertRaises(errors.Unreachable, self.fetch, kind, 0.2)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Question:
    """Counts how often it is asked; answers when it is allowed to."""

    def __init__(self, *answers, wait=False):
        self.asked = 0
        self.answered = 0
        self._answers = list(answers)
        self.allowed = threading.Event()
        if not wait:
            self.allowed.set()

    def __call__(self):
        self.asked += 1
        answer = self._answers[min(self.asked, len(self._answers)) - 1]
        self.allowed.wait(120)
        self.answered += 1
        if isinstance(answer, BaseException):
            raise answer
        return answer


class TestStoresDirectory(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        self.clock = Clock()

    def directory(self, timeout=60.0, cache_time=15.0, stale_time=0.0):
        return stores.StoresDirectory(timeout, cache_time, stale_time,
                                      self.clock)

    def wait_for_callers(self, directory, number):
        """Return when so many wait for the question that is on its way."""
        deadline = time.monotonic() + 120
        while (directory._flight is None or
               len(directory._flight.done._cond._waiters) < number):
            self.assertLess(time.monotonic(), deadline, 'nobody waits')
            time.sleep(0.01)

    def test_an_answer_serves_until_it_is_too_old(self):
        directory, question = self.directory(), Question('one', 'two')
        self.assertEqual('one', directory.get(question))
        self.clock.now += 14.9
        self.assertEqual('one', directory.get(question))
        self.clock.now += 0.1
        self.assertEqual('two', directory.get(question))
        self.assertEqual(2, question.asked)

    def test_a_cache_time_of_0_asks_each_time(self):
        directory = self.directory(cache_time=0.0)
        question = Question('one', 'two', 'three')
        self.assertEqual(['one', 'two', 'three'],
                         [directory.get(question) for _ in range(3)])

    def test_fresh_asks_whatever_is_remembered(self):
        directory, question = self.directory(), Question('one', 'two')
        directory.get(question)
        self.assertEqual('two', directory.get(question, fresh=True))
        self.assertEqual('two', directory.get(question))

    def test_a_hundred_callers_at_once_ask_once(self):
        directory, question = self.directory(), Question('one', wait=True)
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            waiting = [pool.submit(directory.get, question, fresh)
                       for fresh in [False, True] * 50]
            self.wait_for_callers(directory, 100)
            question.allowed.set()
            self.assertEqual({'one'}, {f.result() for f in waiting})
        self.assertEqual(1, question.asked)

    def test_a_hundred_callers_at_once_fail_at_once(self):
        directory = self.directory()
        question = Question(errors.Unreachable('down'), wait=True)
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            waiting = [pool.submit(directory.get, question)
                       for _ in range(100)]
            self.wait_for_callers(directory, 100)
            question.allowed.set()
            for future in waiting:
                self.assertRaises(errors.Unreachable, future.result)
        self.assertEqual(1, question.asked)

    def test_a_caller_waits_no_longer_than_the_time_out(self):
        directory = self.directory(timeout=0.2)
        question = Question('one', wait=True)
        self.addCleanup(question.allowed.set)
        error = self.assertRaises(errors.Unreachable, directory.get, question)
        self.assertEqual(0, question.answered)
        self.assertIn('within 0.2 seconds', str(error))

    def test_an_answer_that_comes_too_late_is_remembered(self):
        directory = self.directory(timeout=0.1)
        question = Question('one', wait=True)
        self.assertRaises(errors.Unreachable, directory.get, question)
        flight = directory._flight
        question.allowed.set()
        self.assertTrue(flight.done.wait(120))
        self.assertEqual('one', directory.get(question))
        self.assertEqual(1, question.asked)

    def test_a_question_nobody_answers_is_given_up_in_the_end(self):
        directory = self.directory(timeout=0.1)
        stuck, question = Question('one', wait=True), Question('two')
        self.addCleanup(stuck.allowed.set)
        self.assertRaises(errors.Unreachable, directory.get, stuck)
        self.assertRaises(errors.Unreachable, directory.get, question)
        # From here on somebody answers, and this machine may be busy.
        directory._timeout = 60.0
        self.clock.now += 4 * 60 + 1
        self.assertEqual('two', directory.get(question))
        # The old one, when it answers after all, breaks nothing.
        stuck.allowed.set()
        self.assertEqual(1, stuck.asked)

    def test_an_old_answer_does_not_serve_by_default(self):
        directory = self.directory()
        question = Question('one', errors.Unreachable('down'))
        directory.get(question)
        self.clock.now += 15
        self.assertRaises(errors.Unreachable, directory.get, question)

    def test_an_old_answer_serves_for_as_long_as_is_set(self):
        directory = self.directory(stale_time=60.0)
        question = Question('one', errors.Unreachable('down'))
        directory.get(question)
        self.clock.now += 74.9
        self.assertEqual('one', directory.get(question))
        self.clock.now += 0.1
        self.assertRaises(errors.Unreachable, directory.get, question)

    def test_an_old_answer_serves_when_the_new_one_takes_too_long(self):
        directory = self.directory(stale_time=60.0)
        directory.get(Question('one'))
        self.clock.now += 20
        directory._timeout = 0.1
        stuck = Question('two', wait=True)
        self.addCleanup(stuck.allowed.set)
        self.assertEqual('one', directory.get(stuck))

    def test_who_asks_afresh_is_not_answered_from_memory(self):
        # Cinder asks Glance itself right after that, and answers 500.
        directory = self.directory(stale_time=60.0)
        question = Question('one', errors.Unreachable('down'))
        directory.get(question)
        self.assertRaises(errors.Unreachable, directory.get, question, True)
        self.assertEqual('one', directory.get(question))

    def test_a_bad_answer_is_not_covered_by_an_old_one(self):
        directory = self.directory(stale_time=60.0)
        question = Question('one', errors.BadAnswer('what'))
        directory.get(question)
        self.clock.now += 20
        self.assertRaises(errors.BadAnswer, directory.get, question)

    def test_a_failure_is_not_remembered(self):
        directory = self.directory()
        question = Question(errors.Unreachable('down'), 'one')
        self.assertRaises(errors.Unreachable, directory.get, question)
        self.assertEqual('one', directory.get(question))

    def test_anything_raised_reaches_whoever_waits(self):
        directory = self.directory()
        self.assertRaises(ZeroDivisionError, directory.get,
                          Question(ZeroDivisionError()))

    def test_a_caller_whose_leader_was_refused_asks_with_its_own_token(self):
        directory = self.directory()
        refused = Question(exc.HTTPUnauthorized(), wait=True)
        allowed = Question('one')
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(directory.get, refused)
            while not refused.asked:
                time.sleep(0.01)
            second = pool.submit(directory.get, allowed)
            self.wait_for_callers(directory, 2)
            refused.allowed.set()
            self.assertRaises(exc.HTTPUnauthorized, first.result)
            self.assertEqual('one', second.result())

    def test_callers_refused_one_after_the_other_still_end_in_time(self):
        directory = self.directory(timeout=0.5)
        asked = []

        def refused():
            asked.append(1)
            time.sleep(0.1)
            raise exc.HTTPForbidden()

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            for future in [pool.submit(directory.get, refused)
                           for _ in range(50)]:
                self.assertIsInstance(
                    future.exception(),
                    (exc.HTTPForbidden, errors.Unreachable))
        # Who waited for all before it would have asked in the end.
        self.assertLess(len(asked), 50)

    def test_leaves_no_thread_behind(self):
        self.directory().get(Question('one'))
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and any(
                t.name == 'multistore-stores' for t in threading.enumerate()):
            time.sleep(0.01)
        self.assertNotIn('multistore-stores',
                         [t.name for t in threading.enumerate()])


class TestUnderEventlet(testtools.TestCase):
    """The same in a process that eventlet patched, as older services are."""

    def run_patched(self, script):
        environment = dict(os.environ, PYTHONPATH=os.getcwd(),
                           PYTHONWARNINGS='ignore')
        done = subprocess.run(
            [sys.executable, '-c', 'import eventlet; eventlet.monkey_patch()\n'
             + textwrap.dedent(script)],
            env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout.split()

    def test_a_hundred_green_threads_ask_once_and_the_hub_goes_on(self):
        self.assertEqual(['1', "{'one'}", 'True'], self.run_patched('''
            import time
            from cinder_glance_multistore.image_service import stores
            directory = stores.StoresDirectory(120, 15, 0)
            asked, ticks = [], []
            def ask():
                asked.append(1)
                # Answers when others have had their turns meanwhile.
                deadline = time.monotonic() + 60
                while len(ticks) < 10 and time.monotonic() < deadline:
                    time.sleep(0.01)
                return 'one'
            def tick():
                while True:
                    ticks.append(1)
                    eventlet.sleep(0.01)
            ticker = eventlet.spawn(tick)
            pool = eventlet.GreenPool(100)
            answers = set(pool.imap(directory.get, [ask] * 100))
            print(len(asked), answers, len(ticks) >= 10)
            '''))

    def test_a_caller_waits_no_longer_than_the_time_out(self):
        self.assertEqual(['Unreachable', 'True'], self.run_patched('''
            import time
            from cinder_glance_multistore.image_service import errors
            from cinder_glance_multistore.image_service import stores
            directory = stores.StoresDirectory(0.2, 15, 0)
            answered = []
            def ask():
                time.sleep(120)
                answered.append(1)
            try:
                directory.get(ask)
            except errors.Unreachable as e:
                print(type(e).__name__, not answered)
            '''))

    def test_uploads_are_read_and_hashed_beside_the_hub(self):
        self.assertEqual(['4', 'True', 'True', '0'], self.run_patched('''
            import hashlib, tempfile, threading
            import glanceclient
            from eventlet import tpool
            from cinder_glance_multistore.image_service import upload
            from cinder_glance_multistore.transfer import sources
            from tests.fakes import image_api
            api = image_api.ImageApi()
            api.setUp()
            api.script.extend([image_api.reset(1000000),
                               image_api.answer(503, b'', after=5)])
            ticks = []
            def tick():
                while True:
                    ticks.append(1)
                    eventlet.sleep(0.005)
            eventlet.spawn(tick)
            data = b'x' * 20000000
            def one(_):
                image_id = api.add()
                with tempfile.TemporaryFile() as stream:
                    stream.write(data)
                    stream.seek(0)
                    source = sources.Source(tpool.Proxy(stream))
                    return upload.Uploader(4, pause=0).upload(
                        lambda t=None: glanceclient.Client('2', api.url),
                        image_id, source, 'fast')
            results = list(eventlet.GreenPool(4).imap(one, range(4)))
            digest = hashlib.sha512(data).hexdigest()
            print(len(results),
                  {r.digest for r in results} == {digest},
                  len(ticks) > 10,
                  sum(t.name == 'multistore-read'
                      for t in threading.enumerate()))
            '''))
