"""Sources: how big they are, and whether they start again."""

import io
import os
import socket
import tempfile

import ddt
from oslo_vmware import rw_handles
import testtools

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import sources


class Rbd:
    """As os-brick's RBDVolumeIOWrapper: ``seek()`` returns nothing."""

    def __init__(self, data):
        self._data = data
        self._offset = 0

    def seek(self, offset, whence=0):
        if whence == 2:
            offset += len(self._data)
        self._offset = offset

    def tell(self):
        return self._offset

    def read(self, length=None):
        data = self._data[self._offset:self._offset + length]
        self._offset += len(data)
        return data


class Vmdk(rw_handles.FileHandle):
    """As oslo.vmware's VmdkReadHandle: its ``tell()`` counts."""

    def __init__(self):
        super().__init__(io.BytesIO(b'streamOptimized'))
        self._bytes_read = 0

    def read(self, chunk_size):
        data = self._file_handle.read(chunk_size)
        self._bytes_read += len(data)
        return data

    def tell(self):
        return self._bytes_read


class Pretender(Vmdk):
    """Takes any seek, and does nothing."""

    def seek(self, offset, whence=0):
        pass


class Deaf(io.BytesIO):
    """Goes to its end and does not come back."""

    def seek(self, offset, whence=0):
        if whence == 0:
            raise OSError('no way back')
        return super().seek(offset, whence)


@ddt.ddt
class TestSource(testtools.TestCase):

    def file(self, data=b'0123456789'):
        stream = self.enterContext(tempfile.NamedTemporaryFile())
        stream.write(data)
        stream.seek(0)
        return stream

    def test_a_file_knows_its_size_and_rewinds(self):
        source = sources.Source(self.file())
        self.assertEqual((10, True, 0),
                         (source.size, source.rewindable, source.consumed))
        self.assertEqual(b'0123', source.read(4))
        self.assertEqual(4, source.consumed)
        source.rewind()
        self.assertEqual(0, source.consumed)
        self.assertEqual(b'0123456789', source.read(100))
        self.assertEqual(b'', source.read(1))

    def test_starts_where_the_object_stands(self):
        stream = self.file()
        stream.seek(7)
        source = sources.Source(stream)
        self.assertEqual(3, source.size)
        source.read(2)
        source.rewind()
        self.assertEqual(b'789', source.read(100))

    def test_a_sparse_file_is_as_big_as_it_says(self):
        stream = self.file(b'')
        os.truncate(stream.name, 2 ** 40)
        self.assertEqual(2 ** 40, sources.Source(stream).size)

    def test_an_rbd_volume_knows_its_size_and_rewinds(self):
        source = sources.Source(Rbd(b'0123456789'))
        self.assertEqual((10, True), (source.size, source.rewindable))
        source.read(4)
        source.rewind()
        self.assertEqual(b'0123456789', source.read(100))

    def test_a_pipe_has_no_size_and_does_not_rewind(self):
        reading, writing = os.pipe()
        with open(reading, 'rb') as stream, open(writing, 'wb') as end:
            end.write(b'abc')
            end.close()
            source = sources.Source(stream, 'a pipe')
            self.assertEqual((None, False), (source.size, source.rewindable))
            source.rewind()
            self.assertEqual(b'abc', source.read(10))
            error = self.assertRaises(errors.NotRewindable, source.rewind)
            self.assertEqual(('a pipe', 3), (error.name, error.consumed))

    def test_a_socket_has_no_size(self):
        one, other = socket.socketpair()
        with one, other, one.makefile('rb') as stream:
            self.assertIsNone(sources.Source(stream).size)

    @ddt.data(Vmdk, Pretender)
    def test_a_vmware_handle_has_no_size_and_does_not_rewind(self, cls):
        # The size would be 0, and nothing would be sent.
        source = sources.Source(cls())
        self.assertEqual((None, False), (source.size, source.rewindable))
        self.assertEqual(b'streamOptimized', source.read(100))
        self.assertRaises(errors.NotRewindable, source.rewind)

    def test_an_object_that_can_only_be_read_has_no_size(self):
        class Readable:
            def read(self, size):
                return b'x' * size

        source = sources.Source(Readable())
        self.assertEqual((None, False), (source.size, source.rewindable))
        self.assertEqual('the source', source.name)

    def test_an_object_that_does_not_come_back_is_not_read_from_its_end(self):
        self.assertRaises(OSError, sources.Source, Deaf(b'abc'))

    def test_a_closed_file_fails_when_it_is_read(self):
        stream = io.BytesIO(b'abc')
        stream.close()
        self.assertRaises(ValueError, sources.Source(stream).read, 1)

    @ddt.data((b'', 0), (b'abc', 3), (b'abc', 5))
    @ddt.unpack
    def test_nothing_from_here_on_is_no_size(self, data, position):
        stream = io.BytesIO(data)
        stream.seek(position)
        source = sources.Source(stream)
        self.assertIsNone(source.size)
        self.assertEqual(b'', source.read(1))

    def test_is_called_what_it_is_told_or_what_its_file_is(self):
        stream = self.file()
        self.assertEqual(stream.name, sources.Source(stream).name)
        self.assertEqual('volume v', sources.Source(stream, 'volume v').name)

    def test_leaves_closing_to_the_caller(self):
        stream = self.file()
        source = sources.Source(stream)
        source.read(5)
        del source
        self.assertFalse(stream.closed)

    def test_an_error_of_a_read_comes_out_and_counts_nothing(self):
        class Broken(io.BytesIO):
            def read(self, size):
                raise OSError(5, 'Input/output error')

        source = sources.Source(Broken(b'abc'))
        self.assertRaises(OSError, source.read, 1)
        self.assertEqual(0, source.consumed)

    def test_errors_say_how_much_is_missing(self):
        self.assertEqual(
            'volume v ended after 3 of the 5 bytes it had when the transfer '
            'began', str(errors.SourceChanged('volume v', 5, 3)))
        self.assertIn('3 bytes were read',
                      str(errors.NotRewindable('volume v', 3)))
