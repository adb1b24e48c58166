"""What the sandbox needs from the machine: programs, packages, environment.
"""

import importlib.metadata
import importlib.util
import os
from pathlib import Path
import shutil
import sys
import sysconfig

from cinder_glance_multistore.sandbox import errors

_EXTRA = "Install it with: pip install 'cinder-glance-multistore[sandbox]'"
_PACKAGES = {
    'cinder': _EXTRA,
    'glance': _EXTRA,
    'pyuwsgi': _EXTRA,
}
_KEYSTONE = ("Install it with: "
             "pip install 'cinder-glance-multistore[sandbox,keystone]'")
_PROGRAMS = {
    'qemu-img': 'Cinder needs it for every image. It is in the package '
                'qemu-utils (Debian, Ubuntu) or qemu-img (Fedora, CentOS).',
}
# How Python and the loader find code; nothing else of the caller's
# environment (proxies, CA bundles, OS_*) reaches a service.
_PASSED_ON = ('LD_LIBRARY_PATH', 'PYTHONPATH', 'TZ')
_DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


def check(keystone=False):
    """Check that all that a sandbox needs is installed.

    :param keystone: Keystone too
    :raises errors.MissingRequirement: names it, and how to get it
    """
    packages = _PACKAGES | ({'keystone': _KEYSTONE} if keystone else {})
    for name, remedy in packages.items():
        if importlib.util.find_spec(name) is None:
            raise errors.MissingRequirement(
                f'The Python package {name}', remedy)
    for name, remedy in _PROGRAMS.items():
        if program(name) is None:
            raise errors.MissingRequirement(f'The program {name}', remedy)


def program(name):
    """Return the path of a program, or None."""
    return shutil.which(name, path=_search_path())


def environment(layout):
    """Return the environment of a service: the same from any shell."""
    clean = {name: os.environ[name] for name in _PASSED_ON
             if name in os.environ}
    here = Path(__file__).resolve().parents[2]
    if here not in [Path(path) for path in
                    (sysconfig.get_path('purelib'),
                     sysconfig.get_path('platlib'))]:
        # Run from a checkout, installed or not: services run the same code.
        clean['PYTHONPATH'] = os.pathsep.join(
            filter(None, [str(here), clean.get('PYTHONPATH')]))
    return clean | {
        'HOME': str(layout.root),
        'LC_ALL': 'C.UTF-8',
        'PATH': _search_path(),
        'PYTHONUNBUFFERED': '1',
        'TMPDIR': str(layout.temporary),
    }


def python(*arguments):
    """Return a command for this interpreter.

    ``-P``: without the working directory on the path, where a folder named
    ``cinder`` could be taken for the package.
    """
    return [sys.executable, '-P', *arguments]


def versions(*names):
    """Return the versions of installed packages, as one string."""
    return ' '.join(
        f'{name}-{importlib.metadata.version(name)}' for name in names)


def shipped(package, name):
    """Return the path of a file that a package installs, like its paste.ini.

    :param name: the path as packaged, for example
        ``etc/cinder/api-paste.ini``
    :raises errors.MissingRequirement: the package came without it
    """
    for path in importlib.metadata.files(package) or []:
        if path.as_posix().endswith(name):
            located = Path(path.locate()).resolve()
            if located.is_file():
                return located
    raise errors.MissingRequirement(
        f'The file {name} of {package}',
        'It is part of the wheel on PyPI; install that one.')


def _search_path():
    own = str(Path(sys.executable).parent)
    return os.pathsep.join([own, os.environ.get('PATH') or _DEFAULT_PATH])
