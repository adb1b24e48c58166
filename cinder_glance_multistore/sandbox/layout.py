"""Where everything of a sandbox is: one directory, one place for each thing.
"""

import hashlib
from pathlib import Path

#: Glance's stores, id -> type. The image schema lists an image's stores in
#: the order of ``enabled_backends``, and tempest expects them sorted.
STORES = {
    'cheap': 'multidir',
    'fast': 'multidir',
    'reliable': 'file',
    'small': 'file',
    'web': 'http',
}
#: The directories of each store of type ``multidir``, in a directory of the
#: store's own, by weight: name -> weight.
DIRECTORIES = {
    'cheap': {'a': 100, 'b': 100},
    'fast': {'a': 200, 'b': 100},
}
#: By which policy a store of type ``multidir`` chooses. Directories of one
#: weight and one disk have the same room, so these take turns.
POLICIES = {'cheap': 'round-robin', 'fast': 'weight'}
#: In which order Glance reads an image that is in several, higher first. As
#: the names are ordered, since tempest expects both.
WEIGHTS = {'cheap': 50, 'fast': 40, 'reliable': 30, 'small': 20, 'web': 10}
DEFAULT_STORE = 'reliable'
#: The store on datastores of a vCenter: there only where the sandbox has one.
VCENTER_STORE = 'vc'
#: Its datastores, of the datacenter DC0: name -> weight. The first is full.
DATASTORES = {'gold': 300, 'silver': 200, 'bronze': 100}
DATACENTER = 'DC0'
SMALL_STORE = 'small'

#: Which arrangement of files this is, higher at each change after which an
#: older sandbox cannot be started: 2 since there are ``DIRECTORIES``.
VERSION = 2

#: The name of the one volume backend, and of its host in Cinder's database.
BACKEND = 'files'
HOST = 'sandbox'
#: Who asks Cinder, which believes every caller. Of hexadecimal digits, since
#: Cinder takes nothing else for a project in a path.
USER = 'ad' * 16
PROJECT = 'de' * 16
#: What the NFS driver takes for its share. A name, nothing is mounted.
SHARE = ('sandbox', '/volumes')


class Layout:
    """Paths below ``root``, which is absolute and free of symbolic links."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.marker = self.root / '.multistore-sandbox'
        self.lock = self.root / '.lock'
        self.state = self.root / 'state.json'
        self.clouds = self.root / 'clouds.yaml'
        self.passwords = self.root / 'passwords.json'
        self.tempest_config = self.root / 'tempest' / 'tempest.conf'
        self.temporary = self.root / 'tmp'
        self.small_kept = self.root / 'stores' / f'{SMALL_STORE}.kept'

    def config_dir(self, service):
        return self.root / 'etc' / service

    def database(self, service):
        return self.root / 'db' / f'{service}.sqlite'

    def log(self, service):
        return self.root / 'log' / f'{service}.log'

    def data(self, service):
        """Return the directory of a service's own files."""
        return self.root / 'data' / service

    def openrc(self, user):
        """Return what a shell reads to be a user, where there is Keystone."""
        return self.root / f'openrc-{user}'

    def store(self, store_id):
        """Return the directory that all images of a store are below."""
        return self.root / 'stores' / store_id

    def reservations(self):
        """Return the ledger of bytes promised in stores of ``multidir``."""
        return self.data('glance') / 'reservations.sqlite'

    def volumes(self, service):
        """Return the directory of the volume files of a Cinder.

        os-brick names a mount point by the MD5 of the share's name, and
        Cinder's check of backing files wants such a name.
        """
        share = ':'.join(SHARE).encode()
        name = hashlib.md5(share, usedforsecurity=False).hexdigest()
        return self.data(service) / 'mnt' / name

    def directories(self, services):
        """Yield every directory that must exist before services start."""
        for name in ('db', 'log', 'stores', 'tmp'):
            yield self.root / name
        for store_id, kind in STORES.items():
            if kind != 'http':
                yield self.store(store_id)
            for name in DIRECTORIES.get(store_id, ()):
                yield self.store(store_id) / name
        for service in services:
            yield self.config_dir(service)
            yield self.data(service)
        for name in ('cache', 'lock', 'staging', 'tasks'):
            yield self.data('glance') / name
        for service in services:
            if service not in ('vcenter', 'keystone', 'glance'):
                yield self.volumes(service)
                for name in ('conversion', 'coordination', 'lock'):
                    yield self.data(service) / name
