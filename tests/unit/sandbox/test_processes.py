import dataclasses
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock
import uuid

from cinder_glance_multistore.sandbox import ports
from cinder_glance_multistore.sandbox import processes

_STUBBORN = ('import signal, time\n'
             'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
             'print("up", flush=True)\n'
             'time.sleep(600)\n')
_WITH_CHILD = ('import subprocess, time\n'
               'child = subprocess.Popen(["sleep", "600"])\n'
               'print(child.pid, flush=True)\n'
               'time.sleep(600)\n')
# A lot of memory to give back, before the socket is.
_SERVER = ('import socket, time\n'
           'memory = bytearray(200 << 20)\n'
           'server = socket.socket()\n'
           'server.bind(("127.0.0.1", 0))\n'
           'server.listen()\n'
           'print(server.getsockname()[1], flush=True)\n'
           'time.sleep(600)\n')
# Its first thread ends with exit(2), on x86_64 60: the others do not.
_WITHOUT_HEAD = ('import ctypes, platform, threading, time\n'
                 'def work():\n'
                 '    print("up", flush=True)\n'
                 '    time.sleep(600)\n'
                 'threading.Thread(target=work).start()\n'
                 'exit = {"x86_64": 60}.get(platform.machine(), 93)\n'
                 'ctypes.CDLL(None).syscall(exit, 0)\n')


class ProcessesTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.log = Path(directory.name, 'log')
        self.identity = uuid.uuid4().hex
        self.mark = f'{self.identity}/glance'
        self.addCleanup(processes.kill, f'{self.identity}/')

    def _spawn(self, *command, mark=None):
        return processes.spawn(
            command, mark or self.mark, {'PATH': os.environ['PATH']},
            self.log)

    def _wait_for_output(self):
        deadline = time.monotonic() + 120
        while not self.log.read_text():
            self.assertLess(time.monotonic(), deadline, 'no output')
            time.sleep(0.02)
        return self.log.read_text()

    def test_a_process_without_the_mark_is_neither_ended_nor_waited_for(self):
        stranger = self._spawn('sleep', '600',
                               mark=f'{self.identity}/another')
        self.assertTrue(processes.stop(self.mark, stranger, grace=0.0))
        self.assertTrue(stranger.is_alive())

    def test_a_started_process_is_known_again_by_its_mark(self):
        process = self._spawn('sleep', '600')
        self.assertTrue(process.is_alive())
        self.assertEqual([process], processes.find(self.mark))
        self.assertEqual([process], processes.find(f'{self.identity}/'))
        self.assertEqual([], processes.find(f'{self.identity}/glanc'))
        self.assertEqual([], processes.find('0' * 32 + '/'))

    def test_it_lives_in_a_session_of_its_own(self):
        process = self._spawn('sleep', '600')
        self.assertEqual(process.pid, os.getsid(process.pid))

    def test_its_files_are_private(self):
        self._spawn('sh', '-c', 'umask')
        self.assertEqual('0077', self._wait_for_output().strip())

    def test_a_program_that_is_not_there_is_an_error_at_once(self):
        self.assertRaises(OSError, self._spawn, '/nonexistent/program')

    def test_stopping_ends_it(self):
        process = self._spawn('sleep', '600')
        self.assertTrue(processes.stop(self.mark, process))
        self.assertFalse(process.is_alive())

    def test_what_ignores_the_request_is_killed_after_the_grace(self):
        process = self._spawn(sys.executable, '-c', _STUBBORN)
        self._wait_for_output()
        self.assertFalse(processes.stop(self.mark, process, grace=0.3))
        self.assertFalse(process.is_alive())

    def test_what_was_killed_has_given_back_its_port(self):
        for _ in range(20):
            self.log.write_text('')
            self._spawn(sys.executable, '-c', _SERVER)
            port = int(self._wait_for_output())
            processes.kill(self.mark)
            self.assertTrue(ports.is_free(port))

    def test_children_that_a_crash_left_are_found_and_killed(self):
        process = self._spawn(sys.executable, '-c', _WITH_CHILD)
        child = processes.Process.of(int(self._wait_for_output()))
        os.kill(process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 120
        while process.is_alive():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertEqual([child], processes.find(self.mark))
        processes.kill(self.mark)
        self.assertFalse(child.is_alive())

    def test_stopping_one_service_leaves_the_others(self):
        self._spawn('sleep', '600')
        other = self._spawn('sleep', '600', mark=f'{self.identity}/cinder')
        processes.stop(self.mark)
        self.assertTrue(other.is_alive())

    def test_a_number_that_was_given_to_another_process_is_not_ours(self):
        stranger = subprocess.Popen(['sleep', '600'])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        now = processes.Process.of(stranger.pid)
        before = dataclasses.replace(now, start_time=now.start_time - 1)
        self.assertFalse(before.is_alive())
        last_boot = dataclasses.replace(now, boot_id='another')
        self.assertFalse(last_boot.is_alive())
        processes.stop(self.mark, before, grace=0)
        processes._signal(before, self.mark, signal.SIGKILL)
        self.assertIsNone(stranger.poll())

    def test_a_process_without_the_mark_gets_no_signal(self):
        stranger = subprocess.Popen(['sleep', '600'])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        processes._signal(processes.Process.of(stranger.pid), self.mark,
                          signal.SIGKILL)
        time.sleep(0.1)
        self.assertIsNone(stranger.poll())

    def test_it_works_where_the_kernel_has_no_pidfds(self):
        process = self._spawn('sleep', '600')
        with mock.patch.object(os, 'pidfd_open', side_effect=OSError(38, '')):
            self.assertTrue(processes.stop(self.mark, process))
        self.assertFalse(process.is_alive())

    def test_a_process_that_nobody_has_waited_for_counts_as_ended(self):
        zombie = subprocess.Popen(['true'])
        self.addCleanup(zombie.wait)
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        self.assertIsNone(processes.Process.of(zombie.pid))

    def test_a_process_is_there_until_its_last_thread_has_ended(self):
        process = self._spawn(sys.executable, '-c', _WITHOUT_HEAD)
        self._wait_for_output()
        deadline = time.monotonic() + 120
        while ') Z ' not in Path(f'/proc/{process.pid}/stat').read_text():
            self.assertLess(time.monotonic(), deadline, 'it has its head')
            time.sleep(0.02)
        self.assertTrue(process.is_alive())
        os.kill(process.pid, signal.SIGKILL)
        while process.is_alive():
            self.assertLess(time.monotonic(), deadline, 'it is still there')
            time.sleep(0.02)

    def test_a_name_with_parentheses_is_read_right(self):
        with tempfile.TemporaryDirectory() as directory:
            program = Path(directory, 'a) S 1 (b')
            program.symlink_to('/bin/sleep')
            process = self._spawn(str(program), '600')
            self.assertTrue(process.is_alive())

    def test_running_a_command_gives_its_status_and_logs_its_output(self):
        status = processes.run(
            ['sh', '-c', 'echo said; exit 3'], self.mark,
            {'PATH': os.environ['PATH']}, self.log, timeout=120)
        self.assertEqual((3, 'said\n'), (status, self.log.read_text()))

    def test_a_command_that_takes_too_long_is_killed_with_its_children(self):
        status = processes.run(
            ['sh', '-c', 'sleep 600 & sleep 600'], self.mark,
            {'PATH': os.environ['PATH']}, self.log, timeout=0.3)
        self.assertIsNone(status)
        self.assertEqual([], processes.find(self.mark))
