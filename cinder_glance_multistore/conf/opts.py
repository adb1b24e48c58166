"""Collects the options of every module of this package.

A module without ``list_opts`` is a mistake that fails loudly here, rather
than an option that no sample mentions.
"""

import importlib
import pkgutil

from cinder_glance_multistore import conf


def list_opts():
    """Return ``[(group, options), ...]`` for ``oslo-config-generator``."""
    result = []
    for info in pkgutil.iter_modules(conf.__path__):
        if info.name == 'opts':
            continue
        module = importlib.import_module(f'{conf.__name__}.{info.name}')
        if not hasattr(module, 'list_opts'):
            raise AttributeError(
                f'{module.__name__} has no list_opts() function')
        result.extend(module.list_opts().items())
    return result
