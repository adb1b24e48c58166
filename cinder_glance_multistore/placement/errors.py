"""What can go wrong when a place is looked for.

::

    PlacementError
    ├── NoPlace            nothing takes these bytes; says why, place by place
    ├── PolicyError
    │   ├── UnknownPolicy  no entry point has that name
    │   └── BadPolicy      a policy's answer cannot be used
    └── LedgerError
        ├── LedgerUnavailable  the database cannot be asked
        └── ReservationLost    the lease ran out, and the room went to another
"""

import difflib

from cinder_glance_multistore.placement.places import human
from cinder_glance_multistore.placement.places import human_exact
from cinder_glance_multistore.placement.places import listed


class PlacementError(Exception):
    """Base of everything this room raises."""


class NoPlace(PlacementError):
    """No place takes the bytes.

    :ivar size: bytes asked for, or None when the size is not known
    :ivar left_out: a :class:`~.places.LeftOut` for every place offered, in
        the order they were offered
    """

    def __init__(self, size, left_out):
        self.size = size
        self.left_out = tuple(left_out)
        what = ('an upload of unknown size' if size is None
                else human_exact(size))
        if not self.left_out:
            text = (f'No place for {what}: none is configured. Name at least '
                    f'one.')
        else:
            reasons = listed(str(entry) for entry in self.left_out)
            text = f'No place for {what}. {reasons}. {self._remedy()}'
        super().__init__(text)

    def _remedy(self):
        full = [entry for entry in self.left_out if not entry.place.unusable]
        if not full:
            return 'Bring one of them back, or add one.'
        if self.size is not None and any(
                entry.room + entry.promised >= self.size for entry in full):
            return ('Try again when an upload under way has ended, free '
                    'space, or add a place.')
        return 'Free space, or add a place.'


class PolicyError(PlacementError):
    """Base of what is wrong with a policy."""


class UnknownPolicy(PolicyError):
    """No policy has that name.

    :ivar name: what was asked for
    :ivar known: the names there are
    """

    def __init__(self, name, known):
        self.name = name
        self.known = tuple(sorted(known))
        near = difflib.get_close_matches(str(name), self.known, 1)
        hint = f' Did you mean {near[0]!r}?' if near else ''
        super().__init__(
            f'There is no placement policy {name!r}. Known are: '
            f'{", ".join(self.known)}.{hint}')


class BadPolicy(PolicyError):
    """A policy cannot be loaded, or answers what it may not.

    :ivar name: the policy
    """

    def __init__(self, name, why):
        self.name = name
        super().__init__(f'The placement policy {name!r} {why}')


class LedgerError(PlacementError):
    """Base of what goes wrong with reservations."""


class LedgerUnavailable(LedgerError):
    """The ledger's database cannot be asked.

    :ivar url: where it is, without a password
    """

    def __init__(self, url, why):
        self.url = url
        super().__init__(
            f'The ledger of reservations at {url} cannot be used: {why} '
            f'Check that it is there, reachable and writable by this user.')


class ReservationLost(LedgerError):
    """The lease of a reservation ran out, and its room is not there any more.

    The bytes not yet written have no promise; the holder stops, or reserves
    elsewhere.

    :ivar place: the place's name
    :ivar remaining: bytes that were still to be written
    """

    def __init__(self, place, remaining):
        self.place = place
        self.remaining = remaining
        super().__init__(
            f'The reservation in {place} ran out while this process was '
            f'stopped or cut off, and the {human(remaining)} it still held '
            f'are not free any more.')
