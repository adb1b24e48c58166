"""From a source to a file: hashed, whole, or not there at all.

This is a store driver's ``add``, less the choice of the place and the store's
own errors.
"""

import dataclasses
import functools
import io

from cinder_glance_multistore.transfer import hashes
from cinder_glance_multistore.transfer import native
from cinder_glance_multistore.transfer import pipeline
from cinder_glance_multistore.transfer import sources
from cinder_glance_multistore.transfer import writers


@dataclasses.dataclass(frozen=True)
class Saved:
    """What stands under the final name.

    :ivar size: bytes
    :ivar checksum: hexadecimal md5
    :ivar multihash: hexadecimal digest of the algorithm asked for
    :ivar cloned: whether it shares the source's blocks (reflink)
    """

    size: int
    checksum: str
    multihash: str
    cloned: bool = False


def save(source, path, *, algorithm='sha512', verifier=None, size=None,
         mode=None, durable=True, preallocate=True, sparse=False,
         opened=None, cancelled=None, progress=None,
         max_memory=pipeline.MAX_MEMORY):
    """Save all bytes of a source as a file, and return their hashes.

    On any failure nothing is left, neither under the final name nor under
    the temporary one. A regular file on a file system with reflinks (XFS,
    btrfs) is cloned, and what is hashed is the clone.

    :param source: a :class:`~.sources.Source`, not yet read from
    :param path: the final name; its directory must exist
    :param algorithm: the hash beside md5, a name of hashlib
    :param verifier: an object whose ``update(buf)`` is given every byte in
        order, in any thread; or None
    :param size: bytes the source must have; None for what the source says
    :param mode: permission bits; None for 0666 less the umask
    :param durable: whether file and name are on the disk on return
    :param preallocate: whether the disk is set aside before the first byte
    :param sparse: whether zeros take no disk (thin provisioning)
    :param opened: called with the :class:`~.writers.AtomicFile` when its disk
        is set aside, before the first byte; its ``position`` and
        ``preallocated`` say later how far it is
    :param cancelled: called between pieces; a true answer ends it
    :param progress: called with the bytes read so far; a file that is
        cloned takes no more disk, and may be hashed without a call
    :param max_memory: bytes held in memory at most
    :returns: :class:`Saved`
    :raises UnknownAlgorithm: before anything is written
    :raises FileExistsError: if the final name is taken; nothing is replaced
    :raises SourceChanged: if the source has not ``size`` bytes
    :raises Cancelled: if ``cancelled`` said so
    :raises OSError: of the call that failed: ENOSPC, EDQUOT, EIO ...
    :raises: what the source or the verifier raised, the same object
    """
    digests = hashes.Digests(algorithm, verifier)
    lanes = digests.lanes()
    if size is None:
        size = source.size
    with writers.AtomicFile(path, size=size, mode=mode, durable=durable,
                            preallocate=preallocate, sparse=sparse) as file:
        fd = source.whole_file()
        cloned = fd is not None and file.clone(fd)
        if cloned:
            # What nobody else can change or cut short by now.
            source = sources.Source(
                io.FileIO(file.fileno(), closefd=False), source.name)
        else:
            file.reserve()
            lanes.insert(0, pipeline.writer_lane(file))
        if opened is not None:
            opened(file)
        if cloned and verifier is None and cancelled is None:
            # Nothing of the caller's is called: no green thread is needed,
            # and the hub is not held up by the disk.
            found = native.run(functools.partial(
                pipeline.run, source, lanes, size=size,
                max_memory=max_memory))
        else:
            found = pipeline.run(
                source, lanes, size=size, cancelled=cancelled,
                progress=progress, max_memory=max_memory)
        file.commit()
    return Saved(found, digests.checksum, digests.multihash, cloned)
