"""``YADRO:``, YADRO Tatlin."""

from api_validation.definitions import Definition
from api_validation.values import Integer

_YADRO = 'YADRO Tatlin'
_SOURCE = 'cinder/volume/drivers/yadro/tatlin_common.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='YADRO:total_iops_sec_max',
            description='The greatest number of I/O operations a second; 0 '
                        'is no limit.',
            value=Integer(0), default='0',
            read_by=_YADRO, source=_SOURCE),
        Definition(
            name='YADRO:total_bytes_sec_max',
            description='The greatest bandwidth, in bytes a second; 0 is no '
                        'limit.',
            value=Integer(0), default='0',
            read_by=_YADRO, source=_SOURCE),
    ]
