"""What the stores are like, looked at in the background.

A store that does not answer (a vCenter that is gone, a file system that
hangs) may keep whoever asks it waiting for hours. So each store is looked at
by one thread of its own, again and again, and whoever wants to know is given
what was seen last. A thread that hangs stays the only one of its store, and
tells by that what the store is like.
"""

import dataclasses
import logging
import os
import re
import threading
import time

from oslo_utils import strutils

from api_validation.stores import AVAILABLE
from api_validation.stores import UNAVAILABLE

LOG = logging.getLogger(__name__)

#: Seconds that the first request of a process waits for a first look.
FIRST_WAIT = 2.0


@dataclasses.dataclass(frozen=True)
class Seen:
    """A store, as it was seen.

    :ivar status: one of those in :mod:`api_validation.stores`
    :ivar reason: a clause for operators that says why, or ''
    :ivar properties: what Glance itself says of a store of this type
    :ivar places: a :class:`~..stores.report.PlaceReport` for each place;
        None of a store that tells nothing of them
    """

    status: str
    reason: str = ''
    properties: dict = dataclasses.field(default_factory=dict)
    places: tuple | None = None


_CREDENTIALS = re.compile(r'//[^/@\s]*@')

# Glance lists it, and nothing is known against it yet.
_NOT_YET = Seen(AVAILABLE, 'has not been looked at yet')


class _Watch:
    """One store, and the one thread that looks at it."""

    def __init__(self, store_id, look, interval, timeout, closed):
        self._id = store_id
        self._look = look
        self._interval = interval
        self._timeout = timeout
        self._closed = closed
        # Set before a look, None after it; read by others without a lock.
        self._begun = None
        self._last = None
        self.looked = threading.Event()

    def start(self):
        if self._begun is not None or self.looked.is_set():
            return
        self._begun = time.monotonic()
        threading.Thread(target=self._run, daemon=True,
                         name=f'multistore-watch-{self._id}').start()

    def seen(self):
        begun = self._begun
        taken = 0 if begun is None else time.monotonic() - begun
        if taken < self._timeout:
            return self._last or _NOT_YET
        return dataclasses.replace(
            self._last or _NOT_YET, status=UNAVAILABLE,
            reason=f'has not answered for {taken:.0f} s')

    def _run(self):
        while not self._closed.is_set():
            self._begun = time.monotonic()
            try:
                found = self._look()
            except Exception as exc:
                text = _CREDENTIALS.sub('//', strutils.mask_password(str(exc)))
                found = dataclasses.replace(
                    self._last or _NOT_YET, status=UNAVAILABLE,
                    reason=f'cannot be looked at: {type(exc).__name__}: '
                           f'{text}')
            self._tell(found)
            self._last = found
            self._begun = None
            self.looked.set()
            self._closed.wait(self._interval)

    def _tell(self, found):
        before = self._last
        if before is None:
            # What only reads always did.
            if found.status == UNAVAILABLE:
                LOG.warning('Store %s is %s: it %s', self._id, found.status,
                            found.reason)
        elif before.status != found.status:
            LOG.warning('Store %s was %s and is %s%s', self._id,
                        before.status, found.status,
                        found.reason and f': it {found.reason}')


class _Watches:
    """The threads of one process."""

    def __init__(self, looks, interval, timeout):
        self._lock = threading.Lock()
        self._started_at = None
        self.closed = threading.Event()
        self.all = {store_id: _Watch(store_id, look, interval, timeout,
                                     self.closed)
                    for store_id, look in looks.items()}

    def started(self):
        """Start them if they are not; return when, by the clock."""
        with self._lock:
            if self._started_at is None:
                for watch in self.all.values():
                    watch.start()
                self._started_at = time.monotonic()
        return self._started_at


class View:
    """What each store is like.

    Looking begins with the first question, in the process that asks: a
    server may load the application and fork afterwards, and threads stay
    behind in a fork.

    :param looks: ``{store id: function}``; the function takes as long as it
        takes, and returns a :class:`Seen`
    :param interval: seconds between two looks
    :param timeout: seconds after which a store that does not answer is
        called unavailable
    """

    def __init__(self, looks, interval, timeout):
        self._build = lambda: _Watches(looks, interval, timeout)
        self._of_process = {}

    def get(self):
        """Return ``{store id: Seen}``.

        Waits for nothing, but in the first :data:`FIRST_WAIT` seconds of a
        process: then for stores that were not looked at yet.
        """
        watches = self._watches()
        deadline = watches.started() + FIRST_WAIT
        for watch in watches.all.values():
            if not watch.looked.is_set():
                watch.looked.wait(max(deadline - time.monotonic(), 0))
        return {store_id: watch.seen()
                for store_id, watch in watches.all.items()}

    def close(self):
        """Look no more."""
        self._watches().closed.set()

    def _watches(self):
        found = self._of_process.get(os.getpid())
        if found is None:
            # Where two threads come first, both get the same.
            found = self._of_process.setdefault(os.getpid(), self._build())
        return found
