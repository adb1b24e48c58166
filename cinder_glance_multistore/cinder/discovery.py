"""Which stores Glance has, as cinder-api asks it."""

import functools
import logging
import threading

from glanceclient import exc
from oslo_config import cfg

from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import stores

CONF = cfg.CONF
LOG = logging.getLogger(__name__)

_LOCK = threading.Lock()


@functools.cache
def _build_directory():
    options = CONF.multistore
    return stores.StoresDirectory(options.stores_timeout,
                                  options.stores_cache_time,
                                  options.stores_stale_time)


def _directory():
    # functools.cache builds one for each of the callers that come first.
    with _LOCK:
        return _build_directory()


def get(context, fresh=False):
    """Return Glance's stores document; see ``StoresDirectory.get``.

    :param context: the request's context; its token is used
    :param fresh: do not answer from memory
    :raises Unreachable, BadAnswer, NotMultiStore: as named there
    """
    try:
        return _directory().get(functools.partial(_ask, context), fresh)
    except (exc.HTTPUnauthorized, exc.HTTPForbidden) as e:
        raise errors.Unreachable(
            'the image service (Glance) did not let this user see its '
            'stores') from e


def _ask(context):
    try:
        found = glance_client.servers(context)
        # One server that hangs must not use up the time of the others.
        seconds = CONF.multistore.stores_timeout / max(len(found), 1)
        clients = [glance_client.client(context, server, timeout=seconds)
                   for server in found]
    except Exception as e:
        # A catalog without the endpoint, a missing option, Keystone down.
        LOG.exception('No client for the image service (Glance)')
        raise errors.Unreachable(
            'the image service (Glance) is not configured as it should be'
        ) from e
    error = errors.Unreachable(glance_client.NO_SERVER)
    for client in clients:
        try:
            return stores.fetch(client)
        except errors.Unreachable as e:
            error = e
    raise error
