"""``provisioning:``, how and in which sizes volumes are allocated."""

from api_validation.definitions import Definition
from api_validation.rules import AtMost
from api_validation.rules import Conflict
from api_validation.values import Choice
from api_validation.values import Integer


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='provisioning:type',
            description=(
                "How space is allocated. With 'thick' the scheduler counts "
                'free space and not what is promised; the drivers of Dell '
                "PowerFlex, Unity and VNX know 'compressed' as well, that of "
                "VNX 'deduplicated'."),
            value=Choice('thin', 'thick', 'compressed', 'deduplicated'),
            default='thin for the scheduler',
            rules=(Conflict('storagetype:tiering', ('deduplicated',), None,
                            'a deduplicated volume has the tiering policy '
                            'of its pool'),),
            source='cinder/scheduler/filters/capacity_filter.py'),
        Definition(
            name='provisioning:min_vol_size',
            description='The smallest size of a volume of the type, in GiB.',
            value=Integer(1),
            default='no limit',
            since='Ussuri',
            rules=(AtMost('provisioning:max_vol_size'),),
            source='cinder/volume/volume_types.py'),
        Definition(
            name='provisioning:max_vol_size',
            description='The largest size of a volume of the type, in GiB.',
            value=Integer(1),
            default='no limit',
            since='Ussuri',
            source='cinder/volume/volume_types.py'),
    ]
