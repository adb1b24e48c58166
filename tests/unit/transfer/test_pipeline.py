import threading
import time
from unittest import mock

import ddt
import hypothesis
from hypothesis import strategies

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import native
from cinder_glance_multistore.transfer import pipeline
from cinder_glance_multistore.transfer import sources
from tests.unit.transfer import base


class _Collector:
    """A lane that keeps what it was given, and checks that it is alone."""

    def __init__(self, delay=0.0, fail_at=None, error=None):
        self.parts = []
        self.threads = set()
        self._delay = delay
        self._fail_at = fail_at
        self._error = error
        self._inside = threading.Lock()

    def update(self, buf):
        assert self._inside.acquire(blocking=False), 'two at once'
        try:
            if self._delay:
                time.sleep(self._delay)
            if (self._fail_at is not None and
                    len(self.parts) >= self._fail_at):
                raise self._error
            self.threads.add(threading.get_ident())
            self.parts.append(bytes(buf))
        finally:
            self._inside.release()

    @property
    def content(self):
        return b''.join(self.parts)

    def lane(self):
        return pipeline.hash_lane(self)


def _run(stream, collectors, helpers=1, **kwargs):
    return pipeline.run(
        sources.Source(stream), [one.lane() for one in collectors],
        governor=base.Fixed(helpers), **kwargs)


