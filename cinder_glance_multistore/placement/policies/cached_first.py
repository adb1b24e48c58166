"""``cached-first``: places that hold the image already, then by weight.

Among those that hold it, and among those that do not: the highest weight
first, then the most room.
"""

from cinder_glance_multistore.placement.places import HOLDS_IMAGE


def order(candidates, request):
    return sorted(candidates, key=lambda candidate: (
        HOLDS_IMAGE not in candidate.place.traits,
        -candidate.place.weight, -candidate.room, candidate.place.name))
