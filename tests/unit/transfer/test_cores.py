import os
from unittest import mock

import ddt

from cinder_glance_multistore.transfer import cores
from tests.unit.transfer import base


def _governor(count, uploads, green=False):
    governor = cores.Governor(usable=lambda: count)
    for _ in range(uploads):
        governor.begin(green)
    return governor


@ddt.ddt
class GovernorTest(base.TestCase):

    @ddt.data((1, 1, 0), (2, 1, 1), (4, 1, 3), (2, 2, 0), (2, 3, 0),
              (4, 2, 1), (4, 3, 1), (8, 2, 3), (8, 8, 0), (8, 16, 0))
    @ddt.unpack
    def test_idle_cores_are_dealt_out_among_the_uploads(
            self, count, uploads, wanted):
        self.assertEqual(wanted, _governor(count, uploads).helpers())

    def test_an_upload_loses_its_threads_when_others_come(self):
        governor = _governor(2, 1)
        self.assertEqual(1, governor.helpers())
        governor.begin()
        self.assertEqual(0, governor.helpers())
        governor.end()
        self.assertEqual(1, governor.helpers())

    @ddt.data((1, 1, 1), (2, 1, 2), (2, 2, 1), (2, 16, 1), (8, 2, 4))
    @ddt.unpack
    def test_a_green_upload_always_has_a_thread(
            self, count, uploads, wanted):
        self.assertEqual(wanted, _governor(count, uploads, True).helpers(
            green=True))


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
