"""Nova's view of Glance, as far as its VMware driver looks."""

import threading
import uuid

MIB = 1 << 20


class Images:
    """Takes the place of ``nova.image.glance.API``. Counts what is read."""

    def __init__(self):
        self._images = {}
        self._lock = threading.Lock()
        self.forget()

    def forget(self):
        self.downloads = []
        self.bytes = 0
        self.uploads = {}

    def add(self, size=MIB, location=None, content=None, **properties):
        """Return the id of a new image."""
        image_id = str(uuid.uuid4())
        data = content if content is not None else (
            image_id.encode() * (size // 36 + 1))[:size]
        self._images[image_id] = {
            'id': image_id, 'name': f'image {image_id}', 'size': len(data),
            'data': data, 'properties': properties,
            'locations': [{'url': url, 'metadata': {}}
                          for url in location or ()]}
        return image_id

    def data(self, image_id):
        return self._images[image_id]['data']

    def properties(self, image_id):
        return self._images[image_id]['properties']

    # What the driver calls.

    def get(self, context, image_id, include_locations=False):
        image = {key: value for key, value in self._images[image_id].items()
                 if key != 'data'}
        if not include_locations:
            del image['locations']
        return image

    def download(self, context, image_id, **kwargs):
        data = self.data(image_id)
        with self._lock:
            self.downloads.append(image_id)
            self.bytes += len(data)
        return iter([data[at:at + 65536]
                     for at in range(0, len(data), 65536)])

    def update(self, context, image_id, metadata, data=None, **kwargs):
        content = b''
        while data is not None:
            piece = data.read(65536)
            if not piece:
                break
            content += piece
        self.uploads[image_id] = (metadata, content)
