"""``GET /v2/images/{id}/file`` from one store and from no other.

Plain Glance reads an image from wherever it can, and so does ``?prefer=`` of
its newer releases when the store that is preferred fails. Whoever is about to
delete one copy of an image must read the other one, or hear that it cannot be
read. A request says so by the header ``X-Image-Meta-Store``; the answer
repeats it, so that an answer of a Glance without this filter is told apart.
"""

import logging
import re

from glance import gateway
from glance.api.v2 import policy as api_policy
from glance.common import exception
import glance_store
import webob
import webob.exc

LOG = logging.getLogger(__name__)

HEADER = 'X-Image-Meta-Store'

_FILE = re.compile(r'/v2/images/([^/]+)/file')


class Downloads:
    """
    :param enforcer: Glance's policy enforcer
    """

    def __init__(self, enforcer):
        self._enforcer = enforcer
        self._gateway = None

    def get(self, req):
        """Return the answer to a request for one store's bits.

        None for every other request.

        :param req: a ``webob.Request`` with Glance's context
        :raises webob.exc.HTTPException: there are none, or not for the caller
        """
        path = _FILE.fullmatch(req.path_info)
        if req.method != 'GET' or path is None or HEADER not in req.headers:
            return None
        store_id = req.headers[HEADER]
        image = self._image(req.context, path[1])
        for location in image.locations:
            if location['metadata'].get('store') == store_id:
                return self._read(req.context, image, location, store_id)
        raise webob.exc.HTTPNotFound(
            explanation=f'Image {image.image_id} is not in the store '
                        f'{store_id!r}.')

    def _image(self, context, image_id):
        if self._gateway is None:
            self._gateway = gateway.Gateway(policy_enforcer=self._enforcer)
        try:
            image = self._gateway.get_repo(context).get(image_id)
        except exception.NotFound as exc:
            raise webob.exc.HTTPNotFound(explanation=exc.msg) from exc
        except exception.Forbidden as exc:
            raise webob.exc.HTTPForbidden(explanation=exc.msg) from exc
        if image.status == 'deactivated' and not context.is_admin:
            raise webob.exc.HTTPForbidden(
                explanation='The requested image has been deactivated.')
        allowed = api_policy.ImageAPIPolicy(context, image, self._enforcer)
        allowed.download_image()
        if hasattr(allowed, 'download_from_store'):
            allowed.download_from_store()
        return image

    def _read(self, context, image, location, store_id):
        try:
            bits, size = glance_store.get(location['url'], store_id,
                                          context=context)
        except glance_store.NotFound as exc:
            raise webob.exc.HTTPNotFound(
                explanation=f'The store {store_id!r} has lost the bits of '
                            f'image {image.image_id}.') from exc
        except Exception as exc:
            LOG.exception('Image %s cannot be read from the store %s',
                          image.image_id, store_id)
            raise webob.exc.HTTPServiceUnavailable(
                explanation=f'Image {image.image_id} cannot be read from the '
                            f'store {store_id!r} now.') from exc
        response = webob.Response(
            content_type='application/octet-stream', app_iter=bits)
        response.headers[HEADER] = store_id
        if size or image.size is not None:
            # An answer that is cut short is known by it.
            response.content_length = int(size or image.size)
        return response
