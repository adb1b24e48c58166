"""``lowest-first``: the smallest number first, then the most room.

As the multi-filesystem store was designed: the number is a rank, 1 before 2.
Upstream counts the other way round (G3).
"""


def order(candidates, request):
    return sorted(candidates, key=lambda candidate: (
        candidate.place.weight, -candidate.room, candidate.place.name))
