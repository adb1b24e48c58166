"""What a service's log says about its failure.
"""

import os
import re
from typing import NamedTuple

_TELLING = (' ERROR ', ' CRITICAL ', 'Error', 'Exception', 'rror: ')
# Requests, ours that ask whether it is ready among them.
_ACCESS = ' eventlet.wsgi.server '
_LINES = 12
_CHOICE = re.compile(r'Store \S+ puts image (\S+) into (.+?), (by .*)')


class Choice(NamedTuple):
    """What a store's driver says of an image: where it went, and why."""

    directory: str
    why: str


def choice(path, image_id):
    """Return the last :class:`Choice` for an image in Glance's log, or None.

    Of stores of type ``multidir``.
    """
    found = None
    with open(path, encoding='utf-8', errors='replace') as log:
        for line in log:
            match = _CHOICE.search(line)
            if match and match[1] == image_id:
                found = Choice(match[2], match[3])
    return found


def end(path):
    """Return where a log ends now, in bytes: 0 when there is none."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def telling(path, start=0):
    """Return the last lines since ``start`` that tell what went wrong.

    The ones that speak of errors, or the last ones when none does.
    """
    try:
        with open(path, 'rb') as log:
            log.seek(start)
            text = log.read().decode(errors='replace')
    except FileNotFoundError:
        return []
    lines = [line for line in text.splitlines()
             if line.strip() and _ACCESS not in line]
    about_errors = [line for line in lines
                    if any(word in line for word in _TELLING)]
    return (about_errors or lines)[-_LINES:]
