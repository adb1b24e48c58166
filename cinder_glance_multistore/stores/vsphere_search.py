"""Which datastore has an image already: all are asked, and for a short time.

A datastore that hangs must not hold up those that want to write to others.
"""

import collections
import threading
import time

from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import files

#: Seconds for all of it, which hold up an upload where one hangs.
TIMEOUT = 10.0

# Datastores that are asked at the same time, and how many more after each
# second: those that hang must not keep others from being asked.
_AT_ONCE = 8
_STEP = 1.0


def find(files_, paths, seconds):
    """Ask each datastore whether it has a file.

    What one answers that cannot say it counts as a no: it is left out with
    its reason when it is written to.

    :param paths: a list of :class:`~..vsphere.files.Path`, of one file on
        each datastore
    :param seconds: for all of them together
    :returns: (the path where it is, or None; the paths of which there was
        no answer in at least half of that time: those that were asked
        about too late for it, or not at all, are not among them)
    :raises VSphereError: when there is no session
    """
    return _Search(files_, paths, seconds).run()


class _Search:

    def __init__(self, files_, paths, seconds):
        self._files = files_
        self._until = time.monotonic() + seconds
        self._blamed_from = self._until - seconds / 2
        self._missing = len(paths)
        self._waiting = collections.deque(paths)
        # Those of which there is no answer yet, with when they were asked.
        self._silent = {}
        self._found = self._error = None
        self._changed = threading.Condition()

    def _ask(self):
        while self._found is None:
            with self._changed:
                if not self._waiting:
                    return
                path = self._waiting.popleft()
                self._silent[path] = time.monotonic()
            self._ask_one(path)

    def _ask_one(self, path):
        error = found = None
        answered = True
        try:
            self._files.size(path, patient=False,
                             timeout=self._until - time.monotonic())
            found = path
        except files.FileMissing:
            pass
        except errors.HTTPFailed as exc:
            answered = not isinstance(exc.__cause__, TimeoutError)
        except Exception as exc:
            error = exc
        with self._changed:
            if answered:
                del self._silent[path]
            self._missing -= 1
            self._found = self._found or found
            self._error = self._error or error
            self._changed.notify_all()

    def run(self):
        with self._changed:
            while not self._ended() and (
                    left := self._until - time.monotonic()) > 0:
                # Threads of this module are green ones where eventlet has
                # patched it, as the sockets are that they wait for.
                for _ in range(min(len(self._waiting), _AT_ONCE)):
                    threading.Thread(target=self._ask, daemon=True).start()
                self._changed.wait_for(self._ended, min(left, _STEP))
            self._waiting.clear()
            if self._error is not None and self._found is None:
                raise self._error
            return self._found, [path for path, at in self._silent.items()
                                 if at < self._blamed_from]

    def _ended(self):
        return not self._missing or self._found or self._error
