"""``powerstore:``, Dell PowerStore."""

from api_validation.definitions import Definition
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import Text

_POWERSTORE = 'Dell PowerStore'
_SOURCE = 'cinder/volume/drivers/dell_emc/powerstore/utils.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='powerstore:protection_policy',
            description='The protection policy of volumes: snapshots and '
                        'replication.',
            value=Text('the name of a protection policy'),
            read_by=_POWERSTORE, source=_SOURCE),
        Definition(
            name='powerstore:metro',
            description='Volumes are active on two arrays (Metro).',
            value=Choice('<is> True', 'True', 'true',
                         '<is> False', 'False', 'false'),
            default='false',
            rules=(Requires('replication_enabled', TRUE, TRUE),),
            read_by=_POWERSTORE, source=_SOURCE),
    ]
