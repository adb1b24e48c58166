"""Build the simulator from the sources here and those of Debian.

``python -m tests.functional.vcenter.build`` prints the directory.
"""

import contextlib
import fcntl
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[2] / 'var' / 'vcenter'
GOPATH = Path('/usr/share/gocode')
GOVMOMI = GOPATH / 'src' / 'github.com' / 'vmware' / 'govmomi'
PACKAGE = 'golang-github-vmware-govmomi-dev'
#: Its simulator is no interface that stays: what we are written for.
VERSION = '0.24.'
#: Which of oslo.vmware's copies of the data types we answer with.
TYPES = '8.0'


class CannotBuild(Exception):
    """Something is not installed; the text says what."""


class BuildFailed(Exception):
    """The compiler's words."""


def why_not():
    """Return why the simulator cannot be built here, or None."""
    if not shutil.which('go'):
        return 'Go is not installed (Debian: golang-go)'
    if not (GOVMOMI / 'simulator').is_dir():
        return (f'the sources of govmomi are not in {GOVMOMI} '
                f'(Debian: {PACKAGE})')
    version = _debian_version()
    if version and not version.startswith(VERSION):
        return (f'it is written for govmomi {VERSION}x, and {PACKAGE} is '
                f'{version}')
    if not importlib.util.find_spec('oslo_vmware'):
        return 'oslo.vmware is not installed (pip: oslo.vmware)'
    return None


def built():
    """Return the directory of the program and its WSDL; built if need be.

    Callers in other processes wait for the one that builds.

    :raises CannotBuild: something is not installed
    :raises BuildFailed: it does not compile
    """
    reason = why_not()
    if reason:
        raise CannotBuild(reason)
    CACHE.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = CACHE / _fingerprint()
    with open(CACHE / 'lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _make(target)
    return target


def _make(target):
    with tempfile.TemporaryDirectory(dir=CACHE, prefix='making-') as making:
        made = Path(making, 'made')
        made.mkdir(mode=0o700)
        types = _types()
        for schema in types.glob('*.xsd'):
            shutil.copyfile(schema, made / schema.name)
        for program in ('genwsdl', 'vcsimd'):
            _run('go', 'build', '-trimpath', '-ldflags=-s -w', '-o', made / program, f'./{program}')
        _run(made / 'genwsdl', '-govmomi', GOVMOMI, '-xsd', types,
             '-out', made)
        (made / 'genwsdl').unlink()
        made.rename(target)
    for other in CACHE.iterdir():
        # What an older version of the sources made, and nobody runs.
        if other.is_dir() and other not in (target, CACHE / 'go'):
            _remove_if_old(other)


def _remove_if_old(directory):
    with contextlib.suppress(OSError):
        newest = max(os.stat(CACHE / 'lock').st_mtime,
                     os.stat(directory).st_mtime)
        if newest - os.stat(directory).st_mtime > 7 * 24 * 3600:
            shutil.rmtree(directory, ignore_errors=True)


def _run(*words):
    environment = dict(
        os.environ, GO111MODULE='off', GOPATH=str(GOPATH), GOFLAGS='',
        GOTOOLCHAIN='local', CGO_ENABLED='0')
    # Where HOME is not set Go has no place of its own.
    environment.setdefault('GOCACHE', str(CACHE / 'go'))
    done = subprocess.run(
        [str(word) for word in words], cwd=HERE, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BuildFailed(f'{Path(words[0]).name}: {done.stdout.strip()}')


def _fingerprint():
    """Return a name for what the build is made from."""
    digest = hashlib.sha256()
    for source in sorted(HERE.glob('*/*.go')):
        digest.update(f'{source.relative_to(HERE)}\0'.encode())
        digest.update(source.read_bytes() + b'\0')
    library = os.stat(GOVMOMI / 'vim25' / 'types' / 'types.go')
    digest.update(repr((
        library.st_size, library.st_mtime_ns, TYPES, _go_version(),
        importlib.metadata.version('oslo.vmware'))).encode())
    return digest.hexdigest()[:16]


def _types():
    package = Path(importlib.util.find_spec('oslo_vmware').origin).parent
    return package / 'wsdl' / TYPES


@functools.cache
def _go_version():
    return subprocess.run(
        ['go', 'version'], capture_output=True, text=True).stdout


@functools.cache
def _debian_version():
    if not shutil.which('dpkg-query'):
        return None
    return subprocess.run(
        ['dpkg-query', '--show', '--showformat=${Version}', PACKAGE],
        capture_output=True, text=True).stdout


if __name__ == '__main__':
    try:
        print(built())
    except (CannotBuild, BuildFailed) as error:
        print(f'There is no simulated vCenter: {error}.', file=sys.stderr)
        sys.exit(3)
