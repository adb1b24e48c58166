"""A driver of glance_store, started as Glance starts it.
"""

import os

from glance_store import exceptions
from glance_store._drivers import filesystem
from stevedore import driver as stevedore_driver
from stevedore import exception as stevedore_exc

from cinder_glance_multistore.stores import glance_conf

_NAMESPACE = 'glance_store.drivers'


class DidNotStart(Exception):
    """A store cannot be used now. The text says why."""


def driver_class(kind):
    """Return the class of a driver.

    :param kind: its type: an entry point of ``glance_store.drivers``
    :raises DidNotStart: when there is none, or it lacks what it needs
    """
    try:
        return stevedore_driver.DriverManager(
            _NAMESPACE, kind, on_load_failure_callback=_failed).driver
    except stevedore_exc.NoMatches as exc:
        raise DidNotStart(
            f'there is no store of type {kind!r} here; is the package that '
            f'has it installed?') from exc
    except (ImportError, RuntimeError) as exc:
        raise DidNotStart(
            f'type {kind} cannot be loaded: {exc}') from exc


def start(store_id, kind, config_files):
    """Return a driver, configured and ready.

    :param store_id: the store, which is its section's name too
    :param kind: its type: an entry point of ``glance_store.drivers``
    :param config_files: as :func:`~.glance_conf.load` takes them
    :raises DidNotStart: for whatever reason
    """
    cls = driver_class(kind)
    try:
        # Each has a configuration of its own: drivers set defaults in
        # sections that stores share.
        conf = glance_conf.load(config_files)
        # That of swift reads its section before it registers its options.
        conf.register_opts(cls.OPTIONS or (), group=store_id)
        driver = cls(conf, store_id)
        driver.configure(re_raise_bsc=True)
    except exceptions.GlanceStoreException as exc:
        raise DidNotStart(str(exc.msg)) from exc
    except Exception as exc:
        # Whatever a driver's libraries raise when a back end is gone.
        raise DidNotStart(
            f'{type(exc).__name__}: {exc}') from exc
    return driver


def _failed(manager, entrypoint, error):
    raise error


def owns(driver, url):
    """Say whether a location may be one of this driver's.

    Glance tells a store by the beginning of the location, and so does this;
    a driver that gives no such beginning looks for itself.
    """
    directories = _directories(driver)
    if directories:
        scheme, _, path = url.partition('://')
        return os.path.dirname(path) in directories
    prefix = driver.url_prefix
    return not prefix or url.startswith(prefix)


def _directories(driver):
    """Return the directories of a driver of in-tree type ``file``."""
    if not isinstance(driver, filesystem.Store):
        return []
    if driver.multiple_datadirs:
        return [os.path.normpath(path)
                for paths in driver.priority_data_map.values()
                for path in paths]
    return [os.path.normpath(driver.datadir)]
