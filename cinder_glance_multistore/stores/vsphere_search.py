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

# Datastores that are asked at the same time.
_AT_ONCE = 8


def find(files_, paths, seconds):
    """Ask each datastore whether it has a file.

    What one answers that cannot say it counts as a no: it is left out with
    its reason when it is written to.

    :param paths: a list of :class:`~..vsphere.files.Path`, of one file on
        each datastore
    :param seconds: for all of them together
    :returns: (the path where it is, or None; the paths of which there was
        no answer in time. Those that nobody had time to ask about are not
        among them)
    :raises VSphereError: when there is no session
    """
    search = _Search(files_, paths, seconds)
    # Threads of this module are green ones where eventlet has patched it,
    # as the sockets are that they wait for.
    for _ in range(min(len(paths), _AT_ONCE)):
        threading.Thread(target=search.ask, daemon=True).start()
    return search.outcome()


class _Search:

    def __init__(self, files_, paths, seconds):
        self._files = files_
        self._until = time.monotonic() + seconds
        self._missing = len(paths)
        self._waiting = collections.deque(paths)
        self._silent = []
        self._found = self._error = None
        self._changed = threading.Condition()

    def ask(self):
        while self._found is None:
            with self._changed:
                if not self._waiting:
                    return
                path = self._waiting.popleft()
                # Until it answers.
                self._silent.append(path)
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
                self._silent.remove(path)
            self._missing -= 1
            self._found = self._found or found
            self._error = self._error or error
            self._changed.notify_all()

    def outcome(self):
        with self._changed:
            self._changed.wait_for(
                lambda: not self._missing or self._found or self._error,
                self._until - time.monotonic())
            self._waiting.clear()
            if self._error is not None and self._found is None:
                raise self._error
            return self._found, list(self._silent)
