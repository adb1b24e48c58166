"""``qnap_...``, QNAP."""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import FALSE
from api_validation.rules import TRUE
from api_validation.values import Boolean
from api_validation.values import Either
from api_validation.values import IsBoolean

_QNAP = 'QNAP'
_SOURCE = 'cinder/volume/drivers/qnap.py'
_FLAG = Either(IsBoolean(), Boolean())


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='qnap_thin_provision',
            description='Volumes are thin.',
            value=_FLAG, default='true', capability=True,
            read_by=_QNAP, source=_SOURCE),
        Definition(
            name='qnap_compression',
            description='Volumes are compressed.',
            value=_FLAG, default='true', capability=True,
            read_by=_QNAP, source=_SOURCE),
        Definition(
            name='qnap_deduplication',
            description='Volumes are deduplicated.',
            value=_FLAG, default='false', capability=True,
            rules=(Conflict('qnap_thin_provision', TRUE, FALSE,
                            'only thin volumes can be deduplicated'),),
            read_by=_QNAP, source=_SOURCE),
        Definition(
            name='qnap_ssd_cache',
            description='Volumes use the SSD cache.',
            value=_FLAG, default='false', capability=True,
            read_by=_QNAP, source=_SOURCE),
    ]
