"""``powerflex:``, Dell PowerFlex."""

from api_validation.definitions import Definition
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import Text


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='powerflex:replication_cg',
            description='The replication consistency group that volumes '
                        'and their replicas join.',
            value=Text('the name of a replication consistency group'),
            rules=(Requires('replication_enabled', None, TRUE),),
            read_by='Dell PowerFlex',
            source='cinder/volume/drivers/dell_emc/powerflex/driver.py'),
    ]
