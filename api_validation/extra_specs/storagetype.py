"""``storagetype:``, a scope that four drivers of Dell share."""

from api_validation.definitions import Definition
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import Names
from api_validation.values import Text

_SC = 'Dell Storage Center'
_SC_SOURCE = ('cinder/volume/drivers/dell_emc/sc/'
              'storagecenter_common.py')
_POWERMAX = 'Dell PowerMax'
_POWERMAX_SOURCE = 'cinder/volume/drivers/dell_emc/powermax/utils.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='storagetype:tiering',
            description=(
                "Where blocks of a volume lie. 'NoMovement' exists on VNX "
                'alone.'),
            value=Choice('StartHighThenAuto', 'Auto', 'HighestAvailable',
                         'LowestAvailable', 'NoMovement'),
            default='StartHighThenAuto',
            rules=(Requires('fast_support', None, TRUE,
                            'Unity ignores the policy without it'),),
            read_by='Dell Unity, VNX',
            source='cinder/volume/drivers/dell_emc/unity/adapter.py'),
        Definition(
            name='storagetype:pool',
            description='The pool of a VNX. It has no effect.',
            deprecated='the driver has ignored it since its version 5.1.0, '
                       'use pool_name',
            read_by='Dell VNX',
            source='cinder/volume/drivers/dell_emc/vnx/common.py'),
        Definition(
            name='storagetype:provisioning',
            description='The old name of provisioning:type. It has no '
                        'effect.',
            deprecated='use provisioning:type',
            read_by='Dell VNX',
            source='cinder/volume/drivers/dell_emc/vnx/common.py'),
        Definition(
            name='storagetype:portgroupname',
            description='The port group that volumes are reached through.',
            value=Text('the name of a port group'),
            default='one of powermax_port_groups',
            read_by=_POWERMAX, source=_POWERMAX_SOURCE),
        Definition(
            name='storagetype:disablecompression',
            description='Volumes are not compressed on arrays that would.',
            value=Choice('<is> True', 'True', 'true',
                         '<is> False', 'False', 'false'),
            default='compressed where the array can',
            read_by=_POWERMAX, source=_POWERMAX_SOURCE),
        Definition(
            name='storagetype:replication_device_backend_id',
            description=(
                'The backend_id of the replication_device that volumes are '
                'replicated to.'),
            value=Text('the backend_id of a replication device'),
            rules=(Requires('replication_enabled', None, TRUE),),
            read_by=_POWERMAX, source=_POWERMAX_SOURCE),
        Definition(
            name='storagetype:storagegrouptags',
            description='Tags of the storage group that volumes are in.',
            value=Names(Text('a tag of letters, digits, dashes and '
                             'underscores', '[A-Za-z0-9_-]+'), most=8),
            read_by=_POWERMAX, source=_POWERMAX_SOURCE),
        Definition(
            name='storagetype:storageprofile',
            description='The storage profile: the tiers a volume may use.',
            value=Text('the name of a storage profile'),
            read_by=_SC, source=_SC_SOURCE),
        Definition(
            name='storagetype:replayprofiles',
            description='The replay profiles: when snapshots are taken.',
            value=Names(Text('the name of a replay profile')),
            read_by=_SC, source=_SC_SOURCE),
        Definition(
            name='storagetype:volumeqos',
            description='The QoS profile of a volume.',
            value=Text('the name of a volume QoS profile'),
            read_by=_SC, source=_SC_SOURCE),
        Definition(
            name='storagetype:groupqos',
            description='The QoS profile of the group a volume is in.',
            value=Text('the name of a group QoS profile'),
            read_by=_SC, source=_SC_SOURCE),
        Definition(
            name='storagetype:datareductionprofile',
            description='Whether data are compressed or deduplicated.',
            value=Choice('None', 'Compression', 'Deduplication'),
            read_by=_SC,
            source='doc/source/configuration/block-storage/drivers/'
                   'dell-storagecenter-driver.rst'),
    ]
