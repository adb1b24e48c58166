"""Where bits go: places, policies, reservations.

Directories of a filesystem store, datastores of a VMware store, datastores
for a new instance and stores themselves are one question: which place takes
these bytes? This room answers it, and imports nothing of any service.

``places``        what a place is
``choice``        which places fit, in which order, and why not the others
``policies``      the orders, one short file each; more by entry point
``ledger``        bytes promised to uploads under way, across processes (needs
                  SQLAlchemy: the extra ``placement``)
``holders``       who holds a promise, and whether that process still lives
``errors``        everything that is raised here
"""

from cinder_glance_multistore.placement.choice import Choice
from cinder_glance_multistore.placement.choice import choose
from cinder_glance_multistore.placement.errors import NoPlace
from cinder_glance_multistore.placement.errors import PlacementError
from cinder_glance_multistore.placement.places import HOLDS_IMAGE
from cinder_glance_multistore.placement.places import Place

__all__ = (
    'Choice',
    'HOLDS_IMAGE',
    'NoPlace',
    'Place',
    'PlacementError',
    'choose',
)
