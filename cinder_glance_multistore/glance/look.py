"""One look at one store of this glance-api.
"""

import logging

from glance.api.v2 import discovery
import glance_store
from glance_store import capabilities
from glance_store import exceptions

from api_validation.stores import AVAILABLE
from api_validation.stores import READ_ONLY
from api_validation.stores import RESERVED
from api_validation.stores import UNAVAILABLE
from cinder_glance_multistore.glance import view
from cinder_glance_multistore.stores import multidir_config
from cinder_glance_multistore.stores import report
from cinder_glance_multistore.stores.multidir_directory import Directory

LOG = logging.getLogger(__name__)

_WRITE = capabilities.BitMasks.WRITE_ACCESS
_READ = capabilities.BitMasks.READ_ACCESS


def looks(conf, timeout):
    """Return ``{store id: function}`` for a :class:`~.view.View`.

    :param conf: glance-api's, with its stores loaded
    :param timeout: seconds that a directory of a ``file`` store may take
    """
    return {store_id: _Store(conf, store_id, kind, timeout).look
            for store_id, kind in conf.enabled_backends.items()
            if not store_id.startswith(RESERVED)}


class _Store:

    def __init__(self, conf, store_id, kind, timeout):
        self._conf = conf
        self._id = store_id
        self._kind = kind
        self._timeout = timeout
        self._directories = None

    def look(self):
        # Drivers that keep a connection (rbd, s3, swift) are set up anew by
        # this, as for every request: one whose cluster is gone fails here.
        try:
            store = glance_store.get_store_from_store_identifier(self._id)
        except (KeyError, exceptions.UnknownScheme):
            # glance_store leaves out whatever cannot be configured.
            return view.Seen(UNAVAILABLE, 'did not start; the log of '
                                          'glance-api says why')
        places = self._places(store)
        status, reason = self._status(store, places)
        return view.Seen(status, reason, self._properties(store), places)

    def _places(self, store):
        if isinstance(store, report.TellsPlaces):
            return tuple(store.places())
        if self._kind == 'file':
            if self._directories is None:
                self._directories = self._of_file_store()
            return tuple(report.describe(directory.measure(), None)
                         for directory in self._directories)
        return None

    def _of_file_store(self):
        """Upstream's driver does not tell; its directories do."""
        section = self._conf[self._id]
        found = multidir_config.parse_datadirs(
            section.filesystem_store_datadirs or [])
        if not found and section.filesystem_store_datadir:
            found = [(section.filesystem_store_datadir, 0)]
        return [Directory(path, number, lambda total: 0, False,
                          self._timeout) for path, number in found]

    def _status(self, store, places):
        if not store.is_capable(_WRITE):
            if not getattr(type(store), '_CAPABILITIES', 0) & _WRITE:
                return READ_ONLY, 'is of a type that only reads'
            return (READ_ONLY if store.is_capable(_READ) else UNAVAILABLE,
                    'could not be set up for writing; the log of glance-api '
                    'says why')
        if places is not None and not any(
                place.state == report.USABLE for place in places):
            return UNAVAILABLE, '; '.join(
                f'{place.name} {place.reason}'
                for place in places) or 'has no place to write to'
        return AVAILABLE, ''

    def _properties(self, store):
        """Return what plain Glance's answer says of a type it knows."""
        tell = getattr(discovery.InfoController,
                       f'_get_{self._kind}_properties', None)
        if tell is None:
            return {}
        try:
            return tell(store)
        except Exception:
            # A store that was not set up lacks what is asked for.
            LOG.debug('Store %s has no properties', self._id, exc_info=True)
            return {}
