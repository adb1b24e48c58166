"""``powermax:``, Dell PowerMax; more of it is in ``storagetype:``."""

from api_validation.definitions import Definition
from api_validation.values import Choice


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='powermax:disable_protected_snap',
            description='No protected snapshot is made of a replicated '
                        'volume.',
            value=Choice('<is> True', 'True', 'true',
                         '<is> False', 'False', 'false'),
            default='false',
            read_by='Dell PowerMax',
            source='cinder/volume/drivers/dell_emc/powermax/utils.py'),
    ]
