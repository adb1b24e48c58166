"""Keys without a scope that Cinder itself, or several drivers, know.

The scheduler's CapabilitiesFilter compares every key without a scope (and
every ``capabilities:`` one) with what a back end reports under that name, and
passes over the back ends that do not report it. So each of these is a
question to the scheduler first, and an instruction to Cinder or to a driver
second.
"""

from api_validation.definitions import Definition
from api_validation.existence import BACKEND
from api_validation.rules import Conflict
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import IsBoolean
from api_validation.values import Operators

_STATS = 'cinder/interface/volume_driver.py'
_HOSTS = 'cinder/scheduler/host_manager.py'

# Capabilities that are true or false: name, description, source.
_TRUTHS = (
    ('thin_provisioning_support',
     'The back end can allocate space when it is written.', _STATS),
    ('thick_provisioning_support',
     'The back end can allocate all space at once.', _STATS),
    ('compression_support',
     'The back end can compress. Whether it does is another key, which '
     'depends on the driver.',
     'cinder/volume/drivers/dell_emc/unity/adapter.py'),
    ('deduplication_support',
     'The back end can deduplicate.',
     'cinder/volume/drivers/dell_emc/vnx/adapter.py'),
    ('fast_support',
     'The back end moves data between tiers (FAST VP).',
     'cinder/volume/drivers/dell_emc/unity/adapter.py'),
    ('QoS_support', 'The back end has quality of service.', _STATS),
    ('online_extend_support',
     'Volumes in use can be extended.', _STATS),
    ('sparse_copy_volume',
     'Copies of a volume leave out its zeros.', _STATS),
    ('clone_across_pools',
     'A volume can be cloned from one pool to another.', _STATS),
    ('consistencygroup_support',
     'The back end has consistency groups.',
     'cinder/volume/drivers/huawei/common.py'),
    ('consistent_group_snapshot_enabled',
     'Volumes of the type can be in a group whose snapshots are taken '
     'together.', 'cinder/volume/volume_utils.py'),
    ('consistent_group_replication_enabled',
     'Volumes of the type can be in a group that is replicated together.',
     'cinder/volume/drivers/ibm/storwize_svc/storwize_svc_common.py'),
    ('easytier_support', 'The back end has Easy Tier.',
     'cinder/volume/drivers/ibm/storwize_svc/storwize_svc_common.py'),
    ('thin_provisioning',
     'The standard capability of that name, as drivers report it.',
     'cinder/volume/driver.py'),
)

# Capabilities that are numbers.
_NUMBERS = (
    ('total_capacity_gb', 'The size of the pool in GiB.', _STATS),
    ('free_capacity_gb', 'The free space of the pool in GiB.', _STATS),
    ('provisioned_capacity_gb',
     'The space promised to volumes in GiB.', _STATS),
    ('allocated_capacity_gb',
     'The space Cinder has promised to volumes in GiB.',
     _HOSTS),
    ('max_over_subscription_ratio',
     'How many times its size a pool may promise.', _STATS),
    ('reserved_percentage',
     'The part of the pool that is kept free, in per cent.', _STATS),
    ('total_volumes', 'The number of volumes on the back end.', _STATS),
    ('replication_count',
     'The number of targets the back end replicates to.',
     'cinder/volume/drivers/inspur/instorage/instorage_common.py'),
)

# Capabilities that are texts.
_TEXTS = (
    ('pool_name', 'The pool that volumes of the type are made in.', _HOSTS),
    ('vendor_name', 'The vendor of the back end.', _STATS),
    ('driver_version', 'The version of the driver.', _STATS),
    ('storage_protocol',
     'How the volume is attached: iSCSI, FC, NFS, NVMe-TCP, ceph and others.',
     _STATS),
    ('location_info',
     'What a driver says of the place of its volumes.', _STATS),
    ('backend_state', "Whether the back end is 'up' or 'down'.",
     _HOSTS),
    ('replication_targets', 'The targets the back end replicates to.',
     'cinder/volume/drivers/inspur/instorage/instorage_common.py'),
)


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='volume_backend_name',
            description=(
                'The back end, or one of the back ends, that volumes of the '
                'type are made on: the option of that name in the section of '
                'the back end.'),
            value=Operators('text'),
            exists_in=BACKEND,
            capability=True,
            source=_STATS),
        Definition(
            name='multiattach',
            description=(
                'Volumes of the type can be attached to several servers at '
                'once.'),
            value=IsBoolean(exact=True),
            default='not possible',
            since='Queens',
            rules=(Conflict('cacheable', TRUE, TRUE),),
            capability=True,
            source='cinder/api/contrib/types_extra_specs.py'),
        Definition(
            name='cacheable',
            description=(
                'The compute node may cache volumes of the type on fast '
                'local storage.'),
            value=IsBoolean(exact=True),
            default='not cached',
            since='Victoria',
            capability=True,
            source='cinder/volume/manager.py'),
        Definition(
            name='replication_enabled',
            description='Volumes of the type are replicated.',
            value=IsBoolean(exact=True),
            default='not replicated',
            capability=True,
            source='cinder/volume/volume_utils.py'),
        Definition(
            name='replication_type',
            description=(
                'How volumes of the type are replicated, on back ends that '
                'have several ways. Which of the values a back end knows '
                'depends on its driver: sync and async on most, trisync on '
                'Pure, global, metro and gmcv on IBM Storage Virtualize. '
                "IBM's XIV family takes '<is> sync' in the place of "
                "'<in> sync'."),
            value=Choice('<in> sync', '<in> async', '<in> trisync',
                         '<in> global', '<in> metro', '<in> gmcv',
                         '<is> sync', '<is> async'),
            capability=True,
            source='cinder/volume/drivers/pure.py'),
        Definition(
            name='compression',
            description=(
                'The back end compresses: the standard capability of that '
                'name. On Lightbits volumes of the type are compressed.'),
            value=IsBoolean(),
            capability=True,
            source='cinder/volume/driver.py'),
        Definition(
            name='deduplicated_support',
            description='The back end can deduplicate. No driver reports '
                        'it, so no back end is found.',
            value=Operators('boolean'),
            deprecated='use deduplication_support, which the driver of VNX '
                       'reports',
            capability=True,
            source='doc/source/configuration/block-storage/drivers/'
                   'dell-emc-vnx-driver.rst'),
        *_capabilities('boolean', _TRUTHS),
        *_capabilities('number', _NUMBERS),
        *_capabilities('text', _TEXTS),
    ]


def _capabilities(kind, rows):
    return [Definition(name=name, description=description,
                       value=Operators(kind), capability=True, source=source)
            for name, description, source in rows]
