"""cinder-volume's and cinder-api's options and parts, by cinder.conf.

``python -m tests.unit.examples.start_cinder CINDER_CONF`` prints a JSON
document. In a process of its own: Cinder's configuration is global.
"""

import importlib
import json
import sys

# First: it chooses the threading model. It registers what cinder-volume reads.
from cinder.cmd import volume  # noqa: F401 isort:skip
from cinder import objects
from cinder.api import extensions  # noqa: F401 registers the option
from oslo_config import cfg
from oslo_utils import importutils

from tests.unit.examples import known


def main(path):
    """Load what cinder.conf names, and tell."""
    objects.register_all()
    cfg.CONF(['--config-file', path], project='cinder')
    # As Cinder does: a function in a module, and a class.
    for extension in cfg.CONF.osapi_volume_extension:
        module, _, name = extension.rpartition('.')
        getattr(importlib.import_module(module), name)
    manager = importutils.import_class(cfg.CONF.volume_manager)
    print(json.dumps({
        'extensions': cfg.CONF.osapi_volume_extension,
        'manager': f'{manager.__module__}.{manager.__name__}',
        'unknown': known.unknown(cfg.CONF, path)}))


if __name__ == '__main__':
    main(sys.argv[1])
