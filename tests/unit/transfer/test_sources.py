import errno
import gzip
import io
import os
from unittest import mock

import ddt

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import sources
from tests.unit.transfer import base


def read_all(source, size=base.MIB):
    parts = []
    while buf := source.read(size):
        parts.append(bytes(buf))
    return b''.join(parts)


@ddt.ddt
class SourceTest(base.TestCase):

    def _pipe(self, content):
        reader, writer = os.pipe()
        os.write(writer, content)
        os.close(writer)
        file = os.fdopen(reader, 'rb')
        self.addCleanup(file.close)
        return file

    def test_a_file_knows_its_size_and_rewinds(self):
        with open(self.make('file', b'0123456789'), 'rb') as file:
            source = sources.Source(file)
            self.assertEqual(10, source.size)
            self.assertTrue(source.rewindable)
            self.assertEqual(b'0123', source.read(4))
            self.assertEqual(4, source.consumed)
            source.rewind()
            self.assertEqual(0, source.consumed)
            self.assertEqual(b'0123456789', read_all(source))

    def test_a_source_begins_where_the_object_stands(self):
        stream = io.BytesIO(b'0123456789')
        stream.seek(4)
        source = sources.Source(stream)
        self.assertEqual(6, source.size)
        read_all(source)
        source.rewind()
        self.assertEqual(b'456789', read_all(source))

    def test_a_seek_that_returns_nothing_still_gives_the_size(self):
        class Volume(io.BytesIO):
            def seek(self, *args):
                super().seek(*args)

        self.assertEqual(5, sources.Source(Volume(b'01234')).size)

    def test_a_pipe_knows_no_size_and_does_not_rewind(self):
        source = sources.Source(self._pipe(b'0123'), name='volume v')
        self.assertIsNone(source.size)
        source.rewind()
        source.read(3)
        exc = self.assertRaises(errors.NotRewindable, source.rewind)
        self.assertEqual(('volume v', 3), (exc.name, exc.consumed))
        self.assertIn('volume v', str(exc))

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

    def test_a_block_device_has_the_size_of_its_end(self):
        # A block device's st_size is 0; seeking is what tells.
        class Device(io.BytesIO):
            def fileno(self):
                raise AssertionError('not to be asked')

        self.assertEqual(512, sources.Source(Device(bytes(512))).size)


class HolesTest(base.TestCase):

    def setUp(self):
        super().setUp()
        self.begin = base.data(base.MIB, 1)
        self.end = base.data(base.MIB, 2)
        with open(self.path('holes'), 'wb') as file:
            file.write(self.begin)
            file.seek(4 * base.MIB)
            file.write(self.end)
            file.truncate(8 * base.MIB)
        status = os.stat(self.path('holes'))
        if status.st_blocks * 512 >= status.st_size:
            self.skipTest('the file system of the temporary directory does '
                          'not keep holes')
        self.whole = (self.begin + bytes(3 * base.MIB) + self.end +
                      bytes(3 * base.MIB))

    def _read(self, source):
        parts, holes = [], 0
        while True:
            hole = source.hole()
            if hole:
                source.skip(hole)
                holes += hole
                parts.append(bytes(hole))
            else:
                buf = source.read(700001)
                if not buf:
                    return b''.join(parts), holes
                parts.append(buf)

    def test_holes_of_a_file_are_seen_and_not_read(self):
        for buffering in (0, -1):
            with open(self.path('holes'), 'rb', buffering) as file:
                source = sources.Source(file)
                content, holes = self._read(source)
                self.assertEqual(self.whole, content)
                self.assertEqual(6 * base.MIB, holes)
                self.assertEqual(8 * base.MIB, source.consumed)
                source.rewind()
                self.assertEqual((self.whole, holes), self._read(source))

    def test_a_source_in_the_middle_of_a_file_sees_holes_too(self):
        with open(self.path('holes'), 'rb') as file:
            file.seek(base.MIB + 5)
            content, holes = self._read(sources.Source(file))
        self.assertEqual(self.whole[base.MIB + 5:], content)
        self.assertEqual(6 * base.MIB - 5, holes)

    def test_looking_for_holes_does_not_move_a_buffered_reader(self):
        with open(self.path('holes'), 'rb') as file:
            source = sources.Source(file)
            source.read(10)
            self.assertEqual(0, source.hole())
            self.assertEqual(self.begin[10:30], source.read(20))

    def test_a_file_cut_short_meanwhile_ends_and_is_not_zeros(self):
        with open(self.path('holes'), 'rb') as file:
            source = sources.Source(file)
            os.truncate(self.path('holes'), base.MIB // 2)
            content, holes = self._read(source)
        self.assertEqual(0, holes)
        self.assertEqual(self.begin[:base.MIB // 2], content)

    def test_a_decompressing_reader_has_no_holes_of_its_file(self):
        # Its fileno() is that of the compressed file.
        with gzip.open(self.path('gz'), 'wb') as file:
            file.write(self.whole)
        with gzip.open(self.path('gz'), 'rb') as file:
            source = sources.Source(file)
            self.assertIsNone(source.whole_file())
            self.assertEqual((self.whole, 0), self._read(source))

    def test_a_file_system_without_holes_is_read(self):
        with open(self.path('holes'), 'rb') as file:
            source = sources.Source(file)
            with mock.patch.object(source, '_seek_raw', side_effect=OSError(
                    errno.EINVAL, 'Invalid argument')):
                self.assertEqual((self.whole, 0), self._read(source))

    def test_only_an_untouched_file_from_its_start_is_a_whole_file(self):
        with open(self.path('holes'), 'rb') as file:
            source = sources.Source(file)
            self.assertEqual(file.fileno(), source.whole_file())
            source.read(1)
            self.assertIsNone(source.whole_file())
            source.rewind()
            self.assertEqual(file.fileno(), source.whole_file())
            file.seek(1)
            self.assertIsNone(sources.Source(file).whole_file())
        self.assertIsNone(sources.Source(io.BytesIO(b'1')).whole_file())
