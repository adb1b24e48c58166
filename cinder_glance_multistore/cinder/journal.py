"""Which uploads are under way, kept in Cinder's database.

Written before the first byte is sent and removed when the upload has ended
well or its image record is deleted, so that a crash of cinder-volume, or of
Glance, leaves no record behind for good (C6). Kept as admin metadata of the
volume, which no user sees and any host of a cluster can read.
"""

import typing

from cinder import context as cinder_context
from cinder import exception
from cinder import objects
from cinder.db import api as db

# Found by a query on this key, whose value is the host.
_HOST_KEY = 'multistore_uploads'
# One for each upload: this, and the image's id; the value is the host.
_IMAGE_KEY = 'multistore_upload:'


class Entry(typing.NamedTuple):
    """An upload of a volume to an image, by a host (``host@backend``)."""

    volume_id: str
    image_id: str
    host: str


def begin(entry):
    """Remember an upload."""
    db.volume_admin_metadata_update(
        cinder_context.get_admin_context(), entry.volume_id,
        {_HOST_KEY: entry.host, _IMAGE_KEY + entry.image_id: entry.host},
        False)


def end(entry):
    """Forget an upload; nothing happens if it is not remembered."""
    context = cinder_context.get_admin_context()
    try:
        db.volume_admin_metadata_delete(context, entry.volume_id,
                                        _IMAGE_KEY + entry.image_id)
        if not of_volume(entry.volume_id):
            db.volume_admin_metadata_delete(context, entry.volume_id,
                                            _HOST_KEY)
    except exception.VolumeNotFound:
        # Deleted meanwhile, and its metadata with it.
        pass


def of_volume(volume_id):
    """Return the entries of one volume, of every host."""
    metadata = db.volume_admin_metadata_get(
        cinder_context.get_admin_context(), volume_id)
    return [Entry(volume_id, key.removeprefix(_IMAGE_KEY), host)
            for key, host in sorted(metadata.items())
            if key.startswith(_IMAGE_KEY)]


def of_host(host):
    """Return the entries that a host has left."""
    volumes = objects.VolumeList.get_all(
        cinder_context.get_admin_context(),
        filters={'metadata': {_HOST_KEY: host}})
    return [entry for volume in volumes for entry in of_volume(volume.id)
            if entry.host == host]
