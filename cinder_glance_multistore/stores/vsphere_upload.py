"""One image on its way into a ``vsphere`` store.

It is written under a temporary name, its size is asked of the server, and
then it gets its own: what stands under an image's id is whole.
"""

import collections
import dataclasses
import errno
import logging
import os
import time

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement.places import human
from cinder_glance_multistore.stores import later
from cinder_glance_multistore.stores import upload
from cinder_glance_multistore.transfer import hashes
from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.transfer import native
from cinder_glance_multistore.transfer import pipeline
from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import files

LOG = logging.getLogger(__name__)

# HTTP's word for a full disk; what the vCenters of this world say is not
# known for all of them.
_FULL = 507
_UNAUTHORIZED = 401
_NOT_FOUND = 404

# Seconds between looks for a file that was just written.
_LOOKS = (0.1, 0.5, 2.0, None)

#: Seconds after which a file that may come late, or could not be deleted, is
#: deleted (again).
DELETE_AGAIN = (1.0, 5.0, 30.0, 120.0, 600.0)

_RELEASES = later.Later('multistore-releases')


@dataclasses.dataclass(frozen=True)
class Saved:
    """What stands under the final name."""

    size: int
    checksum: str
    multihash: str


class Upload(upload.Upload):
    """
    :param session: a :class:`~..vsphere.session.Session`
    :param files: its :class:`~..vsphere.files.Files`
    :param locate: a function from a place's name to its
        :class:`~..vsphere.inventory.Datastore` and the image's
        :class:`~..vsphere.files.Path` there
    :param folders: the datastores whose folder is there, which grows
    :param deletions: a :class:`~.later.Later` for what cannot be deleted now
    :ivar fresh: what the vCenter said before this, of ``time.monotonic()``,
        is too old for this upload; or None
    """

    def __init__(self, name, data, size, algorithm, verifier, *, session,
                 files, locate, folders, deletions):
        super().__init__(name, data, size, algorithm, verifier)
        self.fresh = None
        self._session = session
        self._files = files
        self._locate = locate
        self._folders = folders
        self._deletions = deletions
        self._put = None

    def save(self, place, held):
        try:
            return self._write(place, held)
        except errors.HTTPFailed as exc:
            if exc.status not in (_UNAUTHORIZED, _NOT_FOUND) or not (
                    self.source.rewindable or not self.source.consumed):
                raise
            if exc.status == _UNAUTHORIZED:
                # The session has ended since it was asked for.
                self._session.renew(self._cookie)
            else:
                # Somebody removed the folder.
                self._folders.discard(self._locate(place.name)[0].url)
        self.source.rewind()
        return self._write(place, held)

    def _write(self, place, held):
        self._put = None
        digests = hashes.Digests(self.algorithm, self.verifier)
        datastore, final = self._locate(place.name)
        account = upload.Account(place, held, self.size)
        self._make_folder(datastore, final)
        temporary = final.named(leftovers.new_name(self.name))
        asked = seen = False
        try:
            self._cookie = self._session.cookie()
            asked = True
            self._put = put = self._files.put(temporary, self.size)
            account.opened(put)
            found = self._send(put, digests.lanes(), account)
            put.finish()
            self._check_size(temporary, found)
            seen = True
            self._files.move(temporary, self.name, datastore.datacenter_ref,
                             found)
        except BaseException as exc:
            if self._put is not None:
                self._put.abort()
            taken = isinstance(exc, files.FileThere)
            if asked and not self._was_refused(exc):
                remove(self._files, temporary, datastore.datacenter_ref,
                       self._deletions, late=not seen,
                       moved=(final, found) if seen and not taken else None)
            else:
                leftovers.forget(temporary.name)
            if taken:
                raise FileExistsError(
                    errno.EEXIST, os.strerror(errno.EEXIST),
                    str(final)) from exc
            raise
        leftovers.forget(temporary.name)
        return Saved(found, digests.checksum, digests.multihash)

    def _was_refused(self, error):
        """Say whether the server took no byte, so that there is no file."""
        return self._put is None and (
            getattr(error, 'status', None) is not None)

    def _make_folder(self, datastore, final):
        if datastore.url in self._folders:
            return
        try:
            self._files.make_folder(final, datastore.datacenter_ref)
        except errors.VSphereError:
            # Not everywhere may it be made so (vSAN), and it may be there:
            # what the datastore says to the file is what counts.
            return
        self._folders.add(datastore.url)

    def _send(self, put, lanes, account):
        source = self.source
        if native.is_green():
            # Sockets of eventlet are for green threads only.
            source = _Sending(source, put, self.size)
        else:
            lanes.insert(0, pipeline.writer_lane(put))
        return pipeline.run(source, lanes, size=self.size,
                            progress=account.read)

    def _check_size(self, path, size):
        for pause in _LOOKS:
            try:
                found = self._files.size(path)
                break
            except files.FileMissing as exc:
                if pause is None:
                    raise errors.HTTPFailed(
                        f'{path} was written', why='and is not there'
                    ) from exc
            time.sleep(pause)
        if found != size:
            raise errors.HTTPFailed(
                f'{path} was written',
                why=f'{size} bytes were sent and {found} are there')

    def reason(self, error):
        written = human(self._put.position if self._put else 0)
        if self._is_full(error):
            return f'was full after {written} of it were written'
        if getattr(error, 'status', None) == _UNAUTHORIZED:
            return (f'took {written} of it before the vCenter had ended the '
                    f'session')
        return f'failed after {written} of it were written: {error}'

    def is_full(self):
        return self._is_full(self.error)

    @staticmethod
    def _is_full(error):
        return isinstance(error, placement_errors.PlacementError) or (
            getattr(error, 'status', None) == _FULL) or (
            getattr(error, 'name', None) == 'NoDiskSpace')


