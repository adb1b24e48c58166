"""Glance clients, made with Cinder's own options and credentials.
"""

import itertools

from cinder import service_auth
from cinder.image import glance
import glanceclient
from keystoneauth1 import loading as ks_loading
from oslo_config import cfg

CONF = cfg.CONF

# One session a time-out value: a session keeps connections, and carries its
# time-out.
_SESSIONS = {}


def servers(context):
    """Return Glance's API servers, each once, in random order.

    :returns: list of (netloc, use_ssl), from ``glance_api_servers`` or the
        service catalog of the context; may be empty
    """
    found = []
    # An endless cycle, or an empty one.
    for server in itertools.islice(glance.get_api_servers(context), 64):
        if server in found:
            break
        found.append(server)
    return found


def client(context, server, timeout=None, as_service=False):
    """Return a ``glanceclient.v2.client.Client`` for one API server.

    :param context: whose token is used
    :param server: one of :func:`servers`
    :param timeout: seconds for each answer; None for Cinder's
        ``glance_request_timeout``
    :param as_service: use the credentials of Cinder's ``[glance]`` section,
        where there are any, instead of the token of the context
    """
    netloc, use_ssl = server
    endpoint = f"{'https' if use_ssl else 'http'}://{netloc}"
    timeout = timeout or CONF.glance_request_timeout
    params = {'global_request_id': context.global_id}
    if CONF.auth_strategy == 'keystone':
        own = None
        if as_service and CONF.glance.auth_type:
            own = ks_loading.load_auth_from_conf_options(CONF, 'glance')
        params['auth'] = service_auth.get_auth_plugin(context, auth=own)
        params['session'] = _session(timeout)
    else:
        # glanceclient's own time-out; without a number it takes 600 seconds.
        if timeout:
            params['timeout'] = timeout
        if use_ssl:
            params['insecure'] = CONF.glance_api_insecure
            params['cacert'] = CONF.glance_ca_certificates_file
    return glanceclient.Client('2', endpoint, **params)


def has_service_credentials():
    """Whether :func:`client` can act without anyone's token."""
    return CONF.auth_strategy != 'keystone' or bool(CONF.glance.auth_type)


def connector(context, as_service=False):
    """Return a function that gives a client, of the next server each time.

    The function takes the seconds to wait for each answer, None for Cinder's
    ``glance_request_timeout``.
    """
    cycle = glance.get_api_servers(context)

    def connect(timeout=None):
        return client(context, next(cycle), timeout, as_service)
    return connect


def _session(timeout):
    if timeout not in _SESSIONS:
        _SESSIONS[timeout] = ks_loading.session.Session().load_from_options(
            insecure=CONF.glance_api_insecure,
            cacert=CONF.glance_ca_certificates_file,
            cert=CONF.glance_certfile,
            key=CONF.glance_keyfile,
            timeout=timeout,
            split_loggers=CONF.split_loggers)
    return _SESSIONS[timeout]
