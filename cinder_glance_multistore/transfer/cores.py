"""How many threads an upload may have beside its own.

Threads make one upload up to twice as fast on idle cores, and gain nothing
for uploads that outnumber the cores: there only less CPU a byte helps.
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
#: Runnable threads a core from which the machine is crowded. Below that,
#: threads give an upload its share of the machine at little cost.
CROWDED = 2.0
#: Runnable threads beyond the cores below which it no longer is: less than
#: remain when an upload's helpers rest, or it would go to and fro.
CALM = 1.0


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

    Uploads of other processes show in the machine's run queue (those in the
    same cpuset or quota do not show apart from the rest of the machine).

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
        """Return the threads one of the uploads may have beside its own now.

        0 means that the upload's own thread does all the work. A green
        upload has one at least: its own thread is the hub's, which all the
        service's requests share.
        """
        with self._lock:
            self._look()
            # The hub's thread reads and waits, and takes no core.
            spare = 0 if self._crowded else self._cores - self._native
            share = max(-(-spare // (self._native + self._green)), 0)
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
        crowded = (mean >= self._machine + CALM if self._crowded
                   else mean > self._machine * CROWDED)
        if crowded == self._crowded:
            del self._looks[:WINDOW // 2]
        else:
            self._crowded = crowded
            self._looks.clear()


#: The one of this process.
GOVERNOR = Governor()
