"""Native threads, in processes that eventlet patched as in others.

Under ``eventlet.monkey_patch()`` the names of the ``threading`` module stand
for green threads: all on one core, and a lock of theirs that a native thread
waits for may never open. Helpers of a transfer must be native, so they take
the modules eventlet set aside. A green thread that waits for one of them must
let the hub run meanwhile, or the service answers nobody.
"""

import os
import sys
import threading


def _patcher():
    patcher = sys.modules.get('eventlet.patcher')
    if patcher is not None and patcher.is_monkey_patched('thread'):
        return patcher
    return None


def original(module):
    """Return a module of the standard library as it is unpatched."""
    # Looked up at every use: a service may patch after this was imported.
    patcher = _patcher()
    if patcher is None:
        return module
    return patcher.original(module.__name__)


def lock():
    """Return a lock that holds between native threads."""
    return original(threading).Lock()


def condition(lock):
    """Return a condition on which native threads wait."""
    return original(threading).Condition(lock)


def start_thread(target, *args):
    """Run ``target`` in a native thread that does not keep the process up.

    ``target`` must not log, and must not call what may switch green threads.
    """
    original(threading).Thread(target=target, args=args, daemon=True).start()


def is_green():
    """Tell whether the caller shares its native thread by an eventlet hub.

    False in a native thread of a patched process (eventlet's ``tpool``):
    waiting there holds up nobody.
    """
    patcher = _patcher()
    if patcher is None:
        return False
    greenlet = sys.modules['greenlet']
    if greenlet.getcurrent().parent is not None:
        return True
    original = patcher.original('threading')
    return original.get_ident() == original.main_thread().ident


class GreenCondition:
    """What ``threading.Condition`` does, for one waiting green thread.

    Native threads notify through a pipe, the waiter leaves the native thread
    to the hub until there is something to read. :meth:`close` it.
    """

    def __init__(self, lock):
        self._lock = lock
        self._waiting = False
        self._os = original(os)
        self._reader, self._writer = self._os.pipe2(
            os.O_NONBLOCK | os.O_CLOEXEC)
        # The number may be one that the hub still listens to for a green
        # thread whose file was closed behind its back.
        sys.modules['eventlet.hubs'].notify_opened(self._reader)

    def wait(self, timeout=None):
        """Wait with the lock held; it is released meanwhile."""
        hubs = sys.modules['eventlet.hubs']
        self._waiting = True
        self._lock.release()
        try:
            hubs.trampoline(self._reader, read=True, timeout=timeout,
                            timeout_exc=TimeoutError)
            self._os.read(self._reader, 4096)
        except TimeoutError:
            pass
        finally:
            self._lock.acquire()
            self._waiting = False

    def notify_all(self):
        """Wake the waiter; the lock is held."""
        if self._waiting:
            self._waiting = False
            self._os.write(self._writer, b'!')

    def close(self):
        self._os.close(self._reader)
        self._os.close(self._writer)


class NativeCondition:
    """``threading.Condition`` with the face of :class:`GreenCondition`."""

    def __init__(self, lock):
        self._condition = condition(lock)
        self.wait = self._condition.wait
        self.notify_all = self._condition.notify_all

    def close(self):
        """Nothing to close."""


def caller_condition(lock):
    """Return a condition for the thread that calls, green or not."""
    return GreenCondition(lock) if is_green() else NativeCondition(lock)


def run(func, *args):
    """Call what may take long (fsync) without holding up the hub.

    In a green thread the call is made in a native thread; anywhere else it
    is made directly. ``func`` must not log, and must not call what may
    switch green threads.

    :raises: what ``func`` raises, the same object
    """
    if not is_green():
        return func(*args)
    guard = lock()
    done = GreenCondition(guard)
    outcome = []

    def call():
        try:
            value, error = func(*args), None
        except BaseException as exc:
            value, error = None, exc
        with guard:
            outcome.append((value, error))
            done.notify_all()

    interrupted = None
    try:
        with guard:
            start_thread(call)
            while not outcome:
                try:
                    done.wait()
                except BaseException as exc:
                    # The caller closes files next: what still works on them
                    # must end first.
                    interrupted = interrupted or exc
    finally:
        done.close()
    value, error = outcome[0]
    if interrupted is not None:
        raise interrupted
    if error is not None:
        raise error
    return value


def unwrap(obj):
    """Return what is behind an ``eventlet.tpool.Proxy`` that is of no use.

    Cinder wraps every file it uploads in one, without eventlet too. There a
    proxy works in the first thread that ever used one, and hangs in all
    others. In a process patched by eventlet the object comes back as it is.
    """
    tpool = sys.modules.get('eventlet.tpool')
    if tpool is None or _patcher() is not None:
        return obj
    return behind(obj)


def behind(obj):
    """Return what is behind an ``eventlet.tpool.Proxy``, be it of use or not.

    For who takes the descriptor of a file and works on it in native threads.
    """
    tpool = sys.modules.get('eventlet.tpool')
    while tpool is not None and isinstance(obj, tpool.Proxy):
        obj = obj._obj
    return obj
