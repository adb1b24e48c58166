"""``DF:``, Datera."""

from api_validation.definitions import Definition
from api_validation.values import Choice
from api_validation.values import Integer
from api_validation.values import Names
from api_validation.values import Text

_DATERA = 'Datera'
_SOURCE = 'cinder/volume/drivers/datera/datera_iscsi.py'

# name, description; 0 is no limit
_LIMITS = (
    ('iops_per_gb', 'I/O operations a second for each GiB of a volume'),
    ('bandwidth_per_gb', 'KiB a second for each GiB of a volume'),
    ('read_bandwidth_max', 'KiB read a second'),
    ('write_bandwidth_max', 'KiB written a second'),
    ('total_bandwidth_max', 'KiB read and written a second'),
    ('read_iops_max', 'reads a second'),
    ('write_iops_max', 'writes a second'),
    ('total_iops_max', 'reads and writes a second'),
)


def register():
    """Return the definitions of this namespace."""
    return [
        *[Definition(
            name=f'DF:{name}',
            description=f'The greatest number of {description}; 0 is no '
                        f'limit.',
            value=Integer(0), default='0',
            read_by=_DATERA, source=_SOURCE)
          for name, description in _LIMITS],
        Definition(
            name='DF:placement_mode',
            description='Which replicas lie on flash.',
            value=Choice('hybrid', 'single_flash', 'all_flash'),
            default='hybrid',
            deprecated='use DF:placement_policy from version 3.3 on',
            read_by=_DATERA, source=_SOURCE),
        Definition(
            name='DF:placement_policy',
            description='The media placement policy: default, or a path '
                        'like /placement_policies/all-flash.',
            value=Text('the path of a placement policy'),
            default='default', read_by=_DATERA, source=_SOURCE),
        Definition(
            name='DF:round_robin',
            description='The portals of a target take turns.',
            value=Choice('True', 'False'), default='False',
            read_by=_DATERA, source=_SOURCE),
        Definition(
            name='DF:replica_count',
            description='The number of replicas; it can only grow.',
            value=Integer(1), default='3',
            read_by=_DATERA, source=_SOURCE),
        Definition(
            name='DF:ip_pool',
            description='The IP pools of which one is taken for a volume.',
            value=Names(Text('the name of an IP pool')),
            default='default', read_by=_DATERA, source=_SOURCE),
        Definition(
            name='DF:template',
            description='The template that volumes are made from.',
            value=Text('the name of a template'),
            read_by=_DATERA, source=_SOURCE),
    ]
