"""``fungible:``, Fungible Storage Cluster."""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.values import Choice
from api_validation.values import Names
from api_validation.values import Text

_FUNGIBLE = 'Fungible'
_SOURCE = 'cinder/volume/drivers/fungible/constants.py'
_FLAG = Choice('true', 'false', ignore_case=True)


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='fungible:vol_type',
            description='The kind of volume. Every type needs it.',
            value=Choice('VOL_TYPE_BLK_EC', 'VOL_TYPE_BLK_REPLICA',
                         'VOL_TYPE_BLK_LOCAL_THIN', 'VOL_TYPE_BLK_RF1',
                         ignore_case=True),
            read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:qos_band',
            description='The class of service.',
            value=Choice('gold', 'silver', 'bronze', ignore_case=True),
            default='silver', read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:block_size',
            description='The block size in bytes; VOL_TYPE_BLK_RF1 has '
                        '16384.',
            value=Choice('4096', '8192', '16384'), default='4096',
            rules=(Conflict('fungible:vol_type', ('4096', '8192'),
                            ('VOL_TYPE_BLK_RF1',)),),
            read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:compression',
            description='Volumes are compressed.',
            value=_FLAG, default='true',
            read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:snapshots',
            description='Volumes can have snapshots.',
            value=_FLAG, default='true',
            read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:space_allocation_policy',
            description='What the choice of drives favours.',
            value=Choice('balanced', 'write_optimized',
                         'capacity_optimized', ignore_case=True),
            default='balanced', read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:ec_scheme',
            description='The erasure code of VOL_TYPE_BLK_EC: drives for '
                        'data, drives for parity.',
            value=Choice('8_2', '4_2', '2_1'), default='4_2',
            read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:kmip_secret_key',
            description='The key, by its name in the key manager, that '
                        'volumes are encrypted with.',
            value=Text('the name of a key'),
            read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:fault_domain_ids',
            description='The fault domains of volumes.',
            value=Names(Text('the id of a fault domain'), most=2),
            read_by=_FUNGIBLE, source=_SOURCE),
        Definition(
            name='fungible:fd_op',
            description='What fungible:fault_domain_ids means.',
            value=Choice('SUGGESTED_FD_IDS', 'EXCLUDE_FD_IDS',
                         'ASSIGNED_FD_ID', ignore_case=True),
            read_by=_FUNGIBLE, source=_SOURCE),
    ]
