"""Directories and files that only their owner reads, whatever the umask.
"""

import os
from pathlib import Path
import shutil


def make_directory(path):
    """Make a directory of mode 0700, and its parents, unless it is there."""
    path = Path(path)
    if not path.parent.is_dir():
        make_directory(path.parent)
    path.mkdir(exist_ok=True)
    path.chmod(0o700)


def write(path, text):
    """Replace a file in one step: a reader sees the old text or the new.

    Mode 0600. A crash leaves the old file and at most a ``.new`` beside it.
    """
    path = Path(path)
    new = path.with_name(path.name + '.new')
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, 'w', encoding='utf-8') as stream:
        os.fchmod(descriptor, 0o600)
        stream.write(text)
    new.replace(path)


def copy(source, target):
    """Copy the bytes of a file to another of mode 0600."""
    descriptor = os.open(
        target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, 'wb') as output, open(source, 'rb') as data:
        os.fchmod(descriptor, 0o600)
        shutil.copyfileobj(data, output)


def open_log(path, rotate_at=64 * 1024 * 1024):
    """Open a log for appending, as bytes; the caller closes it.

    :param rotate_at: a log longer than this many bytes is put aside as
        ``.1`` first
    """
    path = Path(path)
    if path.exists() and path.stat().st_size > rotate_at:
        path.replace(path.with_name(path.name + '.1'))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.fchmod(descriptor, 0o600)
    return open(descriptor, 'ab')
