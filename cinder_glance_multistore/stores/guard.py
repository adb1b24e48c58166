"""Calls to a file system that may never answer.

A hung NFS server blocks whoever asks it anything, for hours, and a thread
that is blocked so cannot be ended. So every question is put by a helper
thread and waited for with a time limit, each directory has a few helpers and
never more, and while one of them is overdue nobody asks again. When the
server is back its overdue answer arrives, and all is as before.
"""

import collections
import errno
import os
import time
import weakref

from cinder_glance_multistore.transfer import native


class Unresponsive(TimeoutError):
    """A directory has not answered in time.

    :ivar seconds: how long it has been waited for
    """

    def __init__(self, name, seconds):
        self.seconds = seconds
        super().__init__(
            errno.ETIMEDOUT, f'has not answered for {seconds:.0f} s', name)


class _Job:

    __slots__ = ('abandoned', 'args', 'begun', 'discard', 'done', 'ended',
                 'error', 'func', 'value')

    def __init__(self, func, args, discard, done):
        self.func = func
        self.args = args
        self.discard = discard
        self.done = done
        self.begun = None
        self.ended = False
        self.abandoned = False
        self.value = None
        self.error = None


class Guard:
    """Questions to one directory.

    :param name: the directory, for messages
    :param timeout: seconds that an answer may take
    :param threads: helper threads at most
    """

    def __init__(self, name, timeout, threads=4):
        self._name = name
        self._timeout = timeout
        self._limit = threads
        self._reset()
        _guards.add(self)

    def _reset(self):
        self._lock = native.lock()
        self._queue = collections.deque()
        self._running = set()
        self._threads = 0

    def call(self, func, *args, discard=None):
        """Return ``func(*args)``.

        ``func`` runs in a native thread: it must neither log nor wait for
        anything but the file system.

        :param discard: called with the value when nobody waits for it any
            more (to close what was opened)
        :raises Unresponsive: when it takes too long, or another call does
        :raises: what ``func`` raises, the same object
        """
        done = native.caller_condition(self._lock)
        job = _Job(func, args, discard, done)
        deadline = time.monotonic() + self._timeout
        try:
            with self._lock:
                overdue = self._overdue()
                if overdue is not None:
                    raise Unresponsive(self._name, overdue)
                self._queue.append(job)
                if self._threads < self._limit:
                    native.start_thread(self._work)
                    self._threads += 1
                try:
                    while not job.ended:
                        left = deadline - time.monotonic()
                        if left <= 0:
                            raise Unresponsive(self._name, self._timeout)
                        done.wait(left)
                finally:
                    job.abandoned = not job.ended
                    if job in self._queue:
                        self._queue.remove(job)
        finally:
            done.close()
        if job.error is not None:
            raise job.error
        return job.value

    @property
    def threads(self):
        """How many helper threads there are now."""
        return self._threads

    def _overdue(self):
        """Return the seconds that the slowest call has taken, if too many."""
        if not self._running:
            return None
        taken = time.monotonic() - min(job.begun for job in self._running)
        return taken if taken >= self._timeout else None

    def _work(self):
        lock = self._lock
        with lock:
            while self._queue:
                job = self._queue.popleft()
                job.begun = time.monotonic()
                self._running.add(job)
                lock.release()
                try:
                    job.value = job.func(*job.args)
                except BaseException as exc:
                    job.error = exc
                finally:
                    lock.acquire()
                self._running.discard(job)
                job.ended = True
                if not job.abandoned:
                    job.done.notify_all()
                elif job.discard is not None and job.error is None:
                    job.discard(job.value)
            self._threads -= 1


_guards = weakref.WeakSet()


def _after_fork():
    # The helpers are the parent's.
    for guard in list(_guards):
        guard._reset()


os.register_at_fork(after_in_child=_after_fork)
