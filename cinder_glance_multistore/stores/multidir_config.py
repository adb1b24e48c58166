"""What a ``multidir`` store's section says: directories, numbers, metadata.

Raises ``ValueError`` with a sentence that names the value.
"""

import json
import os
import re

from cinder_glance_multistore.transfer import leftovers


def parse_directories(values):
    """Return ``[(path, number), ...]`` of ``multidir_directories``.

    :raises ValueError: when one cannot be understood or comes twice
    """
    found = {}
    for value in values:
        parts = _split(value.strip())
        if len(parts) > 2:
            raise ValueError(
                f'multidir_directories has {value!r}: more than one colon. '
                f'Write <path>:<number>, and a colon in the path as "\\:"')
        _add(found, value, parts[0].strip(),
             parts[1].strip() if len(parts) == 2 else '')
    return list(found.items())


def _split(value):
    """Split at colons that no backslash stands before."""
    parts = ['']
    characters = iter(value)
    for character in characters:
        if character == '\\':
            parts[-1] += next(characters, character)
        elif character == ':':
            parts.append('')
        else:
            parts[-1] += character
    return parts


def parse_datadirs(values):
    """Return ``[(path, number), ...]`` of ``filesystem_store_datadirs``.

    As upstream reads them: no escapes, the last colon counts.
    """
    found = {}
    for value in values:
        path, _, number = value.strip().rpartition(':')
        if not path:
            path, number = number, ''
        _add(found, value, path.strip(), number.strip())
    return list(found.items())


def _add(found, value, path, number):
    if number and not re.fullmatch(r'[+-]?[0-9]+', number):
        raise ValueError(
            f'{number!r} in {value!r} is no number. Write <path>:<number>')
    if not os.path.isabs(path):
        raise ValueError(
            f'{path!r} in {value!r} is not an absolute path')
    # Two slashes at the beginning stay two with normpath().
    path = os.path.normpath('/' + path.lstrip('/'))
    number = int(number or 0)
    if found.get(path, number) != number:
        raise ValueError(
            f'{path} is named twice, with the numbers {found[path]} and '
            f'{number}')
    found[path] = number


def read_metadata(path):
    """Return the entries of a ``filesystem_store_metadata_file``.

    :returns: ``[{'id': ..., 'mountpoint': ..., ...}, ...]``
    :raises ValueError: when it is not JSON of that shape
    :raises OSError: when it cannot be read
    """
    with open(path, 'rb') as file:
        try:
            entries = json.load(file)
        except ValueError as exc:
            raise ValueError(f'{path} is not JSON: {exc}') from exc
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and _are_texts(entry)
            and isinstance(entry.get('id'), str)
            and isinstance(entry.get('mountpoint'), str)
            for entry in entries):
        raise ValueError(
            f'{path} must hold an object with the texts "id" and '
            f'"mountpoint", or a list of such objects')
    return entries


def _are_texts(value):
    """Glance takes texts, lists and objects for a location's metadata."""
    if isinstance(value, dict):
        return all(map(_are_texts, value.values()))
    if isinstance(value, list):
        return all(map(_are_texts, value))
    return isinstance(value, str)


def metadata_of(path, entries):
    """Return the entry whose mount point the file lies under, as a copy.

    By path component: ``/mnt/nfs1`` does not hold ``/mnt/nfs10`` (G6). The
    innermost counts. An empty one where none does.
    """
    def depth(entry):
        mount_point = os.path.normpath(entry['mountpoint'])
        if os.path.commonpath([path, mount_point]) != mount_point:
            return -1
        return len(mount_point)

    found = max((entry for entry in entries
                 if os.path.isabs(entry['mountpoint']) and depth(entry) >= 0),
                key=depth, default={})
    return dict(found)


def is_image_name(name):
    """Say whether a file of that name may be an image in a directory."""
    return (bool(name) and name not in ('.', '..')
            and '/' not in name and '\0' not in name
            and not name.startswith(leftovers.PREFIX)
            and len(os.fsencode(name)) <= 255)
