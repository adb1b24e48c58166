"""Where an instance and the base of its disk go: the three rules.

1. A datastore that holds the image already, and has room.
2. Else, where linking across datastores is on: one with room, whose disk is
   linked to the base where that lies, if each of its hosts sees both. A full
   clone is copied from there, which needs no more than room.
3. Else one with room for the image too, which is copied from a datastore that
   holds it where there is one.

Within a rule the placement engine gives the order.
"""

import dataclasses

from cinder_glance_multistore.placement import choice
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement.places import HOLDS_IMAGE
from cinder_glance_multistore.placement.places import LeftOut
from cinder_glance_multistore.placement.places import Place

CACHED = 'cached'
ACROSS = 'across'
PLACED = 'placed'


@dataclasses.dataclass(frozen=True)
class Need:
    """What an instance takes, in bytes.

    :ivar own: its own files, or None when that is not known
    :ivar image: what the image takes in the cache; 0 when it has none
    :ivar sized: what the copy of the image at the flavor's size takes that
        disks are linked to; 0 when none is made
    :ivar linked: whether the disk is linked to the base
    :ivar cloned: whether the disk is a copy of the base
    """

    own: int | None
    image: int = 0
    sized: int = 0
    linked: bool = False
    cloned: bool = False


@dataclasses.dataclass(frozen=True)
class Offer:
    """A datastore, and what is believed of it.

    :ivar place: the :class:`~..placement.places.Place`
    :ivar hosts: the cluster's hosts that see it
    :ivar holds: whether the image is in its cache, or on its way there
    :ivar sized: whether the copy of the flavor's size is there too
    :ivar near: whether Glance keeps the image on it
    """

    place: Place
    hosts: frozenset = frozenset()
    holds: bool = False
    sized: bool = False
    near: bool = False

    @property
    def name(self):
        return self.place.name


@dataclasses.dataclass(frozen=True)
class Plan:
    """One way to start the instance.

    :ivar rule: CACHED, ACROSS or PLACED
    :ivar home: the :class:`Offer` that gets the instance's files
    :ivar base: the one whose cache its disk is made from; None without image
    :ivar source: one from which the base can be copied, or None
    :ivar size: bytes of the instance's own files, at home; None when that
        is not known
    :ivar sized_size: bytes of the copy of the image at the flavor's size,
        that is to be made beside the base; 0 when it is there
    :ivar image_size: bytes of the base that is to be put into the cache; 0
        when it is there
    """

    rule: str
    home: Offer
    base: Offer | None
    source: Offer | None
    size: int | None
    sized_size: int = 0
    image_size: int = 0


def plans(offers, need, policy='cached-first', *, across=False, copy=True,
          promised=None, key=None):
    """Return each :class:`Plan` that has room, best first.

    :param offers: a list of :class:`Offer`, names unique
    :param need: a :class:`Need`
    :param policy: the name of a placement policy
    :param across: whether a disk may be linked to a base on another datastore
    :param copy: whether an image may be copied from another datastore
    :param promised: ``{space: bytes}`` promised to others
    :param key: what ``random`` draws from
    :raises NoPlace: when there is none; it has the reason of each datastore
    :raises PolicyError: when the policy cannot be used
    """
    look = _Look(policy, promised or {}, key)
    found = []
    if need.image:
        holding = [offer for offer in offers if offer.holds]
        found += [
            Plan(CACHED, home, home, None, need.own,
                 _sized_size(home, need))
            for home in look.order(holding,
                                   lambda offer: _cached_size(offer, need))]
        if (across and need.linked) or (copy and need.cloned):
            found += look.elsewhere(offers, holding, need)
    else:
        holding = []
    sources = [offer for offer in holding if not offer.place.unusable]
    found += [
        Plan(PLACED, home, home if need.image else None,
             _source(sources) if copy else None,
             need.own, need.sized, need.image)
        for home in look.order(
            [_near(offer) for offer in offers if not offer.holds],
            lambda offer: _sum(need.own, need.sized, need.image))]
    if not found:
        raise errors.NoPlace(
            _sum(need.own, need.sized, need.image),
            [look.reasons[offer.name] for offer in offers])
    return found


class _Look:
    """One look at the datastores: their order, and why not the others."""

    def __init__(self, policy, promised, key):
        self._policy = policy
        self._promised = promised
        self._key = key
        self.reasons = {}

    def order(self, offers, size_of):
        """Return the offers with room for what each needs, in order."""
        fitting = {}
        for offer in offers:
            size = size_of(offer)
            assessed = choice.assess(
                offer.place, 1 if size is None else size,
                self._promised.get(offer.place.space, 0))
            if isinstance(assessed, LeftOut):
                # The first says what it needs at the least.
                self.reasons.setdefault(offer.name, assessed)
            else:
                fitting[offer.name] = offer
        sizes = [size_of(offer) for offer in fitting.values()]
        answer = choice.choose(
            [offer.place for offer in fitting.values()],
            None if None in sizes else min(sizes, default=0), self._policy,
            promised=self._promised, key=self._key)
        return [fitting[candidate.place.name]
                for candidate in answer.candidates]

    def elsewhere(self, offers, holding, need):
        """Yield the plans by which home and base are two datastores."""
        # Those with the sized copy first: nothing is to be made there.
        bases = sorted(
            self.order(holding, lambda base: _sized_size(base, need)),
            key=lambda base: not base.sized)
        for home in self.order(offers, lambda offer: need.own):
            for base in bases:
                if home.name == base.name or need.linked and not (
                        home.hosts and home.hosts <= base.hosts):
                    continue
                yield Plan(ACROSS, home, base, None, need.own,
                           _sized_size(base, need))
                break


def _near(offer):
    if not offer.near:
        return offer
    return dataclasses.replace(offer, place=dataclasses.replace(
        offer.place, traits=offer.place.traits | {HOLDS_IMAGE}))


def _sized_size(base, need):
    return 0 if base.sized else need.sized


def _cached_size(home, need):
    return _sum(need.own, _sized_size(home, need))


def _source(offers):
    return min(offers, key=lambda offer: offer.name, default=None)


def _sum(*sizes):
    return None if None in sizes else sum(sizes)
