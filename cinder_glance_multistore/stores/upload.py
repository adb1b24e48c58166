"""One image on its way into a store of several places.
"""

import dataclasses
import logging

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.transfer import sources

LOG = logging.getLogger(__name__)

# Where the size is not known: bytes that are reserved at a time at most, and
# the share of a place that they are at most.
_STEP = 64 << 20
_SHARE = 64
_LEAST_STEP = 1 << 20

# More is reserved before less than this is left: what is read ahead of the
# writer, and a piece.
_MARGIN = 10 << 20


class Upload:
    """The bytes of one image, and the places they were tried in.

    :param data: what they are read from; a
        :class:`~..transfer.sources.Source`, not yet read from, is taken as
        it is
    :ivar name: the image's id
    :ivar size: bytes, or None when they are not known
    :ivar tried: ``{place: what went wrong there}``
    :ivar error: what went wrong in the last of them
    """

    def __init__(self, name, data, size, algorithm, verifier):
        self.name = name
        self.tried = {}
        self.error = None
        self.source = (data if isinstance(data, sources.Source)
                       else sources.Source(data, f'image {name}'))
        # Glance says 0 for an image whose size it does not know.
        self.size = self.source.size if size is None else size
        self.algorithm = algorithm
        self.verifier = verifier
        if verifier is not None:
            # It cannot be given the bytes a second time: a good signature
            # would be a bad one then.
            self.source.rewindable = False

    @property
    def source_error(self):
        """What reading the image raised, or None."""
        return self.source.error

    def seen(self, place):
        """Return the place as this upload sees it: not where it failed."""
        reason = self.tried.get(place.name)
        if reason is None or place.unusable:
            return place
        return dataclasses.replace(place, unusable=reason)

    def save(self, place, held):
        """Write the image into a place.

        :param held: the reservation of its bytes
        :returns: an object with ``size``, ``checksum`` and ``multihash``
        :raises FileExistsError: when there is an image of that id
        :raises UnknownAlgorithm: before anything is written
        :raises SourceChanged: when the source has not as many bytes
        :raises NoPlace: when it fills the place up in the middle
        :raises ReservationLost: when the room went to another
        :raises: what the source, the verifier or the place raised
        """
        raise NotImplementedError

    def failed(self, place, error):
        """Remember that a place could not take it."""
        self.error = error
        self.tried[place.name] = self.reason(error)

    def reason(self, error):
        """Return why a place could not take it, a clause for people."""
        raise NotImplementedError

    def is_full(self):
        """Say whether the last place failed for want of room."""
        return isinstance(self.error, placement_errors.PlacementError)

    def rewind(self):
        """Go back to the first byte.

        :raises NotRewindable: when bytes were read that cannot be had again
        """
        self.source.rewind()


class Account:
    """Keeps a reservation in step with the file that is written."""

    def __init__(self, place, held, size):
        self._place = place.name
        self._held = held
        self._grows = size is None
        self._step = max(_LEAST_STEP, min(_STEP, place.total // _SHARE))
        self._file = None
        self._counted = 0
        if self._grows:
            self._grow()

    def opened(self, file):
        """What is written to has a ``position``."""
        self._file = file

    def set_aside(self):
        """The bytes are missing from the place's free space already."""
        self._held.settle()

    def read(self, total):
        """``total`` bytes were read; as many will be written."""
        while self._grows and total + _MARGIN > self._held.size:
            try:
                self._grow()
            except placement_errors.NoPlace:
                if total > self._held.size:
                    raise
                break
        position = self._file.position
        self._held.shrink(position - self._counted)
        self._counted = position

    def _grow(self):
        try:
            self._held.grow(self._step, least=1)
        except placement_errors.LedgerUnavailable as exc:
            # That is no fault of the place: the rest goes on unpromised, as
            # an upload that begins now does.
            LOG.warning('No more is reserved for an upload to %s: %s',
                        self._place, exc)
            self._grows = False
