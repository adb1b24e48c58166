from pathlib import Path
import subprocess
import sys
import tempfile
import threading
import unittest

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import state


class _Base(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(Path(directory.name, 'sandbox'))


class ClaimTest(_Base):

    def test_a_new_directory_becomes_a_sandbox_and_keeps_its_identity(self):
        state.claim(self.layout)
        first = state.identity(self.layout)
        state.claim(self.layout)
        self.assertEqual(first, state.identity(self.layout))
        self.assertRegex(first, '^[0-9a-f]{32}$')

    def test_an_empty_directory_may_be_used(self):
        self.layout.root.mkdir()
        state.claim(self.layout)
        self.assertTrue(self.layout.marker.is_file())

    def test_a_directory_of_somebody_else_is_refused_and_not_touched(self):
        self.layout.root.mkdir()
        (self.layout.root / 'thesis.tex').write_text('precious')
        with self.assertRaisesRegex(errors.NotASandbox, '--dir'):
            state.claim(self.layout)
        self.assertEqual(['thesis.tex'], [
            entry.name for entry in self.layout.root.iterdir()])

    def test_a_file_is_refused(self):
        self.layout.root.write_text('a file')
        with self.assertRaises(errors.NotASandbox):
            state.claim(self.layout)

    def test_a_first_command_that_was_killed_early_leaves_it_claimable(self):
        self.layout.root.mkdir()
        self.layout.lock.touch()
        self.layout.marker.with_name(
            self.layout.marker.name + '.new').touch()
        state.claim(self.layout)
        self.assertTrue(state.identity(self.layout))


class StateTest(_Base):

    def setUp(self):
        super().setUp()
        state.claim(self.layout)

    def test_what_is_saved_is_there_in_the_next_command(self):
        memory = state.State(self.layout.state)
        memory.ports['glance'] = 20001
        memory.small_size = 5
        memory.small_refusal = 'no'
        memory.save()
        again = state.State(self.layout.state)
        self.assertEqual({'glance': 20001}, again.ports)
        self.assertEqual((5, 'no'), (again.small_size, again.small_refusal))

    def test_a_broken_file_is_as_good_as_none(self):
        self.layout.state.write_text('{"ports": {"gla')
        self.assertEqual({}, state.State(self.layout.state).ports)


class LockTest(_Base):

    def setUp(self):
        super().setUp()
        state.claim(self.layout)

    def test_a_second_command_waits_for_the_first(self):
        order = []
        told = threading.Event()

        def second():
            with state.lock(self.layout, waiting=told.set):
                order.append('second')

        with state.lock(self.layout):
            thread = threading.Thread(target=second)
            thread.start()
            self.assertTrue(told.wait(120))
            order.append('first')
        thread.join(120)
        self.assertEqual(['first', 'second'], order)

    def test_waiting_has_an_end(self):
        with state.lock(self.layout), self.assertRaisesRegex(
                errors.Busy, 'Another command'):
            state.lock(self.layout, patience=0.2).__enter__()

    def test_a_killed_holder_gives_it_back(self):
        holder = subprocess.Popen(
            [sys.executable, '-c',
             'import sys, time\n'
             'from cinder_glance_multistore.sandbox import layout, state\n'
             'with state.lock(layout.Layout(sys.argv[1])):\n'
             '    print("held", flush=True)\n'
             '    time.sleep(600)', str(self.layout.root)],
            stdout=subprocess.PIPE, text=True)
        with holder:
            self.assertEqual('held\n', holder.stdout.readline())
            holder.kill()
        with state.lock(self.layout, patience=120):
            pass
