"""Sources of local files: holes are seen, and not read."""

import errno
import gzip
import io
import os
from unittest import mock

from cinder_glance_multistore.transfer import sources
from tests.unit.transfer import base


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
