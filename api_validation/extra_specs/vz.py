"""``vz:``, Virtuozzo Storage."""

from api_validation.definitions import Definition
from api_validation.values import Choice


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='vz:volume_format',
            description='The format of the file that a volume is.',
            value=Choice('raw', 'qcow2', 'ploop'),
            default='vzstorage_default_volume_format',
            read_by='Virtuozzo Storage',
            source='cinder/volume/drivers/vzstorage.py'),
    ]
