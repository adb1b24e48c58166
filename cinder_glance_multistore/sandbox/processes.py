"""Start processes, know them again, and stop them and nothing else.

A process carries a mark in its environment, ``MULTISTORE_SANDBOX=<sandbox
id>/<service>``, which its children inherit. The mark finds those that a crash
left behind, and tells a process of ours from another one that was given the
same number later. Linux only: it reads ``/proc``.
"""

import contextlib
import dataclasses
import os
from pathlib import Path
import signal
import subprocess
import time

from cinder_glance_multistore.sandbox import files

MARK = 'MULTISTORE_SANDBOX'

# Popen objects of this process's own children: kept, so that poll() reaps.
_children = []


@dataclasses.dataclass(frozen=True)
class Process:
    """A process for its whole life: its number alone is used again.

    :ivar start_time: clock ticks between boot and start, of /proc/pid/stat
    """

    pid: int
    start_time: int
    boot_id: str

    @classmethod
    def of(cls, pid):
        """Return the process that has this number now, or None."""
        start_time = _start_time(pid)
        if start_time is None:
            return None
        return cls(pid, start_time, _boot_id())

    def is_alive(self):
        _reap()
        return self == Process.of(self.pid)


def spawn(command, mark, environment, log):
    """Start a command in a session of its own, detached from the terminal.

    :param mark: '<sandbox id>/<service>'
    :param environment: its whole environment, but for the mark
    :param log: path of the file that takes its output
    :raises OSError: the program cannot be started
    """
    with files.open_log(log) as stream:
        child = subprocess.Popen(
            [str(word) for word in command],
            env=environment | {MARK: mark},
            stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            cwd='/', start_new_session=True, umask=0o077)
    _children.append(child)
    process = Process.of(child.pid) or Process(child.pid, 0, '')
    while process.is_alive() and not _has_mark(child.pid, mark):
        time.sleep(0.001)  # the kernel is still setting its memory up
    return process


def find(mark):
    """Return the living processes of a mark.

    :param mark: '<sandbox id>/<service>', or '<sandbox id>/' for all
    """
    _reap()
    found = []
    for entry in os.listdir('/proc'):
        if entry.isdigit() and _has_mark(int(entry), mark):
            process = Process.of(int(entry))
            if process:
                found.append(process)
    return found


def stop(mark, leader=None, grace=10.0):
    """Ask the processes of a mark to end; kill what has not after ``grace``.

    :param leader: the process to ask, which ends its children itself;
        without one alive all are asked
    :param grace: seconds; 0 kills at once
    :returns: True when all ended without being killed
    """
    deadline = time.monotonic() + grace
    members = _Members(mark, leader)
    asked = False
    while members.look():
        if time.monotonic() >= deadline:
            members.kill()
            return False
        if not asked:
            members.ask()
            asked = True
        elif leader is not None and not leader.is_alive():
            # The head is gone; what it left (qemu-img, say) has no grace.
            members.kill()
            return True
        time.sleep(0.02)
    return True


def kill(mark):
    """SIGKILL, at once, to every process of a mark; return when all ended."""
    _Members(mark).kill()


def run(command, mark, environment, log, timeout):
    """Run a command to its end, its output appended to ``log``.

    :param timeout: seconds, after which it is killed
    :returns: its exit status; None when it was killed for the time
    """
    with files.open_log(log) as stream:
        child = subprocess.Popen(
            [str(word) for word in command],
            env=environment | {MARK: mark},
            stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            cwd='/', start_new_session=True, umask=0o077)
    try:
        return child.wait(timeout)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if child.poll() is None:
            kill(mark)
            child.wait()


class _Members:
    """The processes of a mark, from the first look to the end of the last.

    A process that ends gives its memory back first, its environment with it,
    and then its files: without a mark it may still listen on its port. So
    who was seen once is waited for.
    """

    def __init__(self, mark, leader=None):
        self._mark = mark
        # One without the mark is not ours, whatever a state file says: it
        # would get no signal, and be waited for without end.
        self._leader = (leader if leader and _has_mark(leader.pid, mark)
                        else None)
        self._seen = {self._leader} if self._leader else set()

    def look(self):
        """Return those that have not ended."""
        self._seen.update(find(self._mark))
        self._seen = {seen for seen in self._seen if seen.is_alive()}
        return self._seen

    def ask(self):
        for member in ([self._leader] if self._leader in self._seen
                       else self._seen):
            _signal(member, self._mark, signal.SIGTERM)

    def kill(self):
        # Until two looks find nothing: a process may fork between a look and
        # the signal, and shows no environment for a moment while it executes.
        quiet = 0
        while quiet < 2:
            quiet = 0 if self.look() else quiet + 1
            for member in self._seen:
                _signal(member, self._mark, signal.SIGKILL)
            time.sleep(0.01)


def _signal(process, mark, number):
    # The descriptor holds on to the process: if the number is given to
    # another one after the check, the signal goes nowhere.
    with contextlib.suppress(ProcessLookupError):
        try:
            descriptor = os.pidfd_open(process.pid)
        except OSError as error:
            if isinstance(error, ProcessLookupError):
                raise
            descriptor = None  # a kernel or a sandbox without pidfds
        try:
            if Process.of(process.pid) != process:
                return
            if not _has_mark(process.pid, mark):
                return
            if descriptor is None:
                os.kill(process.pid, number)
            else:
                signal.pidfd_send_signal(descriptor, number)
        finally:
            if descriptor is not None:
                os.close(descriptor)


def _reap():
    _children[:] = [child for child in _children if child.poll() is None]


def _start_time(pid):
    try:
        stat = Path(f'/proc/{pid}/stat').read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # The name, in parentheses, may hold anything, parentheses included.
    fields = stat[stat.rindex(b')') + 2:].split()
    if fields[0] in (b'Z', b'X', b'x') and int(fields[17]) < 2:
        # Ended, its parent has not looked. With more threads than one, others
        # are not done: one that waits for a disk outlives SIGKILL, and holds
        # the process's port with it.
        return None
    return int(fields[19])


def _boot_id():
    try:
        return Path('/proc/sys/kernel/random/boot_id').read_text().strip()
    except OSError:
        return ''


def _has_mark(pid, mark):
    try:
        environment = Path(f'/proc/{pid}/environ').read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    wanted = f'{MARK}={mark}'.encode()
    entries = environment.split(b'\0')
    if mark.endswith('/'):
        return any(entry.startswith(wanted) for entry in entries)
    return wanted in entries
