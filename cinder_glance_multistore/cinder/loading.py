"""Cinder's objects, database and options in a program that is no service.
"""

import importlib.util

from oslo_config import cfg


def missing():
    """Return the name of what is not installed, or None."""
    return None if importlib.util.find_spec('cinder') else 'cinder'


def prepare():
    """Load what a command needs of Cinder; return its configuration.

    The command line and files are not read yet.
    """
    from cinder import objects
    objects.register_all()
    from cinder import service  # noqa: F401 registers options
    return cfg.CONF
