"""What images get in a store where the request for them says nothing.
"""

import typing

from cinder.api import microversions as mv
from oslo_config import cfg

from cinder_glance_multistore.cinder import discovery
from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.conf import store_defaults as options
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import properties
from cinder_glance_multistore.image_service import records

CONF = cfg.CONF

_MAX = 255
# Glance's own members of an image: never a property.
_RESERVED = frozenset((
    'id', 'name', 'status', 'visibility', 'size', 'virtual_size', 'checksum',
    'disk_format', 'container_format', 'owner', 'protected', 'min_disk',
    'min_ram', 'tags', 'created_at', 'updated_at', 'file', 'self', 'schema',
    'locations', 'direct_url', 'stores', 'os_hash_algo', 'os_hash_value',
    'os_hidden', 'cinder_encryption_key_id',
    'cinder_encryption_key_deletion_policy'))


class Defaults(typing.NamedTuple):
    """Of one store; None, or no properties, where nothing is said."""

    disk_format: str | None = None
    container_format: str | None = None
    visibility: str | None = None
    properties: typing.Mapping[str, str] = {}


def stores():
    """Return the ids of the stores that have a section, sorted."""
    return sorted(
        section[len(options.PREFIX):]
        for section in CONF.list_all_sections()
        if section.lower().startswith(options.PREFIX))


def check():
    """See that every section can be used; at the start of each service.

    :raises InvalidStoreDefaults: one cannot
    """
    seen = {}
    for store_id in stores():
        other = seen.setdefault(store_id.lower(), store_id)
        if other != store_id:
            raise errors.InvalidStoreDefaults(
                store_id, f"it cannot be told from that of '{other}'")
        _read(store_id)


def of(store_id):
    """Return the :class:`Defaults` of a store.

    :param store_id: None for a store that is not known: it has none
    """
    if store_id is None or store_id not in stores():
        return Defaults()
    return _read(store_id)


def fill_in(params, store_id, version, encrypted=False):
    """Write into an upload's parameters what they leave out.

    :param params: of ``os-volume_upload_image``, changed in place
    :param version: the request's APIVersionRequest
    :param encrypted: whether the volume is; it can only be raw and bare
    """
    defaults = of(store_id)
    names = () if encrypted else ('disk_format', 'container_format')
    if version >= mv.get_api_version(mv.UPLOAD_IMAGE_PARAMS):
        names += ('visibility',)
    for name in names:
        value = getattr(defaults, name)
        if value is not None:
            params.setdefault(name, value)


def add_properties(context, store_id, image_id):
    """Give an image the properties that its store's section lists.

    :param context: whose token is used
    :param store_id: None for Glance's default store
    :raises PropertiesRefused, ImageGone, Unreachable: as
        ``image_service.properties.complete``
    """
    if not stores():
        return
    if store_id is None:
        try:
            store_id = discovery.get(context).default_id
        except errors.NotMultiStore:
            return
    wanted = of(store_id).properties
    if wanted:
        properties.complete(
            glance_client.connector(context)(records.TIMEOUT), image_id,
            wanted, store_id)


def _read(store_id):
    group = options.group_of(store_id)
    options.register_opts(CONF, group)
    try:
        section = CONF[group]
        found = Defaults(*(section[name] for name in Defaults._fields))
    except (cfg.Error, ValueError) as e:
        raise errors.InvalidStoreDefaults(store_id, str(e)) from e
    for name, value in found.properties.items():
        if name in _RESERVED or name.startswith('os_glance'):
            raise errors.InvalidStoreDefaults(
                store_id, f"'{name}' is no property that can be set")
        if len(name) > _MAX or not value:
            raise errors.InvalidStoreDefaults(
                store_id, f"the property '{name[:60]}' is too long or has no "
                          f"value")
    return found
