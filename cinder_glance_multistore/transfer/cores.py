"""How many threads an upload may have beside its own.

Threads make one upload up to twice as fast on idle cores, and make uploads
that outnumber the cores slower by a tenth: then only less CPU a byte helps.
Which of the two it is changes while an upload runs, so it is asked at every
piece.
"""

import os
import time

from cinder_glance_multistore.transfer import native

#: Seconds between two looks at the machine's run queue.
INTERVAL = 0.02
#: Looks that make up one judgement.
WINDOW = 12
#: Runnable threads beyond the machine's cores from which it is crowded; a
#: sender on the same host, which waits most of the time, is none.
CROWDED = 1.25
#: Cores that must be idle again before it no longer is. Far from CROWDED, so
#: that two processes do not push each other to and fro.
IDLE = 0.5


def _cgroup_limit(root='/sys/fs/cgroup', own='/proc/self/cgroup'):
    """Return the cores that cgroup v2 grants, or None."""
    try:
        with open(own) as lines:
            path = next(line.rstrip('\n')[3:] for line in lines
                        if line.startswith('0::'))
    except (OSError, StopIteration):
        return None
    limit = None
    while True:
        try:
            with open(f'{root}/{path.strip("/")}/cpu.max') as line:
                quota, period = line.read().split()
            if quota != 'max':
                cores = int(quota) / int(period)
                limit = cores if limit is None else min(limit, cores)
        except (OSError, ValueError):
            pass
        if path in ('', '/'):
            return limit
        path = os.path.dirname(path)


def usable():
    """Return the cores this process may use, at least 1."""
    cores = len(os.sched_getaffinity(0))
    limit = _cgroup_limit()
    if limit is not None:
        cores = min(cores, round(limit))
    return max(1, cores)


def runnable():
    """Return the threads of the machine that run or wait for a core.

    None where the kernel does not say.
    """
    try:
        with open('/proc/loadavg') as line:
            return int(line.read().split()[3].partition('/')[0])
    except (OSError, ValueError, IndexError):
        return None


class Governor:
    """Deals the cores out among the uploads of this process.

    Uploads of other processes show in the machine's run queue. (A cpuset or
    a quota shared with another process does not: there, threads cost their
    tenth.)

    :param usable: returns the cores of this process
    :param machine: the cores of the machine
    :param runnable: returns the runnable threads of the machine, or None
    :param clock: returns seconds
    """

    def __init__(self, usable=usable, machine=None, runnable=runnable,
                 clock=time.monotonic):
        self._usable = usable
        self._machine = machine or os.cpu_count() or 1
        self._runnable = runnable
        self._clock = clock
        self._lock = native.lock()
        self._cores = 1
        self._native = 0
        self._green = 0
        self._crowded = False
        self._looked = 0.0
        self._looks = []

    def begin(self, green=False):
        """Count an upload; ``green`` if its thread is shared by a hub."""
        with self._lock:
            self._cores = self._usable()
            if green:
                self._green += 1
            else:
                self._native += 1

    def end(self, green=False):
        """Count an upload off."""
        with self._lock:
            if green:
                self._green -= 1
            else:
                self._native -= 1

    def helpers(self, green=False):
        """Return the threads an upload may have beside its own now.

        0 means that the upload's own thread does all the work. A green
        upload has one at least: its own thread is the hub's, which all the
        service's requests share.
        """
        with self._lock:
            self._look()
            uploads = self._native + self._green
            if uploads == 0 or self._crowded:
                spare = 0
            else:
                # All green uploads together have one thread, the hub's.
                spare = self._cores - self._native - (self._green > 0)
            share = -(-spare // uploads) if spare > 0 else 0
        return max(share, 1) if green else share

    def _look(self):
        now = self._clock()
        if now - self._looked < INTERVAL:
            return
        self._looked = now
        count = self._runnable()
        if count is None:
            return
        self._looks.append(count)
        if len(self._looks) < WINDOW:
            return
        mean = sum(self._looks) / len(self._looks)
        crowded = (mean > self._machine - IDLE if self._crowded
                   else mean > self._machine + CROWDED)
        if crowded == self._crowded:
            del self._looks[:WINDOW // 2]
        else:
            self._crowded = crowded
            self._looks.clear()


#: The one of this process.
GOVERNOR = Governor()