@ddt.ddt
class PipelineTest(base.TestCase):

    def setUp(self):
        super().setUp()
        self.threads = set(threading.enumerate())

    def assert_no_threads_left(self):
        # A helper signs off under the lock, a moment before it ends.
        self.wait_for(lambda: set(threading.enumerate()) <= self.threads)

    @ddt.data(0, 1, 2, 3, 8)
    def test_every_lane_is_given_every_byte_in_order(self, helpers):
        content = base.data(9 * base.MIB + 17)
        collectors = [_Collector() for _ in range(3)]
        total = _run(base.Stream(content), collectors, helpers)
        self.assertEqual(len(content), total)
        for collector in collectors:
            self.assertEqual(content, collector.content)
        self.assert_no_threads_left()

    @hypothesis.settings(
        deadline=None, max_examples=40,
        suppress_health_check=[hypothesis.HealthCheck.too_slow])
    @hypothesis.given(
        sizes=strategies.lists(strategies.integers(0, 5000), max_size=40),
        helpers=strategies.lists(strategies.integers(0, 3), min_size=1,
                                 max_size=5),
        max_memory=strategies.integers(1, 20000))
    def test_nothing_is_lost_whatever_comes_and_is_allowed(
            self, sizes, helpers, max_memory):
        chunks = [base.data(size, size) for size in sizes]
        collectors = [_Collector(), _Collector()]
        governor = base.Fixed(0)
        turns = iter(helpers * 1000000)
        governor.helpers = lambda green=False: next(turns)
        total = pipeline.run(
            sources.Source(chunks), [one.lane() for one in collectors],
            governor=governor, max_memory=max_memory)
        self.assertEqual(sum(sizes), total)
        for collector in collectors:
            self.assertEqual(b''.join(chunks), collector.content)
        self.assertEqual(0, governor.uploads)

    def test_helpers_work_in_other_threads(self):
        # While one lane keeps the caller, the other is free for a helper.
        slow = [_Collector(delay=0.005) for _ in range(2)]
        _run(base.Stream(bytes(24 * base.MIB)), slow, 2)
        threads = slow[0].threads | slow[1].threads
        self.assertTrue(threads - {threading.get_ident()}, threads)

    def test_without_helpers_all_is_done_in_the_callers_thread(self):
        collector = _Collector()
        with mock.patch.object(native, 'start_thread',
                               side_effect=AssertionError):
            _run(base.Stream(bytes(8 * base.MIB)), [collector], 0)
        self.assertEqual({threading.get_ident()}, collector.threads)

    def test_a_small_image_starts_no_thread(self):
        with mock.patch.object(native, 'start_thread',
                               side_effect=AssertionError):
            _run(base.Stream(b'abc'), [_Collector()], 3)

    def test_an_empty_source_reaches_no_lane(self):
        collector = _Collector()
        self.assertEqual(0, _run(base.Stream(b''), [collector]))
        self.assertEqual([], collector.parts)

    def test_a_host_without_threads_left_goes_on_without(self):
        collector = _Collector()
        content = base.data(5 * base.MIB)
        with mock.patch.object(native, 'start_thread',
                               side_effect=RuntimeError(
                                   "can't start new thread")):
            _run(base.Stream(content), [collector], 2)
        self.assertEqual(content, collector.content)

    def test_it_adapts_while_it_runs(self):
        governor = base.Fixed(2)
        collectors = [_Collector(), _Collector()]
        content = base.data(24 * base.MIB)
        seen = {}

        def progress(total):
            # 2, then none, then 2 again.
            governor.allowed = 0 if 8 <= total // base.MIB < 16 else 2
            seen[total // base.MIB] = [len(one.parts) for one in collectors]

        pipeline.run(sources.Source(base.Stream(content)),
                     [one.lane() for one in collectors], governor=governor,
                     progress=progress)
        for collector in collectors:
            self.assertEqual(content, collector.content)
        # With none, what was fed is done when feeding returns, but for a
        # piece that a helper still had.
        for total in range(10, 16):
            for done in seen[total]:
                self.assertGreaterEqual(done, total - 2)

    @ddt.data(0, 1, 3)
    def test_memory_is_bounded_however_slow_a_lane_is(self, helpers):
        behind = []
        slow = _Collector(delay=0.003)
        stream = base.Stream(bytes(12 * base.MIB))

        def update(buf):
            slow.update(buf)
            behind.append(stream.position - sum(map(len, slow.parts)))

        pipeline.run(
            sources.Source(stream),
            [pipeline.Lane(update), _Collector().lane()],
            governor=base.Fixed(helpers), max_memory=4 * base.MIB)
        self.assertLessEqual(max(behind), 4 * base.MIB)

    def test_holes_do_not_pile_up_before_a_slow_lane(self):
        class Hole:
            name = 'hole'
            consumed = 0

            def hole(self):
                return (20 * base.MIB) - self.consumed

            def skip(self, size):
                self.consumed += size

            def read(self, size):
                return b''

        source = Hole()
        slow = _Collector(delay=0.003)
        behind = []

        def update(buf):
            slow.update(buf)
            behind.append(source.consumed - sum(map(len, slow.parts)))

        pipeline.run(source, [pipeline.Lane(update)],
                     governor=base.Fixed(1))
        self.assertEqual(bytes(20 * base.MIB), slow.content)
        self.assertLessEqual(max(behind), 10 * base.MIB)

    def test_the_reader_is_ahead_of_a_slow_lane(self):
        slow = _Collector(delay=0.003)
        ahead = []
        stream = base.Stream(bytes(12 * base.MIB))

        def update(buf):
            ahead.append(stream.position - sum(map(len, slow.parts)))
            slow.update(buf)

        pipeline.run(sources.Source(stream), [pipeline.Lane(update)],
                     governor=base.Fixed(1))
        self.assertGreater(max(ahead), 2 * base.MIB)

    def test_small_bits_are_joined(self):
        collector = _Collector()
        content = base.data(2 * base.MIB)
        _run(base.Stream(content, bits=4096), [collector])
        self.assertEqual(content, collector.content)
        self.assertLessEqual(len(collector.parts), 8)

    @ddt.data(0, 1, 3)
    def test_an_error_of_a_lane_reaches_the_caller_as_it_was(self, helpers):
        error = OSError(28, 'No space left on device')
        failing = _Collector(fail_at=3, error=error)
        other = _Collector()
        stream = base.Stream(bytes(64 * base.MIB))
        raised = self.assertRaises(
            OSError, _run, stream, [failing, other], helpers)
        self.assertIs(error, raised)
        # The others stop, and reading too.
        self.assertLess(stream.position, 32 * base.MIB)
        self.assertLess(len(other.parts), 32)
        self.assert_no_threads_left()

    @ddt.data(0, 1, 3)
    def test_an_error_of_the_last_piece_is_not_lost(self, helpers):
        error = ValueError('verifier')
        failing = _Collector(fail_at=3, error=error, delay=0.01)
        raised = self.assertRaises(
            ValueError, _run, base.Stream(bytes(4 * base.MIB)),
            [failing, _Collector()], helpers)
        self.assertIs(error, raised)

    @ddt.data(0, 1, 3)
    def test_an_error_of_the_source_reaches_the_caller_as_it_was(
            self, helpers):
        error = OSError(5, 'Input/output error')
        stream = base.Stream(bytes(9 * base.MIB), fail_at=5 * base.MIB,
                             error=error)
        collector = _Collector(delay=0.01)
        raised = self.assertRaises(
            OSError, _run, stream, [collector, _Collector()], helpers)
        self.assertIs(error, raised)
        self.assert_no_threads_left()
        # When the caller has the error, nothing goes on behind its back.
        done = len(collector.parts)
        time.sleep(0.03)
        self.assertEqual(done, len(collector.parts))

    def test_the_error_of_an_upload_does_not_keep_its_buffers(self):
        error = OSError(5, 'Input/output error')
        failing = _Collector(fail_at=0, error=error)
        line = pipeline.Pipeline([failing.lane()], governor=base.Fixed(0))

        def feed():
            with line:
                line.feed(b'abc')

        self.assertRaises(OSError, feed)
        self.assertIsNone(line._error)
        self.assertFalse(line._lanes[0].queue)

    @ddt.data(0, 1)
    def test_cancel_ends_it_between_two_reads(self, helpers):
        stream = base.Stream(bytes(32 * base.MIB))
        self.assertRaises(
            errors.Cancelled, _run, stream, [_Collector()], helpers,
            cancelled=lambda: stream.position >= 4 * base.MIB)
        self.assertEqual(4 * base.MIB, stream.position)
        self.assert_no_threads_left()

    def test_cancel_ends_the_wait_for_a_slow_lane(self):
        caller = threading.get_ident()
        stop = threading.Event()
        entered = threading.Event()

        def update(buf):
            if threading.get_ident() != caller:
                entered.set()
                self.assertTrue(stop.wait(120))

        def cancelled():
            if entered.is_set():
                stop.set()
                return True
            return False

        governor = base.Fixed(1)
        stream = base.Stream(bytes(64 * base.MIB))
        self.assertRaises(
            errors.Cancelled, pipeline.run, sources.Source(stream),
            [pipeline.Lane(update)], governor=governor, cancelled=cancelled)
        self.assertEqual(0, governor.uploads)
        self.assert_no_threads_left()

    @ddt.data((10, 9), (10, 0), (10, 11), (0, 1), (3 * base.MIB, 5))
    @ddt.unpack
    def test_a_source_of_another_size_is_refused(self, size, found):
        collector = _Collector()
        exc = self.assertRaises(
            errors.SourceChanged, _run, base.Stream(bytes(found)),
            [collector], size=size)
        self.assertEqual(size, exc.expected)
        self.assertEqual(found, exc.found)
        self.assertLessEqual(len(collector.content), size)

    def test_what_is_too_much_reaches_no_lane(self):
        collector = _Collector()
        self.assertRaises(
            errors.SourceChanged, _run, base.Stream(bytes(9 * base.MIB)),
            [collector], size=2 * base.MIB)
        self.assertLessEqual(len(collector.content), 2 * base.MIB)

    def test_progress_counts_what_was_read(self):
        seen = []
        _run(base.Stream(bytes(3 * base.MIB + 5)), [_Collector()],
             progress=seen.append)
        self.assertEqual(
            [base.MIB, 2 * base.MIB, 3 * base.MIB, 3 * base.MIB + 5], seen)

    def test_uploads_side_by_side_do_not_meet(self):
        contents = [base.data(3 * base.MIB, seed) for seed in range(8)]
        collectors = [_Collector() for _ in contents]

        def upload(number):
            pipeline.run(sources.Source(base.Stream(contents[number])),
                         [collectors[number].lane()])

        threads = [threading.Thread(target=upload, args=(number,))
                   for number in range(len(contents))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(contents, [one.content for one in collectors])
