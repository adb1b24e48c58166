"""What a sandbox remembers between commands: ports, processes, schemas.
"""

import fcntl
import json
import os
import time
import uuid

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import layout as layouts


class State:
    """A JSON file, written in one step at every change.

    ``ports``: service -> port. ``processes``: service -> what
    :class:`processes.Process` remembers. ``schemas``: service -> the package
    versions its database was made by. ``small_size``: bytes of the small
    store's file system. ``small_refusal``: why there is none, or None.
    ``keystone``: whether it was made with Keystone, None before it was made.
    ``vcenter``: directory of the program of its vCenter, None where there is
    none. ``version``: the ``layout.VERSION`` that the files are of.
    """

    def __init__(self, path):
        self._path = path
        self.version = layouts.VERSION
        self.ports = {}
        self.processes = {}
        self.schemas = {}
        self.small_size = None
        self.small_refusal = None
        self.keystone = None
        self.vcenter = None
        self.load()

    def load(self):
        """Read the file anew; none, or a broken one, remembers nothing."""
        try:
            kept = json.loads(self._path.read_text(encoding='utf-8'))
        except (FileNotFoundError, ValueError):
            kept = {}
        # Releases before 2 did not write it.
        self.version = kept.get('version', 1) if kept else layouts.VERSION
        self.ports = kept.get('ports', {})
        self.processes = kept.get('processes', {})
        self.schemas = kept.get('schemas', {})
        self.small_size = kept.get('small_size')
        self.small_refusal = kept.get('small_refusal')
        # Releases that did not write it had none.
        self.keystone = kept.get('keystone', False) if kept else None
        self.vcenter = kept.get('vcenter')

    def save(self):
        files.write(self._path, json.dumps({
            'version': self.version,
            'ports': self.ports,
            'processes': self.processes,
            'schemas': self.schemas,
            'small_size': self.small_size,
            'small_refusal': self.small_refusal,
            'keystone': self.keystone,
            'vcenter': self.vcenter,
        }, indent=2) + '\n')


def identity(layout):
    """Return what marks the processes of this sandbox.

    :raises FileNotFoundError: it is no sandbox yet
    """
    return layout.marker.read_text(encoding='utf-8').strip()


def claim(layout):
    """Make the directory a sandbox, or find that it is one.

    :raises errors.NotASandbox: it holds files and no marker of ours
    """
    root = layout.root
    if layout.marker.is_file():
        return
    if root.exists() and not root.is_dir():
        raise errors.NotASandbox(root)
    if root.is_dir():
        # Another first command may be between its mkdir and its marker.
        others = {entry.name for entry in root.iterdir()}
        if others - {layout.marker.name, layout.marker.name + '.new',
                     layout.lock.name}:
            raise errors.NotASandbox(root)
    files.make_directory(root)
    with lock(layout):
        if not layout.marker.is_file():
            files.write(layout.marker, uuid.uuid4().hex + '\n')


class lock:
    """One command at a time works on a sandbox; the others wait.

    The kernel gives the lock back when its holder dies.

    :param patience: seconds to wait
    :raises errors.Busy: it was not to be had in that time
    """

    def __init__(self, layout, patience=180.0, waiting=None):
        self._layout = layout
        self._patience = patience
        self._waiting = waiting
        self._descriptor = None

    def __enter__(self):
        descriptor = os.open(
            self._layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
        started = time.monotonic()
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited = time.monotonic() - started
                if waited >= self._patience:
                    os.close(descriptor)
                    raise errors.Busy(self._layout.root, waited) from None
                if self._waiting and not told:
                    self._waiting()
                    told = True
                time.sleep(0.1)
        self._descriptor = descriptor
        return self

    def __exit__(self, *exc_info):
        os.close(self._descriptor)
        self._descriptor = None
