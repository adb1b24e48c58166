"""Whether what is installed here is what this package was made for.
"""

from importlib import metadata
import logging
import sys

# The package, the oldest version that works, and the first that nobody has
# tried.
_RANGES = (
    ('cinder', 24, 30),
    ('python-glanceclient', 4, 5),
    ('keystoneauth1', 5, 6),
)
_PYTHON = (3, 11)


def check():
    """Yield what is wrong with versions, and what was found."""
    if sys.version_info < _PYTHON:
        yield (logging.ERROR,
               f'Python {sys.version.split()[0]} is too old. Run the '
               f'services with Python 3.11 or newer.')
    found = []
    for name, oldest, untried in _RANGES:
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield (logging.ERROR,
                   f'{name} is not installed beside this package '
                   f'({sys.prefix}). Install both in one environment.')
            continue
        major = version.partition('.')[0]
        if not major.isdecimal():
            yield logging.WARNING, f'{name} has the odd version {version}.'
        elif int(major) < oldest:
            yield (logging.ERROR,
                   f'{name} {version} is too old. Upgrade it to {oldest} or '
                   f'newer.')
        elif int(major) >= untried:
            yield (logging.WARNING,
                   f'{name} {version} is newer than what this package was '
                   f'tested with. See if there is a newer release of it.')
        found.append(f'{name} {version}')
    yield logging.INFO, ', '.join(found)
