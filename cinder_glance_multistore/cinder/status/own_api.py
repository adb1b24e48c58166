"""The running cinder-api, asked by HTTP.

What is configured and what runs are two things until a service is restarted.
"""

from cinder import service  # noqa: F401 its options
from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ksa_exc
from keystoneauth1 import session as ks_session
from keystoneauth1 import token_endpoint
from oslo_config import cfg

from cinder_glance_multistore.cinder import glance_client

CONF = cfg.CONF

# Get-log needs 3.32; 2024.1's is 3.71.
_VERSION = '3.70'
_TIMEOUT = 30.0


class CannotAsk(Exception):
    """The text says why, and what to do."""


class OwnApi:
    """
    :raises CannotAsk: there are no credentials to ask with
    """

    def __init__(self):
        if CONF.auth_strategy == 'keystone':
            if not glance_client.has_service_credentials():
                raise CannotAsk(
                    'the [glance] section of cinder.conf has no credentials '
                    'to ask cinder-api with')
            self._adapter = glance_client.own_adapter(
                _TIMEOUT, service_type='block-storage',
                interface=['internal', 'public'])
        else:
            host = CONF.osapi_volume_listen
            if host in ('0.0.0.0', '::'):  # noqa: S104 that is not bound here
                host = '127.0.0.1'
            if ':' in host:
                host = f'[{host}]'
            url = f'http://{host}:{CONF.osapi_volume_listen_port}/v3'
            self._adapter = adapter.Adapter(
                ks_session.Session(timeout=_TIMEOUT),
                # Anybody is believed; a token is user:project.
                auth=token_endpoint.Token(url, f'status:{"0" * 32}'),
                endpoint_override=url)

    def get(self, path):
        """Return the decoded answer, or None where there is no such path."""
        return self._ask('GET', path)

    def put(self, path, body):
        return self._ask('PUT', path, json=body)

    def _ask(self, method, path, **kwargs):
        try:
            response = self._adapter.request(
                path, method, raise_exc=False,
                headers={'OpenStack-API-Version': f'volume {_VERSION}',
                         'Accept': 'application/json'}, **kwargs)
            if response.status_code == 404:
                return None
            if response.status_code != 200:
                raise CannotAsk(
                    f'{method} {path} is answered with HTTP '
                    f'{response.status_code}')
            return response.json()
        except ksa_exc.ClientException as e:
            raise CannotAsk(f'cinder-api does not answer: {e}') from e
        except ValueError as e:
            raise CannotAsk(f'{method} {path} is answered with nonsense'
                            ) from e
