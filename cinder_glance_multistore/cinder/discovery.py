"""Which stores Glance has, as cinder-api asks it."""

import functools

from glanceclient import exc
from oslo_config import cfg

from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import stores

CONF = cfg.CONF


@functools.cache
def _directory():
    options = CONF.multistore
    return stores.StoresDirectory(options.stores_timeout,
                                  options.stores_cache_time,
                                  options.stores_stale_time)


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
    error = errors.Unreachable('no image service (Glance) is configured')
    for server in glance_client.servers(context):
        client = glance_client.client(
            context, server, timeout=CONF.multistore.stores_timeout)
        try:
            return stores.fetch(client)
        except errors.Unreachable as e:
            error = e
    raise error
