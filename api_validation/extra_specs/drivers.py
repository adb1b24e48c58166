"""``drivers:``, what the drivers of IBM and Inspur are told.

The scheduler does not look at the scope. IBM Storage Virtualize (Storwize,
SVC, FlashSystem) and Inspur InStorage read the same keys, IBM DS8000 its own.
"""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import FALSE
from api_validation.rules import TRUE
from api_validation.values import Boolean
from api_validation.values import Choice
from api_validation.values import Integer
from api_validation.values import Names
from api_validation.values import Text

_BOTH = 'IBM Storage Virtualize, Inspur InStorage'
_IBM = 'IBM Storage Virtualize'
_INSPUR = 'Inspur InStorage'
_DS8K = 'IBM DS8000'
_IBM_SOURCE = ('cinder/volume/drivers/ibm/storwize_svc/'
               'storwize_svc_common.py')
_INSPUR_SOURCE = ('cinder/volume/drivers/inspur/instorage/'
                  'instorage_common.py')
_DS8K_SOURCE = 'cinder/volume/drivers/ibm/ibm_storage/ds8k_proxy.py'


def register():
    """Return the definitions of this namespace."""
    return [*_storwize(), *_ds8k()]


def _storwize():
    return [
        Definition(
            name='drivers:rsize',
            description=(
                'The part of a thin volume that is allocated at once, in per '
                'cent; -1 allocates all of it.'),
            value=Integer(-1, 100), default='storwize_svc_vol_rsize',
            read_by=_BOTH, source=_IBM_SOURCE),
        Definition(
            name='drivers:warning',
            description=(
                'The fill level, in per cent, from which on the array '
                'warns; -1 never does.'),
            value=Integer(-1, 100), default='storwize_svc_vol_warning',
            read_by=_BOTH, source=_IBM_SOURCE),
        Definition(
            name='drivers:autoexpand',
            description='A thin volume grows by itself.',
            value=Boolean(), default='storwize_svc_vol_autoexpand',
            read_by=_BOTH, source=_IBM_SOURCE),
        Definition(
            name='drivers:grainsize',
            description=(
                'The grain size of a thin volume in KiB. InStorage does not '
                'know 8.'),
            value=Choice('8', '32', '64', '128', '256'),
            default='storwize_svc_vol_grainsize',
            read_by=_BOTH, source=_IBM_SOURCE),
        Definition(
            name='drivers:compression',
            description='Volumes are compressed.',
            value=Boolean(), default='storwize_svc_vol_compression',
            rules=(Conflict('drivers:rsize', TRUE, ('-1',),
                            'a compressed volume is a thin one'),),
            read_by=_BOTH, source=_IBM_SOURCE),
        Definition(
            name='drivers:easytier',
            description='Easy Tier moves data between tiers.',
            value=Boolean(), default='storwize_svc_vol_easytier',
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:intier',
            description='InTier moves data between tiers.',
            value=Boolean(), default='instorage_mcs_vol_intier',
            read_by=_INSPUR, source=_INSPUR_SOURCE),
        Definition(
            name='drivers:iogrp',
            description='The I/O groups that volumes are made in.',
            value=Names(Integer(0)), default='storwize_svc_vol_iogrp',
            read_by=_BOTH, source=_IBM_SOURCE),
        Definition(
            name='drivers:nofmtdisk',
            description='Volumes are not formatted when they are made.',
            value=Boolean(), default='storwize_svc_vol_nofmtdisk',
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:flashcopy_rate',
            description='The rate of a full copy.',
            value=Integer(1, 150), default='storwize_svc_flashcopy_rate',
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:clean_rate',
            description='The rate at which a mapping is cleaned.',
            value=Integer(0, 150), default='storwize_svc_clean_rate',
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:cycle_period_seconds',
            description=(
                'Seconds between two cycles of a Global Mirror with change '
                'volumes.'),
            value=Integer(60, 86400), default='cycle_period_seconds',
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:mirror_pool',
            description='The pool of the second copy of a volume.',
            value=Text('the name of a pool'),
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:aux_mirror_pool',
            description='The pool of the second copy of the auxiliary '
                        'volume.',
            value=Text('the name of a pool'),
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:stretched_cluster',
            description='The pool of the second copy in a stretched '
                        'cluster.',
            value=Text('the name of a pool'),
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:volume_topology',
            description='Volumes have an active copy on each of two sites.',
            value=Choice('hyperswap'),
            rules=(
                Conflict('drivers:mirror_pool', ('hyperswap',)),
                Conflict('replication_enabled', ('hyperswap',), TRUE),
                Conflict('drivers:easytier', ('hyperswap',), FALSE)),
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:peer_pool',
            description='The pool of a HyperSwap volume on the other site.',
            value=Text('the name of a pool'), default='storwize_peer_pool',
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:storwize_portset',
            description='The port set that hosts are made in.',
            value=Text('the name of a port set'),
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:storwize_svc_src_child_pool',
            description='The child pool of the source change volume.',
            value=Text('the name of a pool'),
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:storwize_svc_target_child_pool',
            description='The child pool of the auxiliary change volume.',
            value=Text('the name of a pool'),
            read_by=_IBM, source=_IBM_SOURCE),
        Definition(
            name='drivers:multipath',
            description='It has no effect.',
            deprecated='the driver does not read it; several paths are an '
                       'option of Nova and Cinder',
            read_by=_IBM,
            source='doc/source/configuration/block-storage/drivers/'
                   'ibm-storwize-svc-driver.rst'),
    ]


def _ds8k():
    return [
        Definition(
            name='drivers:thin_provision',
            description='Volumes are thin.',
            value=Choice('True', 'False', ignore_case=True), default='True',
            read_by=_DS8K, source=_DS8K_SOURCE),
        Definition(
            name='drivers:os400',
            description='The IBM i volume type.',
            value=Choice('A01', 'A02', 'A04', 'A05', 'A06', 'A07',
                         'A81', 'A82', 'A84', 'A85', 'A86', 'A87',
                         '050', '099', ignore_case=True),
            read_by=_DS8K, source=_DS8K_SOURCE),
        Definition(
            name='drivers:storage_pool_ids',
            description='The pools that volumes are made in.',
            value=Names(Text("the id of a pool, like 'P1'")),
            read_by=_DS8K, source=_DS8K_SOURCE),
        Definition(
            name='drivers:storage_lss_ids',
            description='The logical subsystems that volumes are made in.',
            value=Names(Text('a hexadecimal number from 00 to FF',
                             '[0-9A-Fa-f]{1,2}')),
            read_by=_DS8K, source=_DS8K_SOURCE),
    ]
