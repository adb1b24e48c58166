"""Which uploads are under way, kept in Cinder's database.

Written before the first byte is sent and removed when the upload has ended
well or its image record is deleted, so that a crash of cinder-volume, or of
Glance, leaves no record behind for good (C6). Kept as admin metadata of the
volume, which no user sees and any host of a cluster can read.
"""

import contextlib
import typing
import urllib.parse

from cinder import context as cinder_context
from cinder import exception
from cinder import objects
from cinder.db import api as db

# Found by a query on this key. The host is no part of it: a volume may have
# entries of several hosts of a cluster.
_ANY = ('multistore_uploads', 'yes')
# One for each upload: this, and the image's id; the value is the host, and
# marks behind it, with spaces between.
_IMAGE_KEY = 'multistore_upload:'
_CONDEMNED = 'condemned'
_REGISTERING = 'registering'
_DIRECT = 'direct='


class Entry(typing.NamedTuple):
    """An upload of a volume to an image, by a host (``host@backend``).

    ``condemned``: the upload failed, so the image must go even if Glance
    took it for whole and made it active.

    ``direct``: the store that this host writes into by itself, '' for none;
    ``registering``: Glance may have been told of what is there.
    """

    volume_id: str
    image_id: str
    host: str
    condemned: bool = False
    direct: str = ''
    registering: bool = False


def condemn(entry):
    """Remember that an upload failed; return its entry."""
    entry = entry._replace(condemned=True)
    # Where the volume was deleted meanwhile, there is nowhere to remember it.
    with contextlib.suppress(exception.VolumeNotFound):
        _write(entry)
    return entry


def _write(entry):
    value = ' '.join([entry.host, *_marks(entry)])
    db.volume_admin_metadata_update(
        cinder_context.get_admin_context(), entry.volume_id,
        dict([_ANY, (_IMAGE_KEY + entry.image_id, value)]), False)


def _marks(entry):
    if entry.condemned:
        yield _CONDEMNED
    if entry.direct:
        yield _DIRECT + urllib.parse.quote(entry.direct, safe='')
    if entry.registering:
        yield _REGISTERING


def _entry(volume_id, image_id, value):
    host, *marks = value.split(' ')
    direct = next((mark.removeprefix(_DIRECT) for mark in marks
                   if mark.startswith(_DIRECT)), '')
    return Entry(volume_id, image_id, host, _CONDEMNED in marks,
                 urllib.parse.unquote(direct), _REGISTERING in marks)


class Page:
    """The entry of an upload under way, kept up to date.

    :ivar entry: the :class:`Entry` as it is remembered
    """

    def __init__(self, entry):
        self.entry = entry

    def note(self, **changes):
        """Remember it, with some fields changed."""
        entry = self.entry._replace(**changes)
        _write(entry)
        self.entry = entry


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
            entries.append(_entry(
                volume_id, key.removeprefix(_IMAGE_KEY), value))
    return entries


def of_host(host):
    """Return the entries that a host has left."""
    volumes = objects.VolumeList.get_all(
        cinder_context.get_admin_context(),
        filters={'metadata': dict([_ANY])})
    return [entry for volume in volumes for entry in of_volume(volume.id)
            if entry.host == host]
