"""The same in a process that eventlet patched, as cinder-volume is today."""

import os
import subprocess
import sys

import testtools

_MANAGER = 'tests.unit.cinder.test_manager.'


class TestUnderEventlet(testtools.TestCase):

    def test_uploads_and_the_cleaning_up_after_them(self):
        # Whoever waits there, waits for green threads: the reader of the
        # body, the janitor, the question for the stores.
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'testtools.run',
             *(_MANAGER + name for name in (
                 'TestGlanceGoesDown',
                 'TestCrash.test_volumes_leave_uploading_and_their_images_go',
                 'TestSuccess.test_the_bits_go_whole_to_the_store_of_the_type',
                 'TestSuccess.test_two_stores_at_once',
                 'TestFailure.'
                 'test_a_volume_that_cannot_be_read_leaves_no_cut_image'))],
            env=dict(os.environ, OS_CINDER_DISABLE_EVENTLET_PATCHING='0',
                     PYTHONPATH=os.getcwd()),
            capture_output=True, text=True, timeout=120)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn('Ran 10 tests', done.stdout)
