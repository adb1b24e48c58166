"""Which uploads are under way, kept in Cinder's database.

Written before the first byte is sent and removed when the upload has ended
well or its image record is deleted, so that a crash of cinder-volume, or of
Glance, leaves no record behind for good (C6). Kept as admin metadata of the
volume, which no user sees and any host of a cluster can read.
"""

import contextlib
import typing

from cinder import context as cinder_context
from cinder import exception
from cinder import objects
from cinder.db import api as db

# Found by a query on this key. The host is no part of it: a volume may have
# entries of several hosts of a cluster.
_ANY = ('multistore_uploads', 'yes')
# One for each upload: this, and the image's id; the value is the host, and
# the mark behind a space if there is one.
_IMAGE_KEY = 'multistore_upload:'
_CONDEMNED = 'condemned'


class Entry(typing.NamedTuple):
    """An upload of a volume to an image, by a host (``host@backend``).

    ``condemned``: the upload failed, so the image must go even if Glance
    took it for whole and made it active.
    """

    volume_id: str
    image_id: str
    host: str
    condemned: bool = False


def begin(entry):
    """Remember an upload."""
    _write(entry)


def condemn(entry):
    """Remember that an upload failed; return its entry."""
    entry = entry._replace(condemned=True)
    # Where the volume was deleted meanwhile, there is nowhere to remember it.
    with contextlib.suppress(exception.VolumeNotFound):
        _write(entry)
    return entry


def _write(entry):
    value = f'{entry.host} {_CONDEMNED}' if entry.condemned else entry.host
    db.volume_admin_metadata_update(
        cinder_context.get_admin_context(), entry.volume_id,
        dict([_ANY, (_IMAGE_KEY + entry.image_id, value)]), False)


def end(entry):
    """Forget an upload; nothing happens if it is not remembered."""
    context = cinder_context.get_admin_context()
    try:
        db.volume_admin_metadata_delete(context, entry.volume_id,
                                        _IMAGE_KEY + entry.image_id)
        if not of_volume(entry.volume_id):
            db.volume_admin_metadata_delete(context, entry.volume_id,
                                            _ANY[0])
    except exception.VolumeNotFound:
        # Deleted meanwhile, and its metadata with it.
        pass


def of_volume(volume_id):
    """Return the entries of one volume, of every host."""
    metadata = db.volume_admin_metadata_get(
        cinder_context.get_admin_context(), volume_id)
    entries = []
    for key, value in sorted(metadata.items()):
        if key.startswith(_IMAGE_KEY):
            host, _, mark = value.partition(' ')
            entries.append(Entry(volume_id, key.removeprefix(_IMAGE_KEY),
                                 host, mark == _CONDEMNED))
    return entries


def of_host(host):
    """Return the entries that a host has left."""
    volumes = objects.VolumeList.get_all(
        cinder_context.get_admin_context(),
        filters={'metadata': dict([_ANY])})
    return [entry for volume in volumes for entry in of_volume(volume.id)
            if entry.host == host]
