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
    :raises SystemExit: the configuration makes no sense
    """
    # Late: cinder-volume imports this package and needs no API classes.
    from cinder_glance_multistore.cinder import api
    from cinder_glance_multistore.cinder import configuration
    from cinder_glance_multistore.image_service import errors
    try:
        configuration.check()
    except errors.InvalidConfiguration as e:
        # Cinder takes an exception for an extension it can do without, and
        # would run with the checks silently off.
        raise SystemExit(f'cinder-api does not start: {e}.') from e
    api.Multistore(ext_mgr)
