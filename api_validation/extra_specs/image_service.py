"""``image_service:``, what Cinder's upload of a volume to an image obeys."""

from api_validation.definitions import Definition


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='image_service:store_id',
            description=(
                'The Glance store that images of volumes of this type are '
                'uploaded to. Without it, they go to the default store.'),
            exists_in='image_store'),
    ]
