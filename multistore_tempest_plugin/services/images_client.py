"""Tempest's image client, with stores."""

import functools

from oslo_serialization import jsonutils
from tempest.lib.common import rest_client
from tempest.lib.services.image.v2 import images_client

STORE_HEADER = 'X-Image-Meta-Store'


class StoresImagesClient(images_client.ImagesClient):

    def store_image_file(self, image_id, data, store=None):
        """Upload data to an image, to a store of the caller's choice.

        Tempest's own sends no header that names the store.

        :param data: a file, open for reading bytes
        :param store: id of a store; None lets Glance take its default
        """
        headers = {'Content-Type': 'application/octet-stream'}
        if store is not None:
            headers[STORE_HEADER] = store
        chunks = iter(functools.partial(
            data.read, images_client.CHUNKSIZE), b'')
        resp, body = self.request(
            'PUT', f'images/{image_id}/file', headers=headers, body=chunks,
            chunked=True)
        self.expected_success(204, resp.status)
        return rest_client.ResponseBody(resp, body)

    def info_stores_detail(self):
        """Return what Glance tells an administrator of its stores."""
        resp, body = self.get('info/stores/detail')
        self.expected_success(200, resp.status)
        return rest_client.ResponseBody(resp, jsonutils.loads(body))

    def register_location(self, image_id, url):
        """Ask Glance to take what is at a URL for an image's data.

        Tempest's own client cannot before release 45.
        """
        resp, body = self.post(f'images/{image_id}/locations',
                               jsonutils.dumps({'url': url}))
        self.expected_success(202, resp.status)
        return rest_client.ResponseBody(resp, body)

    def show_image_locations(self, image_id):
        """Return an image's locations, which Glance tells services only."""
        resp, body = self.get(f'images/{image_id}/locations')
        self.expected_success(200, resp.status)
        return rest_client.ResponseBodyList(resp, jsonutils.loads(body))
