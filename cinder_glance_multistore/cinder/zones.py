"""Which availability zones volumes can be made in.
"""

from cinder import context as cinder_context
from cinder import objects
from cinder.common import constants
from oslo_config import cfg

CONF = cfg.CONF


def names():
    """Return the names of all zones, or None where no service has said one.

    Zones of services that are down or disabled count: a type may name them.
    """
    found = {service.availability_zone
             for service in objects.ServiceList.get_all_by_topic(
                 cinder_context.get_admin_context(), constants.VOLUME_TOPIC)}
    if not found:
        return None
    return sorted(filter(None, found | {CONF.storage_availability_zone}))
