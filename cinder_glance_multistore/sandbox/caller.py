"""How whoever calls ``multistore-sandbox`` calls it again, and the clients.
"""

import os
from pathlib import Path
import shutil
import sys

# Says how ./run was called, by which nothing that it installs is on PATH.
RUN = 'MULTISTORE_RUN'


def program():
    """Return what a shell takes for this program."""
    name = 'multistore-sandbox'
    return os.environ.get(RUN) or (
        name if shutil.which(name)
        else str(shown(Path(sys.executable).with_name(name))))


def for_clients(directory):
    """Yield lines that say how the clients speak to a sandbox.

    :param directory: the sandbox's, as it is typed
    """
    yield 'For the clients, in a shell:'
    yield f'    eval "$({program()} env --dir {directory})"'
    if os.environ.get(RUN):
        yield 'A shell that has the clients too:'
        yield f'    {program()} shell --dir {directory}'


def shown(path):
    """Return a path as it is typed from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
