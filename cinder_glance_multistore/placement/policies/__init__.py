"""Policies: in which order the places that fit are tried.

A policy is a function ``order(candidates, request)`` that returns the
candidates in the order in which they are to be tried. It gets the places
that fit, as a list of :class:`~..places.Candidate`, and a
:class:`~..choice.Request`. It may leave some out; it may not invent any.
It neither sleeps nor asks anyone: everything it needs is in what it gets.

Policies are found through the entry points of :data:`NAMESPACE`, ours as
well as a third party's.
"""

import functools
from importlib import metadata

from cinder_glance_multistore.placement import errors

NAMESPACE = 'cinder_glance_multistore.placement.policies'


def names():
    """Return the names of the policies there are, sorted."""
    return sorted({point.name for point in _points()})


@functools.cache
def load(name):
    """Return the policy function called ``name``.

    :raises UnknownPolicy: when there is none
    :raises BadPolicy: when it cannot be loaded, is no function, or two
        packages claim the name
    """
    points = {point.value: point for point in _points() if point.name == name}
    if not points:
        raise errors.UnknownPolicy(name, names())
    if len(points) > 1:
        raise errors.BadPolicy(
            name, f'is claimed by {" and by ".join(sorted(points))}. Remove '
                  f'one of the packages.')
    [point] = points.values()
    try:
        order = point.load()
    except Exception as exc:
        raise errors.BadPolicy(
            name, f'cannot be loaded from {point.value}: {exc!r}') from exc
    if not callable(order):
        raise errors.BadPolicy(
            name, f'({point.value}) is not a function of candidates and '
                  f'request')
    return order


def _points():
    return metadata.entry_points(group=NAMESPACE)
