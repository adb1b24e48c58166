"""The bytes that are moved, and their digests."""

import contextlib
import hashlib
import os
import random
import tempfile

from cinder_glance_multistore.transfer import writers

MIB = 1 << 20


class Material:
    """A directory of its own with the sources; removed in the end.

    :param parent: where it is made; results are those of its file system
    :param size: bytes of a source
    """

    def __init__(self, parent, size):
        self.size = size
        self._temporary = tempfile.TemporaryDirectory(
            prefix='multistore-bench-', dir=parent)
        self.directory = self._temporary.name

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._temporary.cleanup()

    def path(self, name):
        """Return a path in the directory."""
        return os.path.join(self.directory, name)

    def random(self, size):
        """Return the path of ``size`` random bytes, and their digests."""
        return self._make(f'random-{size}', size, lambda: True)

    def mostly_zeros(self, holes):
        """Return a source of nine tenths zeros, with holes or written."""
        chooser = random.Random(1)  # noqa: S311 the same at every run
        return self._make(
            'holes' if holes else 'zeros', self.size,
            lambda: chooser.random() < 0.1, holes)

    def clones(self):
        """Tell whether the file system has reflinks."""
        source = self.path('clone-source')
        with open(source, 'wb') as file:
            file.write(bytes(MIB))
        try:
            with open(source, 'rb') as file, writers.AtomicFile(
                    self.path('clone'), durable=False) as clone:
                return clone.clone(file.fileno())
        finally:
            os.unlink(source)

    def _make(self, name, size, has_data, holes=False):
        path = self.path(name)
        md5 = hashlib.md5(usedforsecurity=False)
        sha512 = hashlib.sha512()
        # The same bytes at every run, and none like another.
        bits = random.Random(size)  # noqa: S311
        if not os.path.exists(path):
            with open(path, 'wb') as file:
                for offset in range(0, size, MIB):
                    take = min(MIB, size - offset)
                    if has_data():
                        file.write(bits.randbytes(take))
                    elif holes:
                        file.seek(take, os.SEEK_CUR)
                    else:
                        file.write(bytes(take))
                file.truncate(size)
                file.flush()
                # Not to be written in somebody's measurement.
                os.fsync(file.fileno())
        with open(path, 'rb') as file:
            while buf := file.read(MIB):
                md5.update(buf)
                sha512.update(buf)
        return path, (md5.hexdigest(), sha512.hexdigest())


def remove(path):
    """Remove a result; return what disk it took, in MiB."""
    with contextlib.suppress(FileNotFoundError):
        size = os.stat(path).st_blocks * 512
        os.unlink(path)
        return f'{size // MIB} MiB of disk'
    return None
