import functools
import json
from pathlib import Path
import shutil
import tempfile
import unittest
from unittest import mock

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import processes
from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.sandbox import surroundings
from cinder_glance_multistore.transfer import leftovers


class SandboxTest(unittest.TestCase):
    """What needs no service; the functional tests start them."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name, 'sandbox')
        self.sandbox = stack.Sandbox(self.path)

    def test_asking_makes_nothing(self):
        self.assertEqual([], self.sandbox.status())
        self.assertEqual({}, self.sandbox.endpoints)
        self.assertEqual([], self.sandbox.down())
        self.assertFalse(self.path.exists())

    def test_ports_can_be_had_before_anything_runs(self):
        allotted = self.sandbox.allot_ports()
        self.assertEqual({'cinder', 'glance', 'upstream'}, set(allotted))
        self.assertEqual(3, len(set(allotted.values())))
        self.assertEqual(allotted, self.sandbox.allot_ports())
        self.assertEqual(
            f'http://127.0.0.1:{allotted["cinder"]}/v3',
            self.sandbox.endpoints['cinder'])

    def test_there_is_no_vcenter_where_none_is_asked_for(self):
        self.assertFalse(self.sandbox.has_vcenter)
        self.assertRaises(
            errors.UnknownName, self.sandbox.store_directories, 'vc')

    def test_a_vcenter_that_is_not_there_is_missed_before_all_else(self):
        sandbox = stack.Sandbox(self.path, vcenter=self.path / 'nothing')
        with mock.patch.object(surroundings, 'check'):
            with self.assertRaisesRegex(errors.MissingRequirement,
                                        'tests.functional.vcenter.build'):
                sandbox.up()
        self.assertEqual([], sandbox.status())

    def test_a_place_is_told_by_its_store_and_its_name(self):
        fast = self.sandbox.store_directories('fast')
        self.assertEqual('fast/b', self.sandbox.place('fast', fast[1] / 'i'))
        path = self.sandbox.image_file('reliable', 'i')
        self.assertEqual('reliable', self.sandbox.place('reliable', path))

    def test_a_reset_without_a_sandbox_touches_no_file_of_others(self):
        self.path.mkdir()
        (self.path / 'thesis.tex').write_text('precious')
        with mock.patch.object(surroundings, 'check'):
            self.assertRaises(
                errors.NotASandbox, self.sandbox.up, reset=True)
        self.assertEqual('precious', (self.path / 'thesis.tex').read_text())

    def test_images_and_volumes_have_known_files(self):
        root = self.sandbox.layout.root
        self.assertEqual(root / 'stores' / 'reliable' / 'i',
                         self.sandbox.image_file('reliable', 'i'))
        self.assertEqual(
            'volume-v', self.sandbox.volume_file('v', 'upstream').name)
        self.assertNotEqual(self.sandbox.volume_file('v', 'upstream'),
                            self.sandbox.volume_file('v'))

    def test_an_image_of_many_directories_is_found_where_it_is(self):
        first, second = self.sandbox.store_directories('fast')
        self.assertEqual([], self.sandbox.image_files('fast', 'i'))
        for directory in (first, second):
            directory.mkdir(parents=True)
        self.assertEqual(first / 'i', self.sandbox.image_file('fast', 'i'))
        (second / 'i').touch()
        self.assertEqual(second / 'i', self.sandbox.image_file('fast', 'i'))
        (first / 'other').touch()
        part = first / leftovers.new_name('i')
        part.touch()
        self.assertCountEqual(
            [second / 'i', part], self.sandbox.image_files('fast', 'i'))

    def test_a_sandbox_of_an_older_release_is_refused_until_it_is_reset(self):
        self.sandbox.allot_ports()
        path = self.sandbox.layout.state
        kept = json.loads(path.read_text())
        del kept['version']
        path.write_text(json.dumps(kept))
        with mock.patch.object(surroundings, 'check'), \
                mock.patch.object(stack.Sandbox, '_bring_up') as bring_up:
            with self.assertRaisesRegex(errors.OldSandbox, '--reset'):
                self.sandbox.up()
            self.assertRaises(
                errors.OldSandbox, self.sandbox.start, 'glance')
            bring_up.assert_not_called()
            self.assertEqual([], self.sandbox.down())
            self.sandbox.up(reset=True)
            bring_up.assert_called_once()

    def test_with_keystone_or_without_is_for_a_whole_life(self):
        made = stack.Sandbox(self.path, keystone=True)
        self.assertIn('keystone', made.allot_ports())
        self.assertIn('keystone', self.sandbox.allot_ports())
        self.assertTrue(self.sandbox.has_keystone)
        other = stack.Sandbox(self.path, keystone=False)
        with self.assertRaisesRegex(errors.OtherKind, '--reset'):
            other.allot_ports()

    def test_a_sandbox_without_keystone_has_no_users(self):
        self.sandbox.allot_ports()
        for ask in (self.sandbox.session, functools.partial(
                self.sandbox.client_environment, 'cinder')):
            with self.assertRaisesRegex(errors.UnknownName, 'admin'):
                ask('admin')
        with self.assertRaisesRegex(errors.UnknownName, 'cinder, glance'):
            self.sandbox.start('keystone')

    def test_services_do_not_start_without_the_keystone_they_need(self):
        made = stack.Sandbox(self.path, keystone=True)
        with mock.patch.object(processes, 'spawn') as spawn:
            with self.assertRaisesRegex(errors.SandboxError, 'Keystone'):
                made.start('glance')
        spawn.assert_not_called()

    def test_processes_of_a_new_sandbox_in_an_old_place_carry_its_mark(self):
        marks = []
        for _ in range(2):
            self.sandbox.allot_ports()
            with mock.patch.object(processes, 'kill') as kill:
                self.sandbox.down()
            marks.append(kill.call_args.args[0])
            self.assertEqual(
                self.sandbox.layout.marker.read_text().strip() + '/',
                marks[-1])
            shutil.rmtree(self.path)
        self.assertNotEqual(*marks)

    def test_unknown_names_are_refused_with_the_known_ones(self):
        with self.assertRaisesRegex(errors.UnknownName, 'cheap, fast'):
            self.sandbox.store_path('web')
        for method in (self.sandbox.kill, self.sandbox.stop,
                       self.sandbox.start, self.sandbox.log):
            with self.assertRaisesRegex(errors.UnknownName, 'glance'):
                method('nova')
