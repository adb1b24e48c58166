"""``lightos:``, Lightbits."""

from api_validation.definitions import Definition
from api_validation.values import Integer
from api_validation.values import Text

_LIGHTBITS = 'Lightbits'
_SOURCE = 'cinder/volume/drivers/lightos.py'
_HEX = '[0-9A-Fa-f]'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='lightos:num_replicas',
            description='The number of replicas of a volume.',
            value=Integer(1, 3), default='lightos_default_num_replicas',
            read_by=_LIGHTBITS, source=_SOURCE),
        Definition(
            name='lightos:project_name',
            description='The Lightbits project that volumes belong to.',
            value=Text('the name of a project'), default='default',
            read_by=_LIGHTBITS, source=_SOURCE),
        Definition(
            name='lightos:qos_policy',
            description='The QoS policy of volumes.',
            value=Text('the UUID of a QoS policy',
                       f'{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}'),
            read_by=_LIGHTBITS, source=_SOURCE),
    ]
