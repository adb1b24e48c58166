"""Bytes of datastores that are promised to spawns under way.

Spawns that start together do not all pick the datastore that has room for
one. Where the ledger's database cannot be used they go on without, as
upstream does.
"""

import logging
import time

from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import ledger

LOG = logging.getLogger(__name__)

# Seconds between looks at an image that another nova-compute is caching.
_LOOK_AGAIN = 1.0


class Held:
    """Promises of one cluster's cache.

    :param url: the ledger's database
    :param scope: the vCenter and its cache folder: computes that share both
        share the images in it
    :raises LedgerUnavailable: when the URL is none that can be used
    """

    def __init__(self, url, scope):
        self._ledger = ledger.Ledger(url)
        self._scope = scope

    def promised(self):
        """Return ``{space: bytes}``."""
        try:
            return self._ledger.promised()
        except errors.LedgerUnavailable as exc:
            _warn(exc)
            return {}

    def take(self, place, size, key):
        """Promise bytes of a place; return what ends it.

        :param size: None when it is not known: nothing is promised then
        :raises NoPlace: when they are promised to others by now
        """
        try:
            return self._ledger.reserve(
                lambda: [place], size, key=key, scope=self._scope).release
        except errors.LedgerUnavailable as exc:
            _warn(exc)
            return lambda: None

    def on_the_way(self, what):
        """Return the datastores where others are caching something now.

        :param what: an image's id, or the file of a copy at a flavor's size
        """
        try:
            return {promise.place for promise in self._ledger.promises()
                    if promise.scope == self._scope
                    and promise.key == cache_key(what)
                    and promise.holder != self._ledger.holder}
        except errors.LedgerUnavailable as exc:
            _warn(exc)
            return set()

    def wait_for_others(self, datastore, what):
        """Wait while another nova-compute is caching it there.

        A promise ends with its holder, so this does.
        """
        while datastore in self.on_the_way(what):
            time.sleep(_LOOK_AGAIN)


def cache_key(what):
    """Return the key of the promise for what is being cached."""
    return f'image {what}'


def _warn(exc):
    LOG.warning('Spawns go by measured free space alone: %s', exc)
