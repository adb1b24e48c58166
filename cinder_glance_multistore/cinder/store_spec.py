"""The extra spec that names the store of a volume's images."""

import functools
import logging

from oslo_config import cfg

from cinder_glance_multistore.conf import volume_types
from cinder_glance_multistore.image_service import aliases as store_aliases
from cinder_glance_multistore.image_service import errors

KEY = 'image_service:store_id'

CONF = cfg.CONF
LOG = logging.getLogger(__name__)
volume_types.register_opts(CONF)


def aliases():
    """Return the configured ``image_service.aliases.Aliases``.

    Asked for at the start of each service, so that a mistake is told there.

    :raises InvalidAliases: the option makes no sense
    """
    try:
        names = CONF.multistore.store_aliases
    except (cfg.Error, ValueError) as e:
        raise errors.InvalidAliases(str(e)) from e
    return _build(tuple(sorted(names.items())))


@functools.lru_cache(1)
def _build(names):
    return store_aliases.Aliases(dict(names))


def resolve(specs):
    """Put the store that counts in the place of an alias.

    :param specs: extra specs; changed in place
    :returns: whether there was an alias
    """
    named = specs.get(KEY)
    store_id = aliases().resolve(named)
    if store_id == named:
        return False
    LOG.info("Image store '%s' is now called '%s' (store_aliases)", named,
             store_id)
    specs[KEY] = store_id
    return True


def resolve_for(volume):
    """Let everything that reads a volume's type see the store that counts.

    Drivers, and Cinder's own manager, read the extra spec themselves. Only
    this object is changed: the database goes on to say the alias.

    :param volume: objects.Volume
    """
    specs = dict(extra_specs(volume))
    if resolve(specs):
        volume.volume_type.extra_specs = specs
        volume.volume_type.obj_reset_changes(['extra_specs'])


def extra_specs(volume):
    """Return the extra specs of a volume's type, {} without a type."""
    volume_type = volume.volume_type
    return (volume_type.extra_specs or {}) if volume_type else {}
