"""Blocking work beside an eventlet hub, or without one."""

import sys


def run(func, *args):
    """Call ``func(*args)`` so that green threads go on meanwhile.

    In a process patched by eventlet the call is made in one of its native
    worker threads; anywhere else it is made directly, because the caller's
    own thread is native already. Never imports eventlet by itself.
    """
    patcher = sys.modules.get('eventlet.patcher')
    if patcher is not None and patcher.is_monkey_patched('thread'):
        from eventlet import tpool
        return tpool.execute(func, *args)
    return func(*args)
