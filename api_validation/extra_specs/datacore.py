"""``datacore:``, DataCore SANsymphony."""

from api_validation.definitions import Definition
from api_validation.values import Choice
from api_validation.values import Names
from api_validation.values import Text

_DATACORE = 'DataCore SANsymphony'
_SOURCE = 'cinder/volume/drivers/datacore/driver.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='datacore:disk_type',
            description='Whether there is one copy of a volume, or two.',
            value=Choice('single', 'mirrored', ignore_case=True),
            default='datacore_disk_type',
            read_by=_DATACORE, source=_SOURCE),
        Definition(
            name='datacore:storage_profile',
            description='The storage profile of volumes.',
            value=Text('the name of a storage profile'),
            default='datacore_storage_profile',
            read_by=_DATACORE, source=_SOURCE),
        Definition(
            name='datacore:disk_pools',
            description='The disk pools that volumes are made in.',
            value=Names(Text('the name of a disk pool')),
            default='datacore_disk_pools',
            read_by=_DATACORE, source=_SOURCE),
    ]
