"""A reservation: bytes of a place that are promised to one upload.
"""

import logging
import os
import time

from cinder_glance_multistore.placement import errors

LOG = logging.getLogger(__name__)

# How much is written, and how long, before the ledger is told. What it has
# not been told is counted twice meanwhile: as promised and as used.
_TELL_BYTES = 8 * 1024 * 1024
_TELL_SECONDS = 0.5


class Reservation:
    """Bytes of a place that no other upload gets.

    A context manager: they are released at its end, however it ends. Used by
    one thread at a time. In a forked child it does nothing: it is the
    parent's.

    :ivar place: the :class:`~.places.Place`, as it was when it was taken
    :ivar choice: the :class:`~.choice.Choice` it was taken from, for logs
    :ivar key: what the bytes are, such as an image's id
    :ivar scope: the group of places, such as a store's id
    :ivar size: bytes promised in all
    :ivar remaining: bytes promised and not yet written
    """

    def __init__(self, ledger, id, place, choice, size, key, scope,
                 remeasure):
        self.id = id
        self.place = place
        self.choice = choice
        self.key = key
        self.scope = scope
        self.size = size
        self.remaining = size
        self.remeasure = remeasure
        self._ledger = ledger
        self._pid = os.getpid()
        self._untold = 0
        self._told_at = time.monotonic()
        self._over = False

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.release()

    def shrink(self, size):
        """Say that ``size`` more bytes are written, or need not be.

        The ledger is told from time to time, not at each call. When it
        cannot be told, the upload goes on: more is then held than needed.

        :raises ReservationLost: when the lease ran out and the room is gone
        """
        if self._inert:
            return
        size = min(size, self.remaining)
        self.remaining -= size
        self._untold += size
        now = time.monotonic()
        if self._untold and (
                self._untold >= _TELL_BYTES or not self.remaining
                or now - self._told_at >= _TELL_SECONDS):
            self._told_at = now
            try:
                self._ledger._shrink(self)
            except errors.LedgerUnavailable as exc:
                LOG.warning('%s holds more than it needs: %s',
                            self.key or self.id, exc)
            else:
                self._untold = 0

    def settle(self):
        """Say that the place itself has set the bytes aside.

        After ``fallocate``, all of them are missing from its free space.

        :raises ReservationLost: when the lease ran out and the room is gone
        """
        self.shrink(self.remaining)

    def grow(self, size, least=None):
        """Get up to ``size`` more bytes of the same place.

        :param least: bytes with which the caller can do; ``size`` by default
        :returns: how many it got
        :raises NoPlace: when it cannot give ``least``
        :raises ReservationLost: when the lease ran out and the room is gone
        :raises LedgerUnavailable: when the ledger cannot be asked
        """
        if self._inert:
            raise RuntimeError('this reservation has ended, or is that of '
                               'a parent process')
        granted = self._ledger._grow(
            self, size, size if least is None else least)
        self.size += granted
        self.remaining += granted
        self._untold = 0
        return granted

    def release(self):
        """End: promise nothing any more. Nothing happens the second time.

        Whatever is written by now is missing from the place's free space;
        a file that is to go away should go before.
        """
        if self._inert:
            return
        self._over = True
        try:
            self._ledger._end(self)
        except errors.LedgerUnavailable as exc:
            LOG.warning('%s is released late: %s', self.key or self.id, exc)

    @property
    def _inert(self):
        return self._over or self._pid != os.getpid()
