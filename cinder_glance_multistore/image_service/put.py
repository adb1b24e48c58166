"""One ``PUT /v2/images/{id}/file`` with a size and a store.

glanceclient's own upload cuts every body into chunks of unknown sum, and with
its noauth client loses headers that are set the way Cinder sets them (C5, C9).
"""

from glanceclient import exc
from glanceclient.common import http as glance_http
from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ksa_exc
import requests

from cinder_glance_multistore.image_service import body as bodies
from cinder_glance_multistore.image_service import wire
from cinder_glance_multistore.transfer import sockets


def put(client, image_id, body, store_id=None, base_image_ref=None):
    """Send a body to an image.

    A sized body is sent with ``Content-Length``, which every Glance passes on
    to its store as the size, and with ``x-openstack-image-size``, which wins
    in Glance 2025.2 and later.

    :param client: a ``glanceclient.v2.client.Client``, with a keystoneauth
        session or without
    :param body: a :class:`~.body.Body`
    :param store_id: the store, or None for Glance's default store
    :param base_image_ref: the image that the volume came from, or None
    :raises glanceclient.exc.HTTPException: Glance's answer, if it is an error
    :raises glanceclient.exc.CommunicationError: the connection failed
    :raises: what reading the body raises
    """
    headers = {'Content-Type': 'application/octet-stream'}
    if hasattr(body, '__len__'):
        headers['x-openstack-image-size'] = str(len(body))
    if store_id is not None:
        headers['x-image-meta-store'] = store_id
    if base_image_ref is not None:
        headers['x-openstack-base-image-ref'] = base_image_ref
    http = client.http_client
    url = f'/v2/images/{image_id}/file'
    send = (_through_session
            if isinstance(http, adapter.Adapter) else _through_requests)
    try:
        response = send(http, url, headers, body)
    except bodies.Unreadable:
        raise body.error from None
    except sockets.Unreadable as e:
        raise e.__cause__ from None
    except (ksa_exc.ClientException, requests.RequestException,
            OSError) as e:
        raise exc.CommunicationError(
            message=f'the connection to Glance failed: {e}') from e
    finally:
        body.close()
    if not response.ok:
        raise _error(response)
    response.close()


def present(client, image_id, headers):
    """Send an upload without a body, which the headers stand for.

    They are in no log: keystoneauth hides those only that it knows.

    :param headers: name -> value, the content type among them
    :raises glanceclient.exc.HTTPException: Glance's answer, if it is an error
    :raises glanceclient.exc.CommunicationError: the connection failed
    """
    http = client.http_client
    send = (_through_session
            if isinstance(http, adapter.Adapter) else _through_requests)
    try:
        response = send(http, f'/v2/images/{image_id}/file', headers, b'',
                        log=False)
    except (ksa_exc.ClientException, requests.RequestException,
            OSError) as e:
        raise exc.CommunicationError(
            message=f'the connection to Glance failed: {e}') from e
    if not response.ok:
        raise _error(response)
    response.close()


def _error(response):
    """Glance's or a proxy's answer as glanceclient's exception.

    It has the ``headers`` of the answer, whatever case they are asked in.

    glanceclient takes a content type, UTF-8 and JSON of a certain shape for
    granted, and gives an exception without a status for those it does not
    know (410, 415, 504).
    """
    response.headers.setdefault('content-type', 'text/plain')
    try:
        error = exc.from_response(response, response.content)
    except (AttributeError, RecursionError, TypeError, ValueError):
        error = exc.from_response(response)
        error.details = response.reason
    error.code = response.status_code
    error.headers = response.headers
    return error


def _encode(headers):
    """Headers as bytes.

    glanceclient percent-encodes them, and Glance does not decode them: a
    store id with a space would name another store.
    """
    return {name: value.encode() for name, value in headers.items()}


def _through_session(http, url, headers, body, log=True):
    if http.global_request_id:
        headers[glance_http.REQ_ID_HEADER] = http.global_request_id
    wire.mount(http.session.session)
    # The class below glanceclient's: it sends the body as it is.
    return adapter.Adapter.request(
        http, url, 'PUT', data=body, raise_exc=False, log=log,
        headers=_encode(headers))


def _through_requests(http, url, headers, body, log=True):
    for name, value in (http.identity_headers or {}).items():
        headers.setdefault(name, value)
    if http.auth_token:
        headers.setdefault('X-Auth-Token', http.auth_token)
    if http.global_request_id:
        headers.setdefault(glance_http.REQ_ID_HEADER, http.global_request_id)
    wire.mount(http.session)
    return http.session.request(
        'PUT', http.endpoint.rstrip('/') + url, data=body,
        headers=_encode(headers), timeout=http.timeout)
