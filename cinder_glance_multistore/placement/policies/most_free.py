"""``most-free``: the most room first, whatever the weights."""


def order(candidates, request):
    return sorted(candidates, key=lambda candidate: (
        -candidate.room, candidate.place.name))