class _Sending:
    """A source that sends what is read of it, in the same thread."""

    def __init__(self, source, put, size):
        self._source = source
        self._put = put
        self._left = size
        self.name = source.name

    def hole(self):
        return self._source.hole()

    def skip(self, size):
        self._source.skip(size)
        self._put.skip(size)

    def read(self, size):
        buf = self._source.read(size)
        if self._left is not None:
            self._left -= len(buf)
            if self._left < 0:
                # It is refused by whoever reads; the server said how many
                # bytes it waits for.
                return buf
        self._put.write(buf)
        return buf


def remove(files_, path, datacenter_ref, deletions, late=False, moved=None,
           delays=DELETE_AGAIN):
    """Delete a temporary file, in the background if it cannot be done now.

    Its name counts as a live upload's until then, so that nobody else
    deletes it.

    :param deletions: a :class:`~.later.Later` for that
    :param late: whether the vCenter may make the file after it was told to
        delete it, as of an upload that was broken off: it is looked for
        again, however this ends
    :param moved: the name that it was to get and its bytes, where it is not
        known whether it did: a file that was there, and is gone without our
        doing, did. It gets its temporary name back first, which is never
        another upload's
    """
    again = late
    try:
        if moved is not None and _is_gone(files_, path):
            final, size = moved
            try:
                files_.move(final, path.name, datacenter_ref, size)
            except errors.VSphereError:
                if not _is_gone(files_, final):
                    raise
                # What was moved back late is looked for again.
                again = True
            moved = None
        try:
            files_.delete(path, datacenter_ref)
        except errors.Unreachable:
            # It may be done: that it is gone says nothing any more.
            moved = None
            raise
        moved = None
    except files.FileMissing:
        # It was there a moment ago: the vCenter has moved it since.
        again = again or moved is not None
    except errors.VSphereError as exc:
        again = True
        LOG.info('%s is not deleted yet: %s', path, exc)
    if again and delays:
        deletions.call(delays[0], remove, files_, path, datacenter_ref,
                       deletions, late, moved, delays[1:])
        return
    if moved is not None:
        LOG.warning('%s is left of an upload that failed, and belongs to no '
                    'image', moved[0])
    leftovers.forget(path.name)


def _is_gone(files_, path):
    try:
        files_.size(path)
    except files.FileMissing:
        return True
    return False


class Lagging:
    """A reservation that counts what was just written as not yet written.

    What the vCenter said of a datastore's free space is used for ``lag``
    seconds, here and on other hosts. What was written since is missing from
    it only in truth, so it stays promised for so long.

    :param held: a :class:`~..placement.reservation.Reservation`
    """

    def __init__(self, held, lag):
        self._held = held
        self._lag = lag
        self._written = collections.deque()
        self.place = held.place
        self.choice = held.choice

    def __enter__(self):
        return self

    def __exit__(self, kind, *exc_info):
        if kind is None and self._lag and self._written:
            _RELEASES.call(self._lag, self._held.release)
        else:
            self._held.release()

    @property
    def size(self):
        return self._held.size

    def grow(self, size, least=None):
        return self._held.grow(size, least)

    def shrink(self, size):
        now = time.monotonic()
        self._written.append((now, size))
        seen = 0
        while self._written and self._written[0][0] <= now - self._lag:
            seen += self._written.popleft()[1]
        if seen:
            self._held.shrink(seen)
