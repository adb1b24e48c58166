"""``huawei_controller:``, ``smarttier:``, ``smartcache:``,
``smartpartition:``, and the capabilities that Huawei's driver obeys itself.
"""

from api_validation.definitions import Definition
from api_validation.rules import Conflict
from api_validation.rules import Requires
from api_validation.rules import TRUE
from api_validation.values import IsBoolean
from api_validation.values import Text

_HUAWEI = 'Huawei OceanStor, Dorado'
_SOURCE = 'cinder/volume/drivers/huawei/huawei_utils.py'

_CAPABILITIES = (
    ('capabilities:smarttier',
     'Data move between tiers by smarttier:policy.', ()),
    ('capabilities:smartcache',
     'Volumes use the cache smartcache:cachename.',
     (Requires('smartcache:cachename', TRUE),)),
    ('capabilities:smartpartition',
     'Volumes use the cache partition smartpartition:partitionname.',
     (Requires('smartpartition:partitionname', TRUE),)),
    ('capabilities:hypermetro',
     'Volumes are active on two arrays (HyperMetro).', ()),
    ('capabilities:dedup', 'Volumes are deduplicated.', ()),
    ('capabilities:compression', 'Volumes are compressed.', ()),
    ('capabilities:thin_provisioning_support',
     'Volumes are thin, on a back end that can.',
     (Conflict('capabilities:thick_provisioning_support', TRUE, TRUE),)),
    ('capabilities:thick_provisioning_support',
     'Volumes are thick, on a back end that can.', ()),
    ('capabilities:replication_enabled',
     'Volumes are replicated, on a back end that can.', ()),
)


def register():
    """Return the definitions of this namespace."""
    return [
        *[Definition(name=name, description=description, value=IsBoolean(),
                     rules=rules,
                     read_by=f'the scheduler, {_HUAWEI}', source=_SOURCE)
          for name, description, rules in _CAPABILITIES],
        Definition(
            name='smarttier:policy',
            description='The policy of moving data between tiers, a number '
                        'of the array.',
            value=Text('the number of a policy'),
            rules=(Requires('capabilities:smarttier', None, TRUE),),
            read_by=_HUAWEI, source=_SOURCE),
        Definition(
            name='smartcache:cachename',
            description='The cache that volumes use.',
            value=Text('the name of a cache'),
            rules=(Requires('capabilities:smartcache', None, TRUE),),
            read_by=_HUAWEI, source=_SOURCE),
        Definition(
            name='smartpartition:partitionname',
            description='The cache partition that volumes use.',
            value=Text('the name of a cache partition'),
            rules=(Requires('capabilities:smartpartition', None, TRUE),),
            read_by=_HUAWEI, source=_SOURCE),
        Definition(
            name='huawei_controller:controllername',
            description='The controller that owns volumes.',
            value=Text('the name of a controller'),
            read_by=_HUAWEI, source=_SOURCE),
    ]
