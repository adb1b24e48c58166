"""What a place is: somewhere that bits can go, as it was measured.
"""

import dataclasses
from typing import NamedTuple

#: The trait of a place that has this image's bits already.
HOLDS_IMAGE = 'holds-image'

#: Places that a text names at most. A store may have hundreds.
LISTED = 20

_UNITS = ('bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB')


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A directory, a datastore or a store, as it was measured.

    :ivar name: what the operator calls it; unique among the places offered
    :ivar free: bytes that could be written when it was measured
    :ivar total: bytes it has, free or not
    :ivar weight: the operator's number; each policy says what it means
    :ivar unusable: why nothing can be written to it, or '' when it is usable
    :ivar keep_free: bytes of ``free`` that no upload may take
    :ivar space: what the bytes are taken from; two directories on one file
        system are two places with one space. The name, unless given.
    :ivar traits: what else is known of it, such as :data:`HOLDS_IMAGE`
    """

    name: str
    free: int
    total: int
    weight: int = 0
    unusable: str = ''
    keep_free: int = 0
    space: str = ''
    traits: frozenset = frozenset()

    def __post_init__(self):
        if not self.name:
            raise ValueError('a place needs a name')
        if self.free < 0 or self.total < 0 or self.keep_free < 0:
            raise ValueError(
                f'place {self.name}: free, total and keep_free are bytes, '
                f'0 or more')
        if not self.space:
            object.__setattr__(self, 'space', self.name)


class Candidate(NamedTuple):
    """A place that fits, with what it can still give.

    :ivar place: the :class:`Place`
    :ivar room: bytes: free, less what is kept free, less what is promised
    """

    place: Place
    room: int


class LeftOut(NamedTuple):
    """A place that does not take the bits, and why.

    :ivar place: the :class:`Place`
    :ivar room: bytes it could give; negative when it promised more than it
        has (somebody else filled it)
    :ivar promised: bytes of it promised to uploads under way
    :ivar reason: a clause for people, without the place's name
    """

    place: Place
    room: int
    promised: int
    reason: str

    def __str__(self):
        return f'{self.place.name}: {self.reason}'


def human(size):
    """Return ``size`` bytes as people read it: ``1.5 GiB``, ``20 MiB``."""
    value = float(size)
    for unit in _UNITS:
        # 1023.95 would be rounded to 1024.0 of a unit.
        if abs(value) < 1023.95 or unit == _UNITS[-1]:
            break
        value /= 1024
    text = f'{value:.1f}'.removesuffix('.0')
    return f'{text} {unit}'


def human_exact(size):
    """Like :func:`human`, with the exact number of bytes where it differs."""
    return (human(size) if abs(size) < 1024
            else f'{human(size)} ({size} bytes)')


def listed(texts, separator='; '):
    """Join texts for a log or an error: the first :data:`LISTED`, then how
    many more there are.
    """
    texts = list(texts)
    if len(texts) > LISTED:
        texts[LISTED:] = [f'and {len(texts) - LISTED} more']
    return separator.join(texts)
