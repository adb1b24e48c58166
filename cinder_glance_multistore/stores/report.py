"""What a store tells of its places, to whoever shows it to an operator.

A driver that is made of places (directories, datastores) inherits
:class:`TellsPlaces` and says how they are measured; the filter in glance-api
and ``multistore-places`` do the rest.
"""

import dataclasses
import logging

from cinder_glance_multistore.placement import errors as placement_errors

LOG = logging.getLogger(__name__)

USABLE = 'usable'
LEFT_OUT = 'left out'


@dataclasses.dataclass(frozen=True)
class PlaceReport:
    """A place of a store, as it is now. Sizes are bytes.

    :ivar name: what the operator calls it
    :ivar weight: the operator's number
    :ivar free, total: None where the place cannot be used
    :ivar reserved: bytes of it that uploads under way have yet to write;
        None where the reservations cannot be read
    :ivar state: :data:`USABLE` or :data:`LEFT_OUT`
    :ivar reason: why it is left out, or ''
    """

    name: str
    weight: int
    free: int | None
    total: int | None
    reserved: int | None
    state: str
    reason: str


class NoSuchPlace(Exception):
    """
    :ivar known: the names of the places that there are
    """

    def __init__(self, known):
        self.known = list(known)


class CannotBeListed(Exception):
    """The text says why.

    :ivar locations: what is common to the locations of its images, a clause
    """

    def __init__(self, reason, locations):
        super().__init__(reason)
        self.locations = locations


class TellsPlaces:
    """A driver's part of discovery.

    Needs ``ledger``, the :class:`~..placement.ledger.Ledger` of the store's
    reservations, or None where it has none.
    """

    ledger = None

    def measured_places(self):
        """Return the :class:`~..placement.places.Place` of each place, now.

        To be overridden. It may take as long as a place may take to answer.
        A place that does not answer, or is gone, is in the list with its
        reason in ``unusable``. What keeps all places from being asked (no
        connection to the vCenter) is raised.
        """
        raise NotImplementedError

    def images_in(self, name):
        """Return the names of the images that lie in a place, in any order.

        To be overridden. Reads only.

        :param name: the place's, as in :meth:`measured_places`
        :raises NoSuchPlace: when there is none of that name
        :raises CannotBeListed: when it is gone, hangs or may not be read
        """
        raise NotImplementedError

    def end(self):
        """End what is kept for the next use, or waits to be done.

        For who does not use the driver again.
        """

    def places(self):
        """Return a list of :class:`PlaceReport`, as things are now.

        Reads only. It may block for as long as the slowest place may take;
        call it where that does not matter.

        :raises: what :meth:`measured_places` raises
        """
        places = self.measured_places()
        try:
            reserved = reserved_bytes(self.ledger)
        except placement_errors.LedgerUnavailable as exc:
            LOG.warning('What is promised to uploads is not known: %s', exc)
            reserved = None
        return [describe(place, reserved) for place in places]


def reserved_bytes(ledger):
    """Return ``{place's name: bytes}`` promised and not written yet.

    :param ledger: a ``Ledger``, or None
    :raises LedgerUnavailable: when it cannot be read
    """
    reserved = {}
    # Reading would make its database, perhaps for another user.
    if ledger is not None and ledger.exists():
        for promise in ledger.promises():
            reserved[promise.place] = (
                reserved.get(promise.place, 0) + promise.remaining)
    return reserved


def describe(place, reserved):
    """Return the :class:`PlaceReport` of a measured place.

    :param reserved: what :func:`reserved_bytes` returned, or None
    """
    usable = not place.unusable
    return PlaceReport(
        name=place.name, weight=place.weight,
        free=place.free if usable else None,
        total=place.total if usable else None,
        reserved=None if reserved is None else reserved.get(place.name, 0),
        state=USABLE if usable else LEFT_OUT, reason=place.unusable)
