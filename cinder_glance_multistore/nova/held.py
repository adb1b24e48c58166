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

    def on_the_way(self, image_id):
        """Return the datastores where others are caching an image now."""
        try:
            return {promise.place for promise in self._ledger.promises()
                    if promise.scope == self._scope
                    and promise.key == image_key(image_id)
                    and promise.holder != self._ledger.holder}
        except errors.LedgerUnavailable as exc:
            _warn(exc)
            return set()

    def wait_for_others(self, datastore, image_id):
        """Wait while another nova-compute is caching an image there.

        A promise ends with its holder, so this does.
        """
        while datastore in self.on_the_way(image_id):
            time.sleep(_LOOK_AGAIN)


def image_key(image_id):
    """Return the key of the promise for an image that is being cached."""
    return f'image {image_id}'


def _warn(exc):
    LOG.warning('Spawns go by measured free space alone: %s', exc)
