"""``kaminario:``, Kaminario K2."""

from api_validation.definitions import Definition
from api_validation.values import Choice

_KAMINARIO = 'Kaminario K2'
_SOURCE = 'cinder/volume/drivers/kaminario/kaminario_common.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='kaminario:thin_prov_type',
            description='Whether volumes are deduplicated.',
            value=Choice('dedup', 'nodedup'), default='dedup',
            read_by=_KAMINARIO, source=_SOURCE),
        Definition(
            name='kaminario:replication',
            description='Volumes are replicated.',
            value=Choice('enabled', 'disabled'), default='disabled',
            read_by=_KAMINARIO, source=_SOURCE),
    ]
