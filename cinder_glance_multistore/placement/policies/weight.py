"""``weight``: the highest weight first, then the most room. The default."""


def order(candidates, request):
    return sorted(candidates, key=lambda candidate: (
        -candidate.place.weight, -candidate.room, candidate.place.name))
