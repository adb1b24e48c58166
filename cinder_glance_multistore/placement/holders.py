"""Who holds a promise: a process, told apart from every other one.

A process id alone is not enough, because it is used again. Together with the
time the process was started, the boot of its kernel and its process-id
namespace (containers of one host number their processes apart), it is.
"""

import dataclasses
import functools
import os
import socket


@dataclasses.dataclass(frozen=True)
class Holder:
    """A process that holds promises.

    :ivar host: the host's name, for people
    :ivar realm: the boot of the kernel and the process-id namespace: where
        ``pid`` means something
    :ivar pid: the process id
    :ivar started: clock ticks from that boot to the start of the process
    """

    host: str
    realm: str
    pid: int
    started: int

    def __str__(self):
        return f'process {self.pid} on {self.host}'


def current():
    """Return the :class:`Holder` that is this process."""
    pid = os.getpid()
    _state, started = _stat(pid)
    return Holder(socket.gethostname(), _realm(), pid, started)


def alive(holder, one_host=False):
    """Say whether the process lives: True, False, or None: not to be told.

    :param holder: a :class:`Holder`
    :param one_host: whether all holders are known to be of this host, so
        that another boot is an earlier one
    """
    realm = _realm()
    if holder.realm != realm:
        boot, _, _namespace = holder.realm.partition('/')
        return False if one_host and boot != realm.partition('/')[0] else None
    try:
        state, started = _stat(holder.pid)
    except (FileNotFoundError, ProcessLookupError):
        return _hidden(holder.pid)
    # A killed process whose parent has not asked for it is a zombie.
    return started == holder.started and state not in 'ZX'


def _hidden(pid):
    """A /proc mounted with hidepid does not show other users' processes."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return None
    return None


def _realm():
    return f'{_boot()}/{os.readlink("/proc/self/ns/pid")}'


@functools.cache
def _boot():
    with open('/proc/sys/kernel/random/boot_id') as boot:
        return boot.read().strip()


def _stat(pid):
    with open(f'/proc/{pid}/stat', 'rb') as stat:
        # The name in parentheses may hold anything, parentheses too.
        fields = stat.read().rpartition(b')')[2].split()
    return fields[0].decode(), int(fields[19])
