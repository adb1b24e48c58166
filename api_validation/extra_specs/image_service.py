"""``image_service:``, what Cinder's upload of a volume to an image obeys."""

from api_validation.definitions import Definition
from api_validation.existence import IMAGE_STORE


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='image_service:store_id',
            description=(
                'The Glance store that images of volumes of this type are '
                'uploaded to.'),
            default="Glance's default store",
            since='Ussuri',
            exists_in=IMAGE_STORE,
            source='cinder/volume/volume_utils.py'),
    ]
