"""One image on its way into a ``multidir`` store.
"""

import dataclasses
import errno
import os

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement.places import human
from cinder_glance_multistore.transfer import files
from cinder_glance_multistore.transfer import sources

# Where the size is not known: bytes that are reserved at a time at most, and
# the share of a place that they are at most.
_STEP = 64 << 20
_SHARE = 64
_LEAST_STEP = 1 << 20

# More is reserved before less than this is left: what is read ahead of the
# writer, and a piece.
_MARGIN = 10 << 20


class _Source(sources.Source):
    """A source that remembers what it raised.

    An ``OSError`` of the sender's connection is not one of the disk.
    """

    error = None

    def read(self, size):
        try:
            return super().read(size)
        except BaseException as exc:
            self.error = exc
            raise


class Upload:
    """The bytes of one image, and the places they were tried in.

    :ivar name: the image's id
    :ivar size: bytes, or None when they are not known
    :ivar tried: ``{place: what went wrong there}``
    :ivar error: what went wrong in the last of them
    """

    def __init__(self, name, data, size, algorithm, verifier, **how):
        self.name = name
        self.tried = {}
        self.error = None
        self._source = _Source(data, f'image {name}')
        # Glance says 0 for an image whose size it does not know.
        self.size = self._source.size if size is None else size
        self._algorithm = algorithm
        self._verifier = verifier
        self._how = how
        self._file = None

    @property
    def source_error(self):
        """What reading the image raised, or None."""
        return self._source.error

    def seen(self, place):
        """Return the place as this upload sees it: not where it failed."""
        reason = self.tried.get(place.name)
        if reason is None or place.unusable:
            return place
        return dataclasses.replace(place, unusable=reason)

    def save(self, place, held):
        """Write the image into a place.

        :param held: the reservation of its bytes
        :returns: :class:`~..transfer.files.Saved`
        :raises: what :func:`~..transfer.files.save` raises
        :raises NoPlace: when it fills the place up in the middle
        :raises ReservationLost: when the room went to another
        """
        self._file = None
        account = _Account(place, held, self.size)
        if self.size is None:
            account.begin()

        def opened(file):
            self._file = file
            account.opened(file)

        return files.save(
            self._source, os.path.join(place.name, self.name),
            algorithm=self._algorithm, verifier=self._verifier,
            size=self.size, opened=opened, progress=account.read, **self._how)

    def failed(self, place, error):
        """Remember that a place could not take it."""
        self.error = error
        written = human(self._file.position if self._file else 0)
        if isinstance(error, placement_errors.PlacementError) or (
                error.errno in (errno.ENOSPC, errno.EDQUOT)):
            reason = f'was full after {written} of it were written'
        else:
            what = error.strerror or str(error)
            reason = f'failed after {written} of it were written: {what}'
        self.tried[place.name] = reason

    def rewind(self):
        """Go back to the first byte.

        :raises NotRewindable: when bytes were read that cannot be had again
        """
        self._source.rewind()


class _Account:
    """Keeps a reservation in step with the file that is written."""

    def __init__(self, place, held, size):
        self._held = held
        self._grows = size is None
        self._step = max(_LEAST_STEP, min(_STEP, place.total // _SHARE))
        self._file = None
        self._counted = 0

    def begin(self):
        self._held.grow(self._step, least=1)

    def opened(self, file):
        self._file = file
        if file.preallocated or file.position:
            # Set aside by the file system itself, or cloned: no disk at all.
            self._held.settle()

    def read(self, total):
        """``total`` bytes were read; as many will be written."""
        while self._grows and total + _MARGIN > self._held.size:
            try:
                self._held.grow(self._step, least=1)
            except placement_errors.NoPlace:
                if total > self._held.size:
                    raise
                break
        position = self._file.position
        self._held.shrink(position - self._counted)
        self._counted = position
