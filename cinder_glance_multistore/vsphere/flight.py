"""One call for all who want the same answer at the same time.

No lock is held while the call is made: who comes meanwhile waits for its
outcome, error included, so that a vCenter that hangs is waited for once and
not once by each thread after the other.
"""

import concurrent.futures
import threading


class Flight:
    """Calls of ``func``, one at a time."""

    def __init__(self, func):
        self._func = func
        self.reset()

    def reset(self):
        """Begin anew, in a forked child."""
        self._lock = threading.Lock()
        self._future = None

    def run(self):
        """Return what ``func()`` returns; share a call that is under way.

        :raises: what it raises
        """
        with self._lock:
            future = self._future
            mine = future is None
            if mine:
                future = self._future = concurrent.futures.Future()
        if not mine:
            return future.result()
        try:
            value = self._func()
        except BaseException as exc:
            self._end()
            # A killed thread is no answer for the others.
            future.set_exception(
                exc if isinstance(exc, Exception) else RuntimeError(
                    'the call that was waited for was cancelled'))
            raise
        self._end()
        future.set_result(value)
        return value

    def _end(self):
        with self._lock:
            self._future = None
