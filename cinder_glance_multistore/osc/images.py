"""Images and the stores they lie in, as the Image API shows them.
"""

import contextlib
import hashlib

from keystoneauth1 import exceptions as ksa_exc
from openstack import exceptions as sdk_exc
import requests

_STORE = 'X-Image-Meta-Store'
_CHUNK = 1024 * 1024
_PAGE = 200


class ImagesError(Exception):
    """What the cloud did not do, as a sentence."""


class NotVerified(ImagesError):
    """A copy of an image is not what it should be."""


class Images:
    """
    :param image: openstack.image.v2._proxy.Proxy, or what has its ``get``,
        ``post`` and ``delete``
    """

    def __init__(self, image):
        self._api = image

    def stores(self):
        """Return ``{store id: what Glance says of it}``."""
        with _told('The stores could not be listed'):
            answer = _checked(self._api.get('/info/stores')).json()
            return {store['id']: store for store in answer['stores']}

    def all(self):
        """Yield every image that the caller sees, hidden ones too."""
        for hidden in ('false', 'true'):
            # Without "visibility" an administrator is shown no community
            # images of others.
            url = (f'/images?visibility=all&member_status=all'
                   f'&os_hidden={hidden}&limit={_PAGE}')
            while url:
                with _told('The images could not be listed'):
                    page = _checked(self._api.get(url)).json()
                yield from page['images']
                url = page.get('next', '').removeprefix('/v2')

    def get(self, image_id):
        """Return an image, None where there is none any more."""
        with _told(f'Image {image_id} could not be looked at'):
            response = self._api.get(f'/images/{image_id}')
            if response.status_code == 404:
                return None
            return _checked(response).json()

    def begin_copy(self, image_id, store_id):
        """Have Glance copy an image's bits into a store too."""
        with _told(f'the copy to {store_id!r} was refused'):
            _checked(self._api.post(f'/images/{image_id}/import', json={
                'method': {'name': 'copy-image'}, 'stores': [store_id],
                'all_stores_must_succeed': True}))

    def last_failure(self, image_id):
        """Return what Glance says of the last task that failed, or ''."""
        with contextlib.suppress(sdk_exc.SDKException, ksa_exc.ClientException,
                                 ImagesError, ValueError, KeyError,
                                 requests.RequestException):
            tasks = _checked(self._api.get(
                f'/images/{image_id}/tasks')).json()['tasks']
            failed = [task for task in tasks if task['status'] == 'failure']
            if failed:
                return max(failed, key=lambda task: task['updated_at'])[
                    'message']
        return ''

    def read_back(self, image, store_id):
        """Read an image's bits from one store and compare them.

        :returns: True when they were read and are right; False where this
            Glance cannot read from a store that is named
        :raises NotVerified: they are not right, or cannot be read
        """
        algorithm, expected = digest_of(image)
        try:
            seen = hashlib.new(algorithm, usedforsecurity=False)
        except ValueError:
            return False
        with _told(f'the copy in {store_id!r} cannot be read', NotVerified):
            response = self._api.get(
                f'/images/{image["id"]}/file', headers={_STORE: store_id},
                stream=True)
            with contextlib.closing(response):
                _checked(response)
                if response.headers.get(_STORE) != store_id:
                    # Some other store's bits, as far as is known.
                    return False
                size = 0
                for chunk in response.iter_content(_CHUNK):
                    seen.update(chunk)
                    size += len(chunk)
        if (size, seen.hexdigest()) != (image['size'], expected):
            raise NotVerified(
                f'the copy in {store_id!r} differs: {size} bytes with '
                f'{algorithm} {seen.hexdigest()}, where {image["size"]} with '
                f'{expected} should be')
        return True

    def delete_from(self, image_id, store_id):
        """Delete an image's bits from one store of several."""
        with _told(f'the bits in {store_id!r} were not deleted'):
            response = self._api.delete(f'/stores/{store_id}/{image_id}')
            _checked(response)


def digest_of(image):
    """Return ``(algorithm, digest)`` of an image, ``(None, None)`` if none.

    """
    if image.get('os_hash_algo') and image.get('os_hash_value'):
        return image['os_hash_algo'], image['os_hash_value']
    if image.get('checksum'):
        return 'md5', image['checksum']
    return None, None


def _checked(response):
    sdk_exc.raise_from_response(response)
    return response


@contextlib.contextmanager
def _told(what, error=ImagesError):
    try:
        yield
    except (sdk_exc.SDKException, ksa_exc.ClientException) as exc:
        # Nobody there is the latter, which the former is not made of.
        detail = getattr(exc, 'details', None) or getattr(
            exc, 'message', None) or exc
        raise error(f'{what}: {" ".join(str(detail).split())}') from exc
    except (requests.RequestException, ValueError, KeyError, TypeError,
            AttributeError) as exc:
        raise error(f'{what}: {exc!r}') from exc
