"""Two threads that read answers of one SOAP client at once."""

import threading
from unittest import mock

from suds.bindings import multiref


def two_at_once(slow, quick):
    """Return what both functions return, called over one client.

    ``quick`` is called, and returns, while ``slow`` is in the midst of
    reading its first answer.
    """
    reading, go_on = threading.Event(), threading.Event()
    got = []
    update = multiref.MultiRef.update

    def paused(one, node):
        # Not by its thread: oslo.vmware calls from one of its own.
        if not reading.is_set():
            reading.set()
            go_on.wait(120)
        return update(one, node)

    thread = threading.Thread(target=lambda: got.append(slow()))
    with mock.patch.object(multiref.MultiRef, 'update', paused):
        thread.start()
        if not reading.wait(120):
            raise AssertionError('the first thread got no answer in 120 s')
        try:
            second = quick()
        finally:
            go_on.set()
            thread.join(120)
    return *got, second
