"""``flasharray:``, Pure Storage FlashArray."""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import Requires
from api_validation.values import Integer
from api_validation.values import Text

_PURE = 'Pure Storage FlashArray'
_SOURCE = 'cinder/volume/drivers/pure.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='flasharray:vg_name',
            description='The volume group that volumes are made in.',
            value=Text('the name of a volume group'),
            rules=(Conflict('replication_type', None,
                            ('<in> sync', '<in> trisync'),
                            'volume groups cannot be replicated '
                            'synchronously'),),
            read_by=_PURE, source=_SOURCE),
        Definition(
            name='flasharray:vg_maxIOPS',
            description='The greatest number of I/O operations a second of '
                        'the volume group.',
            value=Integer(100, 100000000), default='no limit',
            rules=(Requires('flasharray:vg_name'),),
            read_by=_PURE, source=_SOURCE),
        Definition(
            name='flasharray:vg_maxBWS',
            description='The greatest bandwidth of the volume group, in '
                        'bytes a second.',
            value=Integer(1048576, 549755813888), default='no limit',
            rules=(Requires('flasharray:vg_name'),),
            read_by=_PURE, source=_SOURCE),
    ]
