from pathlib import Path
import tempfile
import unittest
from unittest import mock

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.sandbox import surroundings


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
        self.assertEqual(set(stack.SERVICES), set(allotted))
        self.assertEqual(3, len(set(allotted.values())))
        self.assertEqual(allotted, self.sandbox.allot_ports())
        self.assertEqual(
            f'http://127.0.0.1:{allotted["cinder"]}/v3',
            self.sandbox.endpoints['cinder'])

    def test_a_reset_without_a_sandbox_touches_no_file_of_others(self):
        self.path.mkdir()
        (self.path / 'thesis.tex').write_text('precious')
        with mock.patch.object(surroundings, 'check'):
            self.assertRaises(
                errors.NotASandbox, self.sandbox.up, reset=True)
        self.assertEqual('precious', (self.path / 'thesis.tex').read_text())

    def test_images_and_volumes_have_known_files(self):
        root = self.sandbox.layout.root
        self.assertEqual(root / 'stores' / 'fast' / 'i',
                         self.sandbox.image_file('fast', 'i'))
        self.assertEqual(
            'volume-v', self.sandbox.volume_file('v', 'upstream').name)
        self.assertNotEqual(self.sandbox.volume_file('v', 'upstream'),
                            self.sandbox.volume_file('v'))

    def test_unknown_names_are_refused_with_the_known_ones(self):
        with self.assertRaisesRegex(errors.UnknownName, 'cheap, fast'):
            self.sandbox.store_path('web')
        for method in (self.sandbox.kill, self.sandbox.stop,
                       self.sandbox.start, self.sandbox.log):
            with self.assertRaisesRegex(errors.UnknownName, 'glance'):
                method('nova')
