"""Sources that are no files: iterables of bytes, streams."""

import ddt

from cinder_glance_multistore.transfer import sources
from tests.unit.transfer import base


def read_all(source, size=base.MIB):
    parts = []
    while buf := source.read(size):
        parts.append(bytes(buf))
    return b''.join(parts)


@ddt.ddt
class ChunksTest(base.TestCase):

    def test_a_stream_that_only_reads_is_a_source(self):
        source = sources.Source(base.Stream(b'0123', bits=3))
        self.assertIsNone(source.size)
        self.assertEqual(b'0123', read_all(source))
        self.assertEqual(4, source.consumed)

    @ddt.data([b'01', b'', b'23456', b'7'], (b'01234567',),
              iter([memoryview(b'0123'), bytearray(b'4567')]))
    def test_an_iterable_of_bytes_is_a_source(self, chunks):
        source = sources.Source(chunks)
        self.assertIsNone(source.size)
        self.assertFalse(source.rewindable)
        first = source.read(3)
        self.assertLessEqual(len(first), 3)
        self.assertEqual(b'01234567', bytes(first) + read_all(source, 3))
        self.assertEqual(b'', source.read(3))

    def test_no_read_of_an_iterable_gives_more_than_was_asked(self):
        source = sources.Source([base.data(10000)])
        sizes = []
        while buf := source.read(4096):
            sizes.append(len(buf))
        self.assertEqual([4096, 4096, 1808], sizes)
