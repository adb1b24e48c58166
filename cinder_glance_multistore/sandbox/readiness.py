"""Whether a service that was started does its work yet.
"""

import http.client
import json

from cinder_glance_multistore.sandbox.layout import PROJECT
from cinder_glance_multistore.sandbox.layout import USER


class NoKeystone:
    """Who asks where everybody is believed; like ``identity.Caller``."""

    project = PROJECT

    @staticmethod
    def headers():
        return {'X-Auth-Token': f'{USER}:{PROJECT}'}


def keystone(port):
    """Return whether Keystone answers."""
    return _get(port, '/v3') is not None


def glance(port, caller):
    """Return whether Glance answers, with its database and its stores.

    :param caller: identity.Caller or :class:`NoKeystone`
    """
    headers = caller.headers()
    return (headers is not None and
            _get(port, '/v2/info/stores', headers) is not None and
            _get(port, '/v2/images?limit=1', headers) is not None)


def cinder(port, caller):
    """Return whether Cinder can make volumes.

    The API must answer, and the scheduler must have heard from the volume
    service in this life: the services' rows in the database may be old.
    """
    headers = caller.headers()
    if headers is None:
        return False
    answer = _get(
        port, f'/v3/{caller.project}/scheduler-stats/get_pools', headers)
    return bool(answer and answer.get('pools'))


def _get(port, path, headers=None):
    # http.client knows no proxies.
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
    try:
        connection.request('GET', path, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        return json.loads(body) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
