"""``storpool_template``, StorPool."""

from api_validation.definitions import Definition
from api_validation.values import Text


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='storpool_template',
            description='The template that volumes are made from.',
            value=Text('the name of a template'),
            default='the option storpool_template of the back end',
            read_by='StorPool',
            source='cinder/volume/drivers/storpool.py'),
    ]
