"""``RESKEY:``, keys that Cinder reserves for itself."""

from api_validation.definitions import Definition
from api_validation.existence import AVAILABILITY_ZONE
from api_validation.values import Names
from api_validation.values import Text


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='RESKEY:availability_zones',
            description=(
                'The availability zones that volumes of the type can be made '
                'in.'),
            value=Names(Text('the name of an availability zone')),
            default='all',
            since='Rocky',
            exists_in=AVAILABILITY_ZONE,
            source='cinder/volume/volume_utils.py'),
    ]
