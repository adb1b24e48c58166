"""``hpe3par:``, HPE 3PAR, Primera and Alletra."""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import Text

_HPE = 'HPE 3PAR, Primera, Alletra'
_SOURCE = 'cinder/volume/drivers/hpe/hpe_3par_common.py'
# The driver takes whatever is not 'true' for false.
_FLAG = Choice('true', 'false', ignore_case=True)


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='hpe3par:snap_cpg',
            description='The common provisioning group of snapshots.',
            value=Text('the name of a CPG'),
            default='hpe3par_cpg_snap, then the CPG of the volume',
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:cpg',
            description='The common provisioning group. It has no effect.',
            deprecated='the scheduler chooses among the hpe3par_cpg of the '
                       'back end, use pool_name',
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:provisioning',
            description=(
                'How space is allocated. Alletra MP does not know full.'),
            value=Choice('thin', 'full', 'dedup'),
            default='thin',
            rules=(Conflict('hpe3par:compression', ('full',), TRUE,
                            'a fully provisioned volume cannot be '
                            'compressed'),),
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:persona',
            description='The persona of hosts: how the array speaks to '
                        'their operating system.',
            value=Choice(
                '1 - Generic', '2 - Generic-ALUA', '3 - Generic-legacy',
                '4 - HPUX-legacy', '5 - AIX-legacy', '6 - EGENERA',
                '7 - ONTAP-legacy', '8 - VMware', '9 - OpenVMS',
                '10 - HPUX', '11 - WindowsServer'),
            default='2 - Generic-ALUA',
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:vvs',
            description=(
                'The virtual volume set that volumes join, with its QoS '
                'rules; QoS limits of the type are ignored then.'),
            value=Text('the name of a virtual volume set'),
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:flash_cache',
            description='Volumes use the adaptive flash cache.',
            value=_FLAG, default='false',
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:compression',
            description='Volumes of more than 16 GiB are compressed.',
            value=_FLAG, default='false',
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:group_replication',
            description='Volumes can be in a replicated group. Any value '
                        'switches it on.',
            read_by=_HPE, source=_SOURCE),
        Definition(
            name='hpe3par:convert_to_base',
            description='A volume made from a snapshot becomes independent '
                        'of it.',
            value=_FLAG, default='false',
            read_by=_HPE, source=_SOURCE),
    ]
