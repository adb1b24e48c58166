"""``nimble:``, HPE Nimble and Alletra 6000."""

from api_validation.definitions import Definition
from api_validation.values import Choice
from api_validation.values import Integer
from api_validation.values import Text

_NIMBLE = 'HPE Nimble, Alletra 6000'
_SOURCE = 'cinder/volume/drivers/hpe/nimble.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='nimble:encryption',
            description='Volumes are encrypted.',
            value=Choice('yes', 'no', ignore_case=True), default='no',
            read_by=_NIMBLE, source=_SOURCE),
        Definition(
            name='nimble:perfpol-name',
            description='The performance policy of volumes.',
            value=Text('the name of a performance policy'),
            default='default', read_by=_NIMBLE, source=_SOURCE),
        Definition(
            name='nimble:dedupe',
            description='Volumes are deduplicated.',
            value=Choice('true', 'false', ignore_case=True),
            default='false', read_by=_NIMBLE, source=_SOURCE),
        Definition(
            name='nimble:iops-limit',
            description='The greatest number of I/O operations a second.',
            value=Integer(256, 4294967294), default='no limit',
            read_by=_NIMBLE, source=_SOURCE),
        Definition(
            name='nimble:folder',
            description='The folder that volumes are made in.',
            value=Text('the name of a folder'),
            read_by=_NIMBLE, source=_SOURCE),
        Definition(
            name='nimble:multi-initiator',
            description='Volumes can be attached to several servers. It has '
                        'no effect.',
            deprecated="use multiattach='<is> True'",
            read_by=_NIMBLE,
            source='doc/source/configuration/block-storage/drivers/'
                   'nimble-volume-driver.rst'),
    ]
