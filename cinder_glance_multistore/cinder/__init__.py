"""Loaded by cinder-api and cinder-volume, and by nothing else.

::

    [DEFAULT]
    osapi_volume_extension = cinder.api.contrib.standard_extensions
    osapi_volume_extension = cinder_glance_multistore.cinder.extension
    volume_manager = cinder_glance_multistore.cinder.manager.VolumeManager
"""


def extension(ext_mgr):
    """Load the API part: the factory that ``osapi_volume_extension`` names.

    :param ext_mgr: cinder.api.extensions.ExtensionManager
    """
    # Late: cinder-volume imports this package and needs no API classes.
    from cinder_glance_multistore.cinder import api
    api.Multistore(ext_mgr)
