"""Glance clients, made with Cinder's own options and credentials.
"""

import itertools
import urllib.parse

from cinder import service_auth
from cinder.image import glance
import glanceclient
from keystoneauth1 import adapter
from keystoneauth1 import loading as ks_loading
from oslo_config import cfg

from cinder_glance_multistore.image_service import errors

CONF = cfg.CONF

# One session a time-out value: a session keeps connections, and carries its
# time-out.
_SESSIONS = {}

NO_SERVER = ('no image service (Glance) is configured: set glance_api_servers, '
             'or give the [glance] section credentials')


def servers(context, as_service=False):
    """Return Glance's API servers, each once, in random order.

    :param as_service: where neither ``glance_api_servers`` nor the context
        names one, ask Keystone for its catalog, with the credentials of
        Cinder's ``[glance]`` section
    :returns: list of (netloc, use_ssl); may be empty
    :raises keystoneauth1.exceptions.ClientException: Keystone did not answer
    """
    # An endless cycle, or an empty one.
    found = list(dict.fromkeys(
        itertools.islice(glance.get_api_servers(context), 64)))
    if not found and as_service and _own_auth_type():
        found = _from_own_catalog()
    return found


def _from_own_catalog():
    service_type, _, interface = CONF.glance_catalog_info.split(':')
    endpoint = _own_auth().get_endpoint(
        _session(CONF.glance_request_timeout), service_type=service_type,
        interface=interface.removesuffix('URL'),
        # Not in Cinder 2025.2.
        region_name=getattr(CONF.glance, 'region_name', None))
    if not endpoint:
        return []
    url = urllib.parse.urlsplit(endpoint)
    return [(url.netloc + url.path, url.scheme == 'https')]


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
        if as_service and _own_auth_type():
            own = _own_auth()
        params['auth'] = service_auth.get_auth_plugin(context, auth=own)
        params['session'] = _session(timeout)
    else:
        # glanceclient's own time-out; without a number it takes 600 seconds.
        if timeout:
            params['timeout'] = timeout
        if use_ssl:
            params['insecure'] = CONF.glance_api_insecure
            # None would switch the check of certificates off.
            if CONF.glance_ca_certificates_file:
                params['cacert'] = CONF.glance_ca_certificates_file
    return glanceclient.Client('2', endpoint, **params)


def has_service_credentials():
    """Whether :func:`client` can act without anyone's token."""
    return CONF.auth_strategy != 'keystone' or bool(_own_auth_type())


def own_adapter(timeout, **kwargs):
    """Return an adapter for another service, with Cinder's credentials.

    Those of the ``[glance]`` section.

    :param timeout: seconds for each answer
    :param kwargs: of ``keystoneauth1.adapter.Adapter``
    """
    return adapter.Adapter(_session(timeout), auth=_own_auth(),
                           region_name=CONF.glance.region_name, **kwargs)


def _own_auth_type():
    # Cinder before 2025.1 has no such section.
    return getattr(getattr(CONF, 'glance', None), 'auth_type', None)


def _own_auth():
    return ks_loading.load_auth_from_conf_options(CONF, 'glance')


def connector(context, as_service=False):
    """Return a function that gives a client, of the next server each time.

    The function takes the seconds to wait for each answer, None for Cinder's
    ``glance_request_timeout``.

    :raises Unreachable: there is no server to connect to
    """
    found = servers(context, as_service)
    if not found:
        raise errors.Unreachable(NO_SERVER)
    cycle = itertools.cycle(found)

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
