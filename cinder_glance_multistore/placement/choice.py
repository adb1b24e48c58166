"""Which places take these bytes, in which order, and why not the others.
"""

import dataclasses
import functools
import itertools
import secrets

from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import policies
from cinder_glance_multistore.placement.places import Candidate
from cinder_glance_multistore.placement.places import human
from cinder_glance_multistore.placement.places import human_exact
from cinder_glance_multistore.placement.places import LeftOut
from cinder_glance_multistore.placement.places import listed

DEFAULT_POLICY = 'weight'

# Processes that start together should not all start at the same place.
_turns = itertools.count(secrets.randbelow(1 << 16))


class Request:
    """What a policy may know of the bytes that look for a place.

    :ivar size: bytes, or None when the size is not known
    :ivar key: what they are, such as an image's id. The same key meets the
        same order; without one each request is its own.
    """

    def __init__(self, size, key=None, take_turn=None):
        self.size = size
        self.key = secrets.token_hex(16) if key is None else str(key)
        self._take_turn = take_turn or functools.partial(next, _turns)

    @functools.cached_property
    def turn(self):
        """A number that is one higher at each request that asks for it."""
        return self._take_turn()


@dataclasses.dataclass(frozen=True)
class Choice:
    """The answer: what fits, in order, and what does not, with reasons.

    True when at least one place fits.

    :ivar size: bytes asked for, or None
    :ivar policy: the name of the policy that gave the order
    :ivar candidates: a :class:`~.places.Candidate` for each place that fits,
        best first
    :ivar left_out: a :class:`~.places.LeftOut` for each that does not, in
        the order they were offered, those that the policy left out last
    """

    size: int | None
    policy: str
    candidates: tuple
    left_out: tuple

    def __bool__(self):
        return bool(self.candidates)

    @property
    def first(self):
        """The :class:`~.places.Place` to try first.

        :raises NoPlace: when none fits
        """
        if not self.candidates:
            raise errors.NoPlace(self.size, self.left_out)
        return self.candidates[0].place

    def explain(self):
        """Return one line for a log: the order, and who is not in it."""
        order = listed(
            (f'{place.name} (weight {place.weight}, {human(room)} to give)'
             for place, room in self.candidates), ', then ')
        text = f'by {self.policy}: {order or "none"}'
        if self.left_out:
            text += f'; left out: {listed(map(str, self.left_out))}'
        return text


def choose(places, size, policy=DEFAULT_POLICY, *, promised=None, key=None,
           take_turn=None):
    """Order the places that take ``size`` bytes; say why not the others.

    A place fits when it is usable and its room (free bytes, less what is
    kept free, less what is promised to others) is not smaller than the size.
    The same input gives the same order.

    When the size is not known, every usable place with any room at all fits.
    Those with at least half of the greatest room come first, in the policy's
    order; the others follow, the most room first.

    :param places: an iterable of :class:`~.places.Place`, names unique
    :param size: bytes, or None when the size is not known
    :param policy: the name of a policy
    :param promised: ``{space: bytes}`` promised to uploads under way, and
        not yet missing from ``free``
    :param key: what the bytes are, such as an image's id
    :param take_turn: a function that returns the number of this turn;
        by default this process counts
    :returns: a :class:`Choice`
    :raises PolicyError: when the policy cannot be used
    :raises ValueError: when the size is negative, or a name comes twice
    """
    if size is not None and size < 0:
        raise ValueError(f'a size is 0 bytes or more, not {size}')
    order = policies.load(policy)
    promised = promised or {}
    fitting = []
    left_out = []
    seen = set()
    # At least one byte, where the size is not known.
    needed = 1 if size is None else size
    for place in places:
        if place.name in seen:
            raise ValueError(f'the place {place.name} is offered twice')
        seen.add(place.name)
        assessed = assess(place, needed, promised.get(place.space, 0))
        if isinstance(assessed, Candidate):
            fitting.append(assessed)
        else:
            left_out.append(assessed)
    request = Request(size, key, take_turn)
    ordered = _in_order(order, policy, fitting, request)
    kept = {candidate.place.name for candidate in ordered}
    left_out.extend(
        LeftOut(place, room, promised.get(place.space, 0),
                f'left out by the policy {policy}')
        for place, room in fitting if place.name not in kept)
    return Choice(size, policy, tuple(ordered), tuple(left_out))


def assess(place, needed, promised):
    """Say whether one place takes ``needed`` bytes.

    :param promised: bytes of its space promised to uploads under way
    :returns: a :class:`~.places.Candidate`, or a :class:`~.places.LeftOut`
    """
    room = place.free - place.keep_free - promised
    if place.unusable:
        return LeftOut(place, room, promised, place.unusable)
    if room < needed:
        return LeftOut(place, room, promised,
                       _too_small(place, room, promised))
    return Candidate(place, room)


def fits_later(left_out, size):
    """Say whether only bytes promised to others are in the way."""
    return not left_out.place.unusable and left_out.promised > 0 and (
        left_out.room + left_out.promised >= (1 if size is None else size))


def _too_small(place, room, taken):
    if not taken and not place.keep_free:
        return f'has {human_exact(place.free)} free'
    less = []
    if place.keep_free:
        less.append(f'{human(place.keep_free)} kept free')
    if taken:
        less.append(f'{human(taken)} promised to uploads under way')
    return (f'can give {human_exact(max(room, 0))} of {human(place.free)} '
            f'free, with {" and ".join(less)}')


def _in_order(order, policy, fitting, request):
    if not fitting:
        return []
    if request.size is not None:
        return _ask(order, policy, fitting, request)
    # Among those with the most room: a place that is nearly full would only
    # be the first to fill up in the middle.
    half = max(candidate.room for candidate in fitting) / 2
    roomy = [entry for entry in fitting if entry.room >= half]
    others = sorted((entry for entry in fitting if entry.room < half),
                    key=lambda entry: (-entry.room, entry.place.name))
    return _ask(order, policy, roomy, request) + others


def _ask(order, policy, candidates, request):
    try:
        ordered = list(order(list(candidates), request))
    except Exception as exc:
        raise errors.BadPolicy(policy, f'failed: {exc!r}') from exc
    offered = {candidate.place.name: candidate for candidate in candidates}
    for entry in ordered:
        name = getattr(getattr(entry, 'place', None), 'name', None)
        if offered.pop(name, None) != entry:
            raise errors.BadPolicy(
                policy, f'answered with {entry!r}, which was not offered or '
                        f'comes twice')
    return ordered
