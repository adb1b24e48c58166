import os
from pathlib import Path
import stat
import tempfile
import unittest

import ddt

from cinder_glance_multistore.sandbox import files


def _mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@ddt.ddt
class FilesTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def _umask(self, mask):
        self.addCleanup(os.umask, os.umask(mask))

    @ddt.data(0o000, 0o022, 0o777)
    def test_only_the_owner_may_look_whatever_the_umask(self, mask):
        self._umask(mask)
        files.make_directory(self.root / 'a' / 'b')
        files.write(self.root / 'a' / 'b' / 'file', 'text')
        files.copy(self.root / 'a' / 'b' / 'file',
                   self.root / 'a' / 'b' / 'copy')
        files.open_log(self.root / 'a' / 'b' / 'log').close()
        self.assertEqual(0o700, _mode(self.root / 'a'))
        self.assertEqual(0o700, _mode(self.root / 'a' / 'b'))
        for name in ('file', 'copy', 'log'):
            self.assertEqual(0o600, _mode(self.root / 'a' / 'b' / name))

    def test_a_write_that_crashed_does_not_stop_the_next(self):
        path = self.root / 'file'
        path.write_text('old')
        (self.root / 'file.new').write_text('half')
        files.write(path, 'new')
        self.assertEqual('new', path.read_text())
        self.assertEqual([path], list(self.root.iterdir()))

    def test_a_planted_link_is_replaced_not_followed(self):
        victim = self.root / 'victim'
        victim.write_text('precious')
        (self.root / 'file.new').symlink_to(victim)
        files.write(self.root / 'file', 'text')
        self.assertEqual('precious', victim.read_text())

    def test_a_long_log_is_put_aside(self):
        path = self.root / 'log'
        path.write_bytes(b'x' * 100)
        files.open_log(path, rotate_at=99).close()
        self.assertEqual(0, path.stat().st_size)
        self.assertEqual(100, (self.root / 'log.1').stat().st_size)

    def test_a_log_is_appended_to(self):
        for text in (b'one\n', b'two\n'):
            with files.open_log(self.root / 'log') as log:
                log.write(text)
        self.assertEqual('one\ntwo\n', (self.root / 'log').read_text())
