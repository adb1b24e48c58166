"""What would put a new image into a store that is drained is refused.

Every way in that names a store, or means the default one: ``PUT
/v2/images/{id}/file``, ``POST /v2/images/{id}/import`` with any method
(``copy-image`` among them) and ``POST /v2/tasks``. Staging names none; the
import that follows does. And locations in the store, by ``POST
/v2/images/{id}/locations`` and by ``PATCH /v2/images/{id}``: where services
put bits there by themselves (clones of volumes, snapshots of RBD disks) it
would never be empty.
"""

import re

from oslo_serialization import jsonutils
import webob.exc

from cinder_glance_multistore.glance import errors

#: Bytes of a body that are read to see which stores it names.
MAX_BODY = 1024 * 1024

# paste's urlmap takes several slashes for one.
_UPLOAD = re.compile(r'.*/images/+[^/]+/+file/*')
_IMPORT = re.compile(r'.*/images/+[^/]+/+import/*')
_LOCATIONS = re.compile(r'.*/images/+[^/]+/+locations/*')
_IMAGE = re.compile(r'.*/images/+[^/]+/*')
_TASKS = re.compile(r'.*/tasks/*')


class Draining:
    """
    :param conf: glance-api's
    :param stores: ids of the stores that take no new images
    :param store_of: a function from a location to the id of the store that
        Glance finds it in, None for none
    """

    def __init__(self, conf, stores, store_of):
        self._conf = conf
        self._stores = frozenset(stores)
        self._store_of = store_of

    def check(self, req):
        """Refuse a request that would put an image into a drained store.

        :param req: a ``webob.Request``; its body may be read ahead
        :raises webob.exc.HTTPConflict: it would
        :raises webob.exc.HTTPClientError: it cannot be told
        """
        if not self._stores:
            return
        if req.method == 'PUT' and _UPLOAD.fullmatch(req.path_info):
            self._refuse([self._named(req)])
        elif req.method == 'POST' and _IMPORT.fullmatch(req.path_info):
            self._refuse(self._of_import(req, _body(req)))
        elif req.method == 'POST' and _LOCATIONS.fullmatch(req.path_info):
            self._refuse(self._of_locations([_body(req)]))
        elif (req.method == 'PATCH' and _IMAGE.fullmatch(req.path_info)
                # Otherwise Glance takes none so.
                and self._conf.show_multiple_locations):
            self._refuse(self._of_changes(_body(req)))
        elif req.method == 'POST' and _TASKS.fullmatch(req.path_info):
            # Tasks of users know no stores.
            self._refuse([self._conf.glance_store.default_backend])

    def _named(self, req):
        return req.headers.get('x-image-meta-store',
                               self._conf.glance_store.default_backend)

    def _of_import(self, req, body):
        """The stores an import goes to, as Glance will read its body.

        None of what Glance itself refuses.
        """
        if not isinstance(body, dict):
            return []
        if body.get('all_stores'):
            return list(self._conf.enabled_backends)
        if 'stores' not in body:
            return [self._named(req)]
        stores = body['stores']
        # Glance iterates over whatever it is.
        return list(stores) if isinstance(stores, list | dict | str) else []

    def _of_changes(self, body):
        """The stores of the locations in a JSON patch.

        No other value is an object, or a list of them. Glance lets a list
        with locations replace an empty one only, so that all are new.
        """
        found = []
        for change in body if isinstance(body, list) else ():
            value = change.get('value') if isinstance(change, dict) else None
            found += value if isinstance(value, list) else [value]
        return self._of_locations(found)

    def _of_locations(self, found):
        return [self._store_of(each['url']) for each in found
                if isinstance(each, dict) and isinstance(
                    each.get('url'), str)]

    def _refuse(self, stores):
        drained = sorted(self._stores.intersection(
            store for store in stores if isinstance(store, str)))
        if drained:
            raise errors.plain(webob.exc.HTTPConflict, self._text(drained))

    def _text(self, drained):
        names = ', '.join(map(repr, drained))
        subject = ('The store {} is being drained and takes'
                   if len(drained) == 1 else
                   'The stores {} are being drained and take').format(names)
        others = ', '.join(
            repr(store) for store, kind in
            sorted(self._conf.enabled_backends.items())
            if store not in self._stores and kind != 'http'
            and not store.startswith('os_glance_'))
        return (f'{subject} no new images. Name another store: '
                f'{others or "there is none"}.')


def _body(req):
    """Return the decoded body, left in place for Glance; None if none is.
    """
    if req.headers.get('transfer-encoding'):
        raise errors.plain(webob.exc.HTTPLengthRequired,
                           'Send this request with a Content-Length.')
    if not req.content_length:
        return None
    if req.content_length > MAX_BODY:
        raise errors.plain(webob.exc.HTTPRequestEntityTooLarge,
                           f'This request may have {MAX_BODY} bytes.')
    req.body = req.body_file_raw.read(req.content_length)
    try:
        # As Glance reads it.
        return jsonutils.loads(req.body)
    except (ValueError, RecursionError):
        return None
