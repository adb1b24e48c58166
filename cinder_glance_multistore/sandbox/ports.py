"""Ports of 127.0.0.1: chosen by the user, or free and then remembered.
"""

import random
import socket
import time

from cinder_glance_multistore.sandbox import errors

# Below Linux's range for outgoing connections: those never take one of ours
# between ``down`` and ``up``.
_LOWEST, _HIGHEST = 20000, 32000
# Seconds to wait for a port that a service had, or is to have.
_PATIENCE = 5.0


def choose(service, wanted, remembered, taken=()):
    """Return the port of a service that is about to start.

    :param wanted: the user's choice, or None
    :param remembered: the port it had last time, or None
    :param taken: ports promised to others of this sandbox
    :raises errors.PortTaken: another process has the user's choice
    """
    if wanted:
        if not _is_free_soon(wanted):
            raise errors.PortTaken(service, wanted)
        return wanted
    if (remembered and remembered not in taken and
            _is_free_soon(remembered)):
        return remembered
    candidates = list(range(_LOWEST, _HIGHEST))
    random.shuffle(candidates)
    for port in candidates:
        if port not in taken and is_free(port):
            return port
    raise errors.SandboxError(
        f'No port of 127.0.0.1 between {_LOWEST} and {_HIGHEST} is free for '
        f'{service}. Choose one with --{service}-port.')


def _is_free_soon(port):
    """Return whether a port is free, or becomes so in a few seconds.

    Connections of a service that was killed may hold on to its port for a
    moment, and clients go on asking at the old address.
    """
    deadline = time.monotonic() + _PATIENCE
    while not is_free(port):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def is_free(port):
    """Return whether a server could listen on this port now."""
    with socket.socket() as probe:
        # As servers do: connections that linger after a stop do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
        return True
