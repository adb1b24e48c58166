"""``sdas`` and others, MacroSAN."""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import Choice
from api_validation.values import Either
from api_validation.values import IsBoolean

_MACROSAN = 'MacroSAN'
_SOURCE = 'cinder/volume/drivers/macrosan/driver.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='sdas',
            description='Volumes are active on two arrays (SDAS).',
            # the driver reports the text 'True', so both ask for it
            value=Either(IsBoolean(), Choice('True', 'False')),
            capability=True,
            rules=(Conflict('replication_enabled', TRUE, TRUE),),
            read_by=_MACROSAN, source=_SOURCE),
        Definition(
            name='lun_mode',
            description='Volumes are thin.',
            value=IsBoolean(), default='san_thin_provision',
            capability=True,
            read_by=_MACROSAN, source=_SOURCE),
        Definition(
            name='replication_mode',
            description='How volumes are replicated.',
            value=Choice('sync', 'async', '<in> sync', '<in> async'),
            default='async', capability=True,
            rules=(Requires('replication_enabled', None, TRUE),),
            read_by=_MACROSAN, source=_SOURCE),
    ]
