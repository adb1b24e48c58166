"""Uploads without a body, by which a store adopts a file.

cinder-volume has put the file into the store's incoming folder, and names it
by a claim (:mod:`~cinder_glance_multistore.stores.claims`). Only the service
role may present one: an image is made of what lies there, unseen.
"""

import logging
import re

import webob.exc

from cinder_glance_multistore.glance import errors
from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.stores import incoming

LOG = logging.getLogger(__name__)

_UPLOAD = re.compile(r'/v2/images/(?P<image_id>[0-9a-f-]{36})/file')
_SERVICE = 'service'


def present(req, application):
    """Return Glance's answer to an upload that presents a claim.

    :param req: a ``webob.Request`` that went through Glance's ``context``
    :returns: a response, or None where the request presents none
    :raises webob.exc.HTTPForbidden: for all but the service role
    :raises webob.exc.HTTPBadRequest: it is no such upload
    """
    text = req.headers.get(claims.HEADER)
    if text is None:
        return None
    if not _is_service(req):
        LOG.warning('Somebody without the service role tried to have a file '
                    'adopted, by %r %r', req.method, req.path_info)
        raise errors.plain(webob.exc.HTTPForbidden,
                           'A store adopts files for the service role only.')
    found = _UPLOAD.fullmatch(req.path_info)
    try:
        claim = claims.parse(text)
    except claims.BadClaim as exc:
        raise errors.plain(webob.exc.HTTPBadRequest, str(exc)) from exc
    if (req.method != 'PUT' or found is None or req.content_length != 0
            or req.headers.get('transfer-encoding')
            or req.content_type != claims.CONTENT_TYPE
            or found['image_id'] != claim.image_id):
        raise errors.plain(
            webob.exc.HTTPBadRequest,
            'A claim comes with an upload, without a body, of the image that '
            'it is for.')
    body = incoming.Body(claim.size)
    # The length of what the store adopts: for quotas, and the store.
    req.content_type = 'application/octet-stream'
    req.content_length = claim.size
    req.headers['x-openstack-image-size'] = str(claim.size)
    req.body_file_raw = body
    # Otherwise webob reads ahead, and copies.
    req.is_body_seekable = True
    with claims.presented(claim, body):
        answer = req.get_response(application)
    # cinder-volume must tell what is refused by Glance, which has looked at
    # the image, from what never got there.
    answer.headers[claims.HEADER] = 'presented'
    return answer


def _is_service(req):
    context = getattr(req, 'context', None)
    roles = {*(getattr(context, 'roles', None) or ()),
             *(getattr(context, 'service_roles', None) or ())}
    return _SERVICE in {str(role).lower() for role in roles}
