"""The extra spec that names the store of a volume's images."""

KEY = 'image_service:store_id'


def extra_specs(volume):
    """Return the extra specs of a volume's type, {} without a type."""
    volume_type = volume.volume_type
    return (volume_type.extra_specs or {}) if volume_type else {}
