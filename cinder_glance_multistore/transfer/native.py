"""Blocking work beside an eventlet hub, or without one."""

import sys


def run(func, *args):
    """Call ``func(*args)`` so that green threads go on meanwhile.

    In a process patched by eventlet the call is made in one of its native
    worker threads; anywhere else it is made directly, because the caller's
    own thread is native already. Never imports eventlet by itself.
    """
    if _patched():
        from eventlet import tpool
        return tpool.execute(func, *args)
    return func(*args)


def unwrap(obj):
    """Return what is behind an ``eventlet.tpool.Proxy`` that is of no use.

    Cinder wraps every file it uploads in one, without eventlet too. There a
    proxy works in the first thread that ever used one, and hangs in all
    others. In a process patched by eventlet the object comes back as it is.
    """
    tpool = sys.modules.get('eventlet.tpool')
    if tpool is None or _patched():
        return obj
    while isinstance(obj, tpool.Proxy):
        obj = obj._obj
    return obj


def _patched():
    patcher = sys.modules.get('eventlet.patcher')
    return patcher is not None and patcher.is_monkey_patched('thread')
