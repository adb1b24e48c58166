"""Reading ahead, in a thread that ends, of a source that is left alone."""

import hashlib
import threading
import tracemalloc

from cinder_glance_multistore.image_service import body as bodies
from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import sources
from tests.unit.image_service import base


class Endless:
    """A gigantic file that remembers how much was read of it."""

    def __init__(self, size):
        self.size = size
        self.at = 0
        self.readers = set()

    def tell(self):
        return self.at

    def seek(self, offset, whence=0):
        self.at = offset + (self.size if whence == 2 else 0)
        return self.at

    def read(self, size):
        self.readers.add(threading.current_thread())
        size = min(size, self.size - self.at)
        self.at += size
        return bytes(size)


class TestBody(base.TestCase):

    def test_each_iteration_has_all_bytes_from_the_first(self):
        body = bodies.of(self.source(), 'sha512')
        for _ in range(3):
            digest = hashlib.sha512(b''.join(body)).hexdigest()
            self.assertEqual(self.digest, digest)
            self.assertEqual(self.digest, body.hexdigest())
            self.assertTrue(body.complete)

    def test_an_iteration_broken_off_is_followed_by_a_whole_one(self):
        body = bodies.of(self.source(), 'sha512')
        next(iter(body))
        self.assertFalse(body.complete)
        self.assertEqual(len(body), len(b''.join(body)))
        self.assertEqual(self.digest, body.hexdigest())
        self.assertEqual(len(body), body.sent)

    def test_starts_where_the_object_stood(self):
        stream = self.file(2 * base.MIB)
        stream.seek(base.MIB)
        rest = stream.read()
        stream.seek(base.MIB)
        body = bodies.of(sources.Source(stream))
        self.assertEqual(base.MIB, len(body))
        self.assertEqual([rest, rest], [b''.join(body), b''.join(body)])

    def test_no_hash_is_made_where_none_is_asked_for(self):
        body = bodies.of(self.source())
        list(body)
        self.assertIsNone(body.hexdigest())

    def test_reads_a_few_chunks_ahead_and_no_more(self):
        data = Endless(100 * base.MIB)
        body = bodies.of(sources.Source(data))
        chunks = iter(body)
        next(chunks)
        # The reader has one in hand and two in the queue when it waits.
        threading.Event().wait(0.2)
        self.assertLessEqual(data.at, 5 * bodies.CHUNK_SIZE)
        body.close()

    def test_memory_does_not_grow_with_the_size(self):
        data = Endless(300 * base.MIB)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        sent = sum(len(chunk) for chunk in bodies.of(sources.Source(data)))
        peak = tracemalloc.get_traced_memory()[1]
        self.assertEqual(300 * base.MIB, sent)
        self.assertLess(peak, 10 * base.MIB)

    def test_reads_beside_the_one_who_sends(self):
        data = Endless(3 * base.MIB)
        list(bodies.of(sources.Source(data)))
        self.assertNotIn(threading.current_thread(), data.readers)

    def test_when_close_returns_the_source_is_not_read_any_more(self):
        data = Endless(1000 * base.MIB)
        body = bodies.of(sources.Source(data))
        chunks = iter(body)
        next(chunks)
        body.close()
        at = data.at
        self.assertNoReaders()
        threading.Event().wait(0.05)
        self.assertEqual(at, data.at)
        # An HTTP library's iterator may live on.
        del chunks
        body.close()

    def test_close_waits_for_a_read_that_is_under_way(self):
        allowed = threading.Event()
        reading = threading.Event()

        class Slow(Endless):
            def read(self, size):
                if self.at:
                    reading.set()
                    allowed.wait(120)
                return super().read(size)

        body = bodies.of(sources.Source(Slow(3 * base.MIB)))
        chunks = iter(body)
        next(chunks)
        self.assertTrue(reading.wait(120))
        timer = threading.Timer(0.1, allowed.set)
        timer.start()
        body.close()
        self.assertTrue(allowed.is_set())
        self.assertNoReaders()

    def test_an_error_is_kept_and_is_none_of_a_connection(self):
        class Bad(Endless):
            def read(self, size):
                raise BrokenPipeError('x')

        body = bodies.of(sources.Source(Bad(10)))
        error = self.assertRaises(bodies.Unreadable, list, body)
        self.assertNotIsInstance(error, OSError)
        self.assertIsInstance(body.error, BrokenPipeError)
        self.assertFalse(body.complete)
        self.assertNoReaders()

    def test_a_source_that_ends_early_is_an_error(self):
        data = Endless(3 * base.MIB)
        source = sources.Source(data)
        data.size = base.MIB
        body = bodies.of(source)
        self.assertRaises(bodies.Unreadable, list, body)
        self.assertIsInstance(body.error, errors.SourceChanged)

    def test_an_unrewindable_source_can_be_sent_once(self):
        body = bodies.of(sources.Source(base.Pipe(b'abc')))
        self.assertEqual(b'abc', b''.join(body))
        self.assertRaises(bodies.Unreadable, list, body)
        self.assertIsInstance(body.error, errors.NotRewindable)

    def test_shows_its_name_and_no_data_in_logs(self):
        body = bodies.of(sources.Source(base.Pipe(b'abc'), 'volume v'))
        self.assertEqual('<Body of volume v>', repr(body))
