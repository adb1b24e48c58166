import os
from pathlib import Path
import tempfile
import unittest
from unittest import mock
import uuid

from cinder_glance_multistore.sandbox import disk
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import processes
from tests import needs

_SIZE = 1024 * 1024


class DiskTest(unittest.TestCase):
    """With real file systems, made as whoever runs the test may."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix='with blank ')
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name).resolve()
        self.mark = f'{uuid.uuid4().hex}/{disk.NAME}'
        self.disk = disk.Disk(
            self.root / 'small', self.mark, {'PATH': os.environ['PATH']},
            self.root / 'log')
        self.addCleanup(self.disk.remove)

    def _make(self):
        try:
            self.disk.make(_SIZE)
        except errors.SandboxError as error:
            needs.skip_if(f'neither root nor user namespaces here: {error}')

    def _fill(self):
        with (self.disk.outside_path / 'image').open('wb') as stream:
            stream.write(b'x' * 2 * _SIZE)

    def test_it_has_the_size_that_was_asked_for(self):
        self._make()
        self.assertTrue(self.disk.is_there)
        self.assertRaisesRegex(OSError, 'No space left', self._fill)

    def test_its_files_are_kept_and_restored(self):
        self._make()
        (self.disk.outside_path / 'image').write_bytes(b'bits')
        self.disk.keep(self.root / 'kept')
        self.disk.remove()
        self.assertFalse(self.disk.is_there)
        self.assertEqual([], os.listdir(self.root / 'small'))
        self._make()
        self.disk.restore(self.root / 'kept')
        self.assertEqual(
            b'bits', (self.disk.outside_path / 'image').read_bytes())
        self.assertFalse((self.root / 'kept').exists())

    def test_removing_it_leaves_nothing(self):
        self._make()
        self.disk.remove()
        self.disk.remove()
        self.assertEqual([], processes.find(self.mark))
        self.assertNotIn(str(self.root / 'small'), disk._mount_points())

    def test_without_root_a_process_holds_it_and_others_can_enter(self):
        with mock.patch.object(os, 'geteuid', return_value=1000):
            self._make()
        self.assertFalse(self.disk.is_mounted)
        self.assertTrue(self.disk.is_there)
        self.assertEqual([self.disk.holder], processes.find(self.mark))
        status = processes.run(
            self.disk.enter(
                ['sh', '-c', 'echo bits > "$0/image"', self.disk.path]),
            f'{self.mark}-test', {'PATH': os.environ['PATH']},
            self.root / 'log', timeout=120)
        self.assertEqual(0, status, (self.root / 'log').read_text())
        self.assertEqual([], os.listdir(self.disk.path))
        self.assertEqual(
            'bits\n', (self.disk.outside_path / 'image').read_text())

    def test_a_refusal_says_why(self):
        with mock.patch.object(os, 'geteuid', return_value=1000), \
                mock.patch.object(disk, '_HOLD', 'echo not here >&2; false'), \
                self.assertRaises(errors.SandboxError) as caught:
            self.disk.make(_SIZE)
        self.assertTrue(str(caught.exception))
        self.assertFalse(self.disk.is_there)
