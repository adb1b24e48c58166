import os
from unittest import mock

import ddt

from cinder_glance_multistore.transfer import cores
from tests.unit.transfer import base


class _Machine:
    """A machine whose run queue and time the test sets."""

    def __init__(self, cores_, runnable=1):
        self.runnable = runnable
        self.now = 100.0
        self.governor = cores.Governor(
            usable=lambda: cores_, machine=cores_,
            runnable=lambda: self.runnable, clock=lambda: self.now)

    def helpers(self, green=False):
        self.now += cores.INTERVAL
        return self.governor.helpers(green)

    def settle(self, green=False):
        """Let so much time pass that the governor has made up its mind."""
        for _ in range(2 * cores.WINDOW):
            answer = self.helpers(green)
        return answer


@ddt.ddt
class GovernorTest(base.TestCase):

    @ddt.data((1, 1, 0), (2, 1, 1), (4, 1, 3), (2, 2, 0), (2, 3, 0),
              (4, 2, 1), (4, 3, 1), (8, 2, 3), (8, 8, 0), (8, 16, 0))
    @ddt.unpack
    def test_idle_cores_are_dealt_out_among_the_uploads(
            self, count, uploads, wanted):
        machine = _Machine(count)
        for _ in range(uploads):
            machine.governor.begin()
        self.assertEqual(wanted, machine.helpers())

    def test_an_upload_gets_threads_when_another_ends(self):
        machine = _Machine(2)
        machine.governor.begin()
        machine.governor.begin()
        self.assertEqual(0, machine.helpers())
        machine.governor.end()
        self.assertEqual(1, machine.helpers())

    @ddt.data((1, 1, 1), (2, 1, 2), (2, 2, 1), (2, 16, 1), (8, 2, 4))
    @ddt.unpack
    def test_a_green_upload_always_has_a_thread(
            self, count, uploads, wanted):
        machine = _Machine(count)
        for _ in range(uploads):
            machine.governor.begin(green=True)
        self.assertEqual(wanted, machine.helpers(green=True))
        machine.runnable = 100
        self.assertEqual(1, machine.settle(green=True))

    def test_a_crowded_machine_gets_no_more_threads(self):
        machine = _Machine(2, runnable=5)
        machine.governor.begin()
        self.assertEqual(1, machine.helpers())
        self.assertEqual(0, machine.settle())

    def test_one_look_at_a_crowd_decides_nothing(self):
        machine = _Machine(2, runnable=2)
        machine.governor.begin()
        machine.settle()
        machine.runnable = 9
        self.assertEqual(1, machine.helpers())
        machine.runnable = 2
        self.assertEqual(1, machine.settle())

    def test_threads_come_back_when_the_crowd_is_gone(self):
        machine = _Machine(2, runnable=5)
        machine.governor.begin()
        machine.settle()
        # Between the two limits it stays as it is.
        machine.runnable = 3
        self.assertEqual(0, machine.settle())
        machine.runnable = 2
        self.assertEqual(1, machine.settle())
        machine.runnable = 4
        self.assertEqual(1, machine.settle())

    def test_a_kernel_that_does_not_say_is_taken_for_idle(self):
        machine = _Machine(2, runnable=None)
        machine.governor.begin()
        self.assertEqual(1, machine.settle())

    def test_the_run_queue_is_not_read_at_every_piece(self):
        runnable = mock.Mock(return_value=1)
        governor = cores.Governor(usable=lambda: 2, machine=2,
                                  runnable=runnable, clock=lambda: 5.0)
        governor.begin()
        for _ in range(100):
            governor.helpers()
        self.assertEqual(1, runnable.call_count)


class UsableTest(base.TestCase):

    def _limit(self, own, **limits):
        for path, text in limits.items():
            directory = os.path.join(self.directory, path.replace('_', '/'))
            os.makedirs(directory, exist_ok=True)
            with open(os.path.join(directory, 'cpu.max'), 'w') as file:
                file.write(text)
        return cores._cgroup_limit(self.directory, self.make('own', own))

    def test_the_smallest_quota_on_the_way_up_counts(self):
        self.assertEqual(1.5, self._limit(
            b'0::/pod/glance\n', pod='150000 100000\n',
            pod_glance='400000 100000\n'))

    def test_no_quota_is_no_limit(self):
        self.assertIsNone(self._limit(b'0::/pod\n', pod='max 100000\n'))
        self.assertIsNone(self._limit(b'12:cpu:/pod\n'))
        self.assertIsNone(cores._cgroup_limit(self.directory, '/nosuch'))

    def test_there_is_always_a_core(self):
        with mock.patch.object(cores, '_cgroup_limit', return_value=0.2):
            self.assertEqual(1, cores.usable())

    def test_a_quota_limits_the_cores(self):
        with mock.patch.object(cores, '_cgroup_limit', return_value=2.0), \
                mock.patch('os.sched_getaffinity', return_value=range(8)):
            self.assertEqual(2, cores.usable())

    def test_this_process_is_runnable(self):
        self.assertGreaterEqual(cores.runnable(), 1)
