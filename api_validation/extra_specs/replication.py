"""``replication:``, how HPE and Dell Storage Center replicate."""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import Integer
from api_validation.values import IsBoolean

_HPE = 'HPE 3PAR, Primera, Alletra'
_SC = 'Dell Storage Center'
_HPE_SOURCE = 'cinder/volume/drivers/hpe/hpe_3par_common.py'
_SC_SOURCE = ('cinder/volume/drivers/dell_emc/sc/'
              'storagecenter_common.py')
_REPLICATED = Requires('replication_enabled', None, TRUE)


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='replication:mode',
            description='Whether each write is replicated, or all at times.',
            value=Choice('sync', 'periodic'),
            default='periodic',
            rules=(_REPLICATED,),
            read_by=_HPE, source=_HPE_SOURCE),
        Definition(
            name='replication:sync_period',
            description=(
                'Seconds between two replications in periodic mode.'),
            value=Integer(300, 31622400),
            default='900',
            rules=(_REPLICATED,),
            read_by=_HPE, source=_HPE_SOURCE),
        Definition(
            name='replication:policy',
            description='The policy of synchronous replication.',
            value=Choice('active-active', ignore_case=True),
            rules=(_REPLICATED,
                   Conflict('replication:mode', None, ('periodic',),
                            'the policy is for synchronous replication')),
            read_by='HPE Alletra MP',
            source='cinder/volume/drivers/hpe/alletramp_service.py'),
        Definition(
            name='replication:retention_count',
            description='How many snapshots the primary array keeps.',
            value=Integer(0), default='5', rules=(_REPLICATED,),
            read_by=_HPE,
            source='cinder/volume/drivers/hpe/hpe_3par_base.py'),
        Definition(
            name='replication:remote_retention_count',
            description='How many snapshots the secondary array keeps.',
            value=Integer(0), default='5', rules=(_REPLICATED,),
            read_by=_HPE,
            source='cinder/volume/drivers/hpe/hpe_3par_base.py'),
        Definition(
            name='replication:activereplay',
            description='The current state is replicated, not snapshots.',
            value=IsBoolean(exact=True), rules=(_REPLICATED,),
            read_by=_SC, source=_SC_SOURCE),
        Definition(
            name='replication:livevolume',
            description='Both copies of a volume can be used (Live Volume).',
            value=IsBoolean(exact=True), rules=(_REPLICATED,),
            read_by=_SC, source=_SC_SOURCE),
        Definition(
            name='replication:livevolume:autofailover',
            description='A Live Volume fails over by itself.',
            value=IsBoolean(exact=True),
            rules=(Requires('replication:livevolume', None, TRUE),),
            read_by=_SC, source=_SC_SOURCE),
    ]
