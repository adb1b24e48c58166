"""How many bytes an instance takes of a datastore, and its image of a cache.
"""

from oslo_utils import units

from cinder_glance_multistore.nova import chooser

STREAMED = 'streamOptimized'
SPARSE = 'sparse'


def need(*, root_gb, image_id, image_size, disk_type, is_ova=False,
         is_iso=False, linked=True, min_disk_gb=0, ephemeral_gb=0, swap_mb=0,
         memory_mb=0):
    """Return the :class:`~.chooser.Need` of an instance.

    A disk linked to a base, or a thin one, begins small and may grow to the
    flavor's size; that is what is counted.

    :param image_size: bytes, as Glance says; None or 0 when it does not know
    :param min_disk_gb: the image's, in GiB
    :param memory_mb: MiB of memory that vSphere keeps a swap file for
    """
    rest = ephemeral_gb * units.Gi + (swap_mb + memory_mb) * units.Mi
    root = root_gb * units.Gi
    if not image_id:
        # A volume is its own root disk.
        return chooser.Need(own=rest)
    image = _unpacked(image_size or 0, disk_type, is_ova, min_disk_gb)
    if is_iso:
        return chooser.Need(own=root + rest, image=image or 1)
    # A flavor without a root size takes the disk as the image has it. One
    # with a root size holds the image, whatever size that has.
    disk = root or image or None
    return chooser.Need(
        own=None if disk is None else disk + rest,
        image=image or root or 1, sized=root if linked else 0,
        linked=linked, cloned=not linked)


def _unpacked(size, disk_type, is_ova, min_disk_gb):
    """Return what an image takes in the cache; 0 when nobody knows."""
    least = min_disk_gb * units.Gi
    if is_ova or disk_type == STREAMED:
        return max(size, least)
    if disk_type == SPARSE:
        # It lies beside its conversion for a while.
        return max(size, least) + size
    return size
