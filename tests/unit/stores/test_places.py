"""``multistore-places`` and what it shows."""

import contextlib
import io
import json
import os
from pathlib import Path
import threading
from unittest import mock

import fixtures
import testtools

from cinder_glance_multistore.cmd import places as command
from cinder_glance_multistore.placement.ledger import Ledger
from cinder_glance_multistore.stores import multidir_directory
from cinder_glance_multistore.stores import places
from cinder_glance_multistore.transfer import leftovers

MiB = 1 << 20


class _Base(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.root = Path(self.useFixture(fixtures.TempDir()).path)
        self.first, self.second = self.root / 'a', self.root / 'b'
        self.first.mkdir()
        self.second.mkdir()
        self.ledger = self.root / 'ledger' / 'reservations.sqlite'
        self.config = self.root / 'glance-api.conf'
        self.write()

    def write(self, backends='fast:multidir,old:file', extra='', timeout=60):
        self.config.write_text(
            f'[DEFAULT]\n'
            f'enabled_backends = {backends}\n'
            f'[fast]\n'
            f'multidir_directories = {self.first}:200\n'
            f'multidir_directories = {self.second}:100\n'
            f'multidir_reservations = sqlite:///{self.ledger}\n'
            f'multidir_timeout = {timeout}\n'
            f'{extra}\n'
            f'[old]\n'
            f'filesystem_store_datadir = {self.root}/old\n')

    def places(self):
        return places.Places([str(self.config)])


class PlacesTest(_Base):

    def test_each_directory_of_each_multidir_store_is_a_row(self):
        first, second = self.places().rows()
        self.assertEqual(
            ('fast', str(self.first), 200, 0, 'usable', ''),
            (first.store, first.place, first.weight, first.promised,
             first.state, first.reason))
        self.assertEqual((str(self.second), 100),
                         (second.place, second.weight))
        status = os.statvfs(self.first)
        self.assertEqual(status.f_blocks * status.f_frsize, first.total)
        self.assertGreater(first.free, 0)

    def test_what_uploads_under_way_have_yet_to_write_is_promised(self):
        found = self.places()
        place = found._stores['fast'].measured_places()[0]
        ledger = Ledger(f'sqlite:///{self.ledger}')
        with ledger.reserve(lambda: [place], 3 * MiB, scope='fast'):
            self.assertEqual([3 * MiB, 0],
                             [row.promised for row in found.rows()])
        self.assertEqual([0, 0], [row.promised for row in found.rows()])

    def test_looking_makes_nothing(self):
        self.first.rmdir()
        left = self.second / leftovers.new_name('killed')
        left.touch()
        leftovers.forget(left.name)
        before = sorted(self.root.rglob('*'))
        self.places().rows()
        self.assertEqual(before, sorted(self.root.rglob('*')))

    def test_a_directory_that_is_gone_is_left_out_with_its_reason(self):
        self.first.rmdir()
        row = self.places().rows()[0]
        self.assertEqual(('left out', 'does not exist', None, None),
                         (row.state, row.reason, row.free, row.total))

    def test_reservations_that_cannot_be_read_are_not_called_none(self):
        self.ledger.parent.mkdir()
        self.ledger.write_text('no database')
        found = self.places()
        self.assertEqual([None, None], [row.promised for row in found.rows()])
        self.assertIn('fast', found.unread)

    def test_images_are_named_and_nothing_else_is(self):
        for name in ('image-2', 'image-1'):
            (self.first / name).touch()
        (self.first / leftovers.new_name('image-3')).touch()
        (self.first / 'lost+found').mkdir()
        (self.first / 'link').symlink_to(self.first / 'image-1')
        (self.second / 'image-4').touch()
        found = self.places()
        self.assertEqual(['image-1', 'image-2'],
                         found.images('fast', f'{self.first}/'))
        self.assertEqual(['image-4'], found.images('fast', str(self.second)))

    def test_unknown_names_are_refused_with_those_there_are(self):
        found = self.places()
        error = self.assertRaises(
            places.UnknownName, found.images, 'old', str(self.first))
        self.assertEqual(['fast'], error.known)
        error = self.assertRaises(
            places.UnknownName, found.images, 'fast', '/etc')
        self.assertEqual([str(self.first), str(self.second)], error.known)

    def test_a_directory_that_is_gone_says_where_else_to_look(self):
        found = self.places()
        self.first.rmdir()
        error = self.assertRaises(
            places.CannotBeListed, found.images, 'fast', str(self.first))
        self.assertIn(f'begin with file://{self.first}/', str(error))

    def test_a_directory_that_hangs_is_waited_for_no_longer_than_said(self):
        self.write(timeout=0.3)
        found = self.places()
        answer = threading.Event()
        self.addCleanup(answer.set)
        with mock.patch.object(
                multidir_directory.Directory, '_images', lambda _: (
                    answer.wait(120))):
            error = self.assertRaises(
                places.CannotBeListed, found.images, 'fast', str(self.first))
        self.assertIn('has not answered', str(error))

    def test_a_configuration_without_such_a_store_says_so(self):
        self.write(backends='old:file')
        error = self.assertRaises(places.NotConfigured, self.places)
        self.assertIn('--config-file', str(error))

    def test_a_configuration_that_is_not_there_says_so(self):
        self.config.unlink()
        error = self.assertRaises(places.NotConfigured, self.places)
        self.assertIn(str(self.config), str(error))

    def test_a_section_that_cannot_be_understood_says_why(self):
        self.write(extra='multidir_min_free = plenty')
        error = self.assertRaises(places.NotConfigured, self.places)
        self.assertIn("'plenty'", str(error))


class CommandTest(_Base):

    def run_main(self, *words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = command.main(list(words))
        return status, out.getvalue(), err.getvalue()

    def test_a_table_for_people(self):
        self.second.rmdir()
        status, out, _ = self.run_main('--config-file', str(self.config))
        head, first, second = out.splitlines()
        self.assertEqual(0, status)
        self.assertRegex(head, '^STORE  PLACE +WEIGHT +FREE +TOTAL +'
                               'PROMISED +STATE +REASON$')
        self.assertRegex(first, rf'^fast   {self.first}  200 .* usable$')
        self.assertRegex(
            second, rf'^fast   {self.second}  100 +- +- +0 bytes +left out'
                    rf'  does not exist$')

    def test_json_for_programs(self):
        for words in (['--json', '--config-file', str(self.config)],
                      ['--config-file', str(self.config), '--json']):
            _, out, _ = self.run_main(*words)
            first, _ = json.loads(out)
            self.assertEqual(
                {'store', 'place', 'weight', 'free', 'total', 'promised',
                 'state', 'reason'}, set(first))
            self.assertIsInstance(first['free'], int)

    def test_the_images_of_a_directory(self):
        (self.first / 'image').touch()
        status, out, _ = self.run_main(
            '--config-file', str(self.config), 'images', 'fast',
            str(self.first))
        self.assertEqual((0, 'image\n'), (status, out))
        _, out, _ = self.run_main(
            'images', 'fast', str(self.first), '--json', '--config-file',
            str(self.config))
        self.assertEqual({'store': 'fast', 'place': str(self.first),
                          'images': ['image']}, json.loads(out))

    def test_an_error_is_one_plain_sentence(self):
        status, out, err = self.run_main(
            '--config-file', str(self.config), 'images', 'slow', '/')
        self.assertEqual((1, ''), (status, out))
        self.assertTrue(err.startswith('multistore-places: '))
        self.assertEqual(1, len(err.splitlines()))
