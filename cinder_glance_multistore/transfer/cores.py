"""How many threads an upload may have beside its own.

Threads make one upload up to twice as fast on idle cores. For uploads of one
process that outnumber the cores they gain nothing and cost a tenth, because
all of them take turns at the interpreter's lock: there only less CPU a byte
helps. Which of the two it is changes while an upload runs, so it is asked at
every piece. Uploads of other processes are not counted: between processes
threads cost nothing that can be measured, and without them an upload would
be left with a smaller share of a busy host than any other program.
"""

import os

from cinder_glance_multistore.transfer import native


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


class Governor:
    """Deals the cores out among the uploads of this process.

    :param usable: returns the cores of this process
    """

    def __init__(self, usable=usable):
        self._usable = usable
        self._lock = native.lock()
        self._cores = 1
        self._native = 0
        self._green = 0

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
            # The hub's thread reads and waits, and takes no core.
            spare = self._cores - self._native
            share = max(-(-spare // (self._native + self._green)), 0)
        return max(share, 1) if green else share


#: The one of this process.
GOVERNOR = Governor()
