"""``hbsd:``, Hitachi VSP."""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import Integer
from api_validation.values import IsBoolean
from api_validation.values import Names
from api_validation.values import Text

_HITACHI = 'Hitachi VSP'
_UTILS = 'cinder/volume/drivers/hitachi/hbsd_utils.py'
_COMMON = 'cinder/volume/drivers/hitachi/hbsd_common.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='hbsd:topology',
            description='Volumes have an active copy on each of two arrays '
                        '(global-active device).',
            value=Choice('active_active_mirror_volume'),
            read_by=_HITACHI,
            source='cinder/volume/drivers/hitachi/hbsd_replication.py'),
        Definition(
            name='hbsd:capacity_saving',
            description='Whether data are compressed and deduplicated.',
            value=Choice('disable', 'compression',
                         'deduplication_compression'),
            default='disable', read_by=_HITACHI, source=_UTILS),
        Definition(
            name='hbsd:drs',
            description='Volumes share reduced data (DRS), which virtual '
                        'clones need.',
            value=IsBoolean(exact=True), default='hitachi_use_drs_volumes',
            rules=(Conflict('hbsd:capacity_saving', TRUE, ('disable',),
                            'such volumes save capacity'),),
            read_by=_HITACHI, source=_UTILS),
        Definition(
            name='hbsd:snapshot_retention',
            description='The retention period of snapshots: how long they '
                        'cannot be deleted.',
            value=Integer(0), default='not kept',
            read_by=_HITACHI, source=_COMMON),
        Definition(
            name='hbsd:target_ports',
            description='The ports of the array, or of the primary one, '
                        'that volumes are reached through.',
            value=Names(Text("the name of a port, like 'CL1-A'")),
            default='hitachi_target_ports',
            read_by=_HITACHI, source=_COMMON),
        Definition(
            name='hbsd:remote_target_ports',
            description='The ports of the secondary array that volumes are '
                        'reached through.',
            value=Names(Text("the name of a port, like 'CL1-A'")),
            read_by=_HITACHI, source=_COMMON),
    ]
