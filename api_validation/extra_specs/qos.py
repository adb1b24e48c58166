"""``qos:``, limits that drivers read from the type itself.

QoS specs that are associated with a type come first; these are read where
there are none.
"""

from api_validation.definitions import Definition
from api_validation.rules import AtMost
from api_validation.rules import Requires
from api_validation.values import Choice
from api_validation.values import Integer
from api_validation.values import Number

_SOLIDFIRE = 'NetApp SolidFire'
_SOLIDFIRE_SOURCE = 'cinder/volume/drivers/solidfire.py'
_HPE = 'HPE 3PAR, Primera, Alletra'
_HPE_SOURCE = 'cinder/volume/drivers/hpe/hpe_3par_common.py'
_STORWIZE = 'IBM Storage Virtualize, Inspur InStorage'
_STORWIZE_SOURCE = ('cinder/volume/drivers/ibm/storwize_svc/'
                    'storwize_svc_common.py')


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='qos:minIOPS',
            description=(
                'The least number of I/O operations a second. SolidFire '
                'raises less than 100 to 100, and cuts more than 15000.'),
            value=Integer(0),
            rules=(AtMost('qos:maxIOPS'),),
            read_by=f'{_SOLIDFIRE}, {_HPE}', source=_SOLIDFIRE_SOURCE),
        Definition(
            name='qos:maxIOPS',
            description=(
                'The greatest number of I/O operations a second. SolidFire '
                'cuts more than 200000.'),
            value=Integer(0),
            rules=(AtMost('qos:burstIOPS'),),
            read_by=f'{_SOLIDFIRE}, {_HPE}', source=_SOLIDFIRE_SOURCE),
        Definition(
            name='qos:burstIOPS',
            description=(
                'The number of I/O operations a second that is allowed for '
                'a short time.'),
            value=Integer(0),
            read_by=_SOLIDFIRE, source=_SOLIDFIRE_SOURCE),
        Definition(
            name='qos:scaledIOPS',
            description='The limits grow with the size of the volume. Any '
                        'value switches that on.',
            rules=(Requires('qos:minIOPS'), Requires('qos:maxIOPS'),
                   Requires('qos:burstIOPS')),
            read_by=_SOLIDFIRE, source=_SOLIDFIRE_SOURCE),
        Definition(
            name='qos:scaleMin',
            description='What each GiB after the first adds to minIOPS.',
            value=Integer(0),
            rules=(Requires('qos:scaledIOPS'),),
            read_by=_SOLIDFIRE, source=_SOLIDFIRE_SOURCE),
        Definition(
            name='qos:scaleMax',
            description='What each GiB after the first adds to maxIOPS.',
            value=Integer(0),
            rules=(Requires('qos:scaledIOPS'),),
            read_by=_SOLIDFIRE, source=_SOLIDFIRE_SOURCE),
        Definition(
            name='qos:scaleBurst',
            description='What each GiB after the first adds to burstIOPS.',
            value=Integer(0),
            rules=(Requires('qos:scaledIOPS'),),
            read_by=_SOLIDFIRE, source=_SOLIDFIRE_SOURCE),
        Definition(
            name='qos:minBWS',
            description='The least bandwidth, in MB a second.',
            value=Integer(0),
            rules=(AtMost('qos:maxBWS'),),
            read_by=_HPE, source=_HPE_SOURCE),
        Definition(
            name='qos:maxBWS',
            description='The greatest bandwidth, in MB a second.',
            value=Integer(0),
            read_by=_HPE, source=_HPE_SOURCE),
        Definition(
            name='qos:latency',
            description='The latency aimed at, in milliseconds.',
            value=Number(0),
            read_by=_HPE, source=_HPE_SOURCE),
        Definition(
            name='qos:priority',
            description='The priority among other QoS rules.',
            value=Choice('low', 'normal', 'high', ignore_case=True),
            default='normal',
            read_by=_HPE, source=_HPE_SOURCE),
        Definition(
            name='qos:IOThrottling',
            description=(
                'The I/O limit, in the unit of qos:IOThrottling_unit. '
                'InStorage takes a whole number of operations a second.'),
            value=Number(0),
            read_by=_STORWIZE, source=_STORWIZE_SOURCE),
        Definition(
            name='qos:IOThrottling_unit',
            description='The unit of qos:IOThrottling.',
            value=Choice('iops', 'mbps', 'iops_per_gb'),
            rules=(Requires('qos:IOThrottling'),),
            read_by='IBM Storage Virtualize', source=_STORWIZE_SOURCE),
    ]
