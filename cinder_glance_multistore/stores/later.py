"""What is to be done in a while, in the background.

One thread for all of it, which ends when there is nothing left to wait for.
What was not done is forgotten when the process ends, and is the parent's
where it forked.
"""

import heapq
import itertools
import logging
import os
import threading
import time
import weakref

LOG = logging.getLogger(__name__)


class Later:
    """Calls, each at its time or soon after, one after the other.

    :param name: of its thread
    """

    def __init__(self, name):
        self._name = name
        self._begin()
        _all.add(self)

    def _begin(self):
        self._changed = threading.Condition()
        self._calls = []
        self._order = itertools.count()
        self._running = False

    def call(self, seconds, func, *args):
        """Have ``func(*args)`` called in so many seconds.

        Later still where no thread can be had now: the next call tries
        again.
        """
        with self._changed:
            heapq.heappush(self._calls, (time.monotonic() + seconds,
                                         next(self._order), func, args))
            self._changed.notify()
            if self._running:
                return
            try:
                threading.Thread(target=self._run, daemon=True,
                                 name=self._name).start()
            except RuntimeError as exc:
                LOG.warning('%s waits for a thread: %s', self._name, exc)
            else:
                self._running = True

    def cancel(self):
        """Forget the calls that have not begun."""
        with self._changed:
            self._calls.clear()
            self._changed.notify()

    def _run(self):
        while True:
            with self._changed:
                if not self._calls:
                    self._running = False
                    return
                wait = self._calls[0][0] - time.monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                _, _, func, args = heapq.heappop(self._calls)
            try:
                func(*args)
            except Exception:
                LOG.exception('%s failed', self._name)


_all = weakref.WeakSet()


def _after_fork():
    for each in list(_all):
        each._begin()


os.register_at_fork(after_in_child=_after_fork)
