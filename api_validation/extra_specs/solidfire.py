"""``solidfire:``, NetApp SolidFire; more of it is in ``qos:``."""

from api_validation.definitions import Definition
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import Choice


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='solidfire:replication_mode',
            description='How volumes are replicated.',
            value=Choice('Async', 'Sync', 'SnapshotsOnly'),
            default='Async',
            rules=(Requires('replication_enabled', None, TRUE),),
            read_by='NetApp SolidFire',
            source='cinder/volume/drivers/solidfire.py'),
    ]
