"""``infortrend:``, Infortrend EonStor."""

from api_validation.definitions import Definition
from api_validation.values import Choice
from api_validation.values import Either
from api_validation.values import Names
from api_validation.values import PerPool

_INFORTREND = 'Infortrend EonStor'
_SOURCE = 'cinder/volume/drivers/infortrend/raidcmd_cli/common_cli.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='infortrend:provisioning',
            description='How space is allocated.',
            value=PerPool(Choice('thin', 'full', ignore_case=True)),
            default='full', read_by=_INFORTREND, source=_SOURCE),
        Definition(
            name='infortrend:tiering',
            description='The tiers that volumes use.',
            value=PerPool(Either(Choice('all', ignore_case=True),
                                 Names(Choice('0', '1', '2', '3')))),
            default='all', read_by=_INFORTREND, source=_SOURCE),
    ]
