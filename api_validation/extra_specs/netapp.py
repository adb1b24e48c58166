"""``netapp:`` and ``netapp_...``, NetApp ONTAP.

The keys with a colon are instructions to the driver. Those with an underscore
are capabilities that the driver reports of each pool, as the texts ``true``
and ``false``: both ``true`` and ``<is> True`` ask for them.
"""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import Either
from api_validation.values import IsBoolean
from api_validation.values import Operators
from api_validation.values import Text

_NETAPP = 'NetApp ONTAP'
_UTILS = 'cinder/volume/drivers/netapp/utils.py'
_CAPABILITIES = ('cinder/volume/drivers/netapp/dataontap/utils/'
                 'capabilities.py')
_TABLE = 'doc/source/configuration/tables/manual/' \
         'cinder-netapp_cdot_extraspecs.inc'
_FLAG = Either(IsBoolean(), Choice('true', 'false'))

_FLAGS = (
    ('netapp_mirrored', 'The pool is mirrored.'),
    ('netapp_dedup', 'The pool deduplicates.'),
    ('netapp_compression', 'The pool compresses.'),
    ('netapp_thin_provisioned', 'The pool allocates space when written.'),
    ('netapp_flexvol_encryption', 'The pool is encrypted.'),
    ('netapp_hybrid_aggregate', 'The aggregate has a flash pool.'),
    ('netapp_is_flexgroup', 'The pool is a FlexGroup.'),
    ('netapp_qos_min_support', 'The pool can guarantee a throughput.'),
)

# The old negative of each: what is to be used instead.
_NEGATIVES = (
    ('netapp_unmirrored', 'netapp_mirrored'),
    ('netapp_nodedup', 'netapp_dedup'),
    ('netapp_nocompression', 'netapp_compression'),
    ('netapp_thick_provisioned', 'netapp_thin_provisioned'),
)

_OBSOLETE = (
    ('netapp:raid_type', 'netapp_raid_type'),
    ('netapp:disk_type', 'netapp_disk_type'),
)


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='netapp:qos_policy_group',
            description=(
                'The QoS policy group of volumes; it must exist in ONTAP. A '
                'type with QoS specs cannot have it.'),
            value=Text('the name of a QoS policy group'),
            read_by=_NETAPP, source=_UTILS),
        Definition(
            name='netapp:qos_policy_group_is_adaptive',
            description='netapp:qos_policy_group is an adaptive one.',
            value=IsBoolean(),
            default='<is> False',
            rules=(Requires('netapp:qos_policy_group', TRUE),),
            read_by=_NETAPP,
            source='cinder/volume/drivers/netapp/dataontap/block_base.py'),
        Definition(
            name='netapp:space_allocation',
            description='LUNs report what is deleted, and get it back.',
            value=IsBoolean(),
            default='on from ONTAP 9.15.1 on',
            read_by=_NETAPP,
            source='cinder/volume/drivers/netapp/dataontap/block_base.py'),
        Definition(
            name='netapp_raid_type',
            description='The RAID type of the aggregate: raid4, raid_dp or '
                        'raid_tec.',
            value=Operators('text'),
            capability=True, read_by=_NETAPP, source=_CAPABILITIES),
        Definition(
            name='netapp_disk_type',
            description=(
                'The type of disks of the aggregate: ATA, BSAS, EATA, FCAL, '
                'FSAS, LUN, MSATA, SAS, SATA, SCSI, SSD, XATA, XSAS and '
                'newer ones.'),
            value=Operators('text'),
            capability=True, read_by=_NETAPP, source=_CAPABILITIES),
        Definition(
            name='netapp_aggregate',
            description='The aggregate of the pool.',
            value=Operators('text'),
            capability=True, read_by=_NETAPP, source=_CAPABILITIES),
        Definition(
            name='netapp_storage_availability_zones',
            description='The storage availability zones of an ASA r2.',
            value=Operators('text'),
            capability=True, read_by=_NETAPP,
            source='cinder/volume/drivers/netapp/dataontap/block_cmode.py'),
        Definition(
            name='netapp_disaggregated_platform',
            description='The array is an ASA r2.',
            value=_FLAG,
            capability=True, read_by=_NETAPP,
            source='cinder/volume/drivers/netapp/dataontap/block_cmode.py'),
        Definition(
            name='netapp_aggregate_used_percent',
            description='The used part of the aggregate, in per cent.',
            value=Operators('number'),
            capability=True, read_by=_NETAPP,
            source='cinder/volume/drivers/netapp/dataontap/block_cmode.py'),
        Definition(
            name='netapp_dedupe_used_percent',
            description='The used part of the deduplication limit, in per '
                        'cent.',
            value=Operators('number'),
            capability=True, read_by=_NETAPP,
            source='cinder/volume/drivers/netapp/dataontap/block_cmode.py'),
        *[Definition(name=name, description=description, value=_FLAG,
                     capability=True, read_by=_NETAPP, source=_CAPABILITIES)
          for name, description in _FLAGS],
        *[Definition(name=name,
                     description=f'The opposite of {new}.',
                     value=_FLAG,
                     deprecated=f"use {new} with the opposite value",
                     rules=(Conflict(new, TRUE, TRUE,
                                     'one is the opposite of the other'),),
                     capability=True, read_by=_NETAPP, source=_TABLE)
          for name, new in _NEGATIVES],
        *[Definition(name=name,
                     description=f'The old name of {new}. It has no effect.',
                     deprecated=f'use {new}',
                     read_by=_NETAPP, source=_UTILS)
          for name, new in _OBSOLETE],
    ]
