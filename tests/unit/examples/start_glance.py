"""glance-api, as its WSGI server starts it: its stores and its pipeline.

``python -m tests.unit.examples.start_glance FILE``, with
``OS_GLANCE_CONFIG_DIR``, prints a JSON document; ``FILE`` is the part of the
configuration whose options Glance is to know. In a process of its own:
Glance's configuration is global.
"""

import json
import sys

from glance.common import wsgi_app
from glance_store import multi_backend
from oslo_config import cfg

from tests.unit.examples import known

# Where filters keep what comes after them.
NEXT = ('application', '_app', 'app')


def pipeline(application):
    """Yield the class of each part a request passes through."""
    while application is not None:
        yield type(application).__name__
        if hasattr(application, 'applications'):
            application = {path: part for (_, path), part
                           in application.applications}['']
            continue
        application = next((vars(application)[name] for name in NEXT
                            if name in vars(application)), None)


def main(path):
    """Start it and tell."""
    application = wsgi_app.init_app()
    stores = {name: multi_backend.get_store_from_store_identifier(name)
              for name in list(cfg.CONF.enabled_backends)}
    print(json.dumps({
        'pipeline': list(pipeline(application)),
        'stores': {name: type(store).__module__
                   for name, store in stores.items()},
        'unknown': known.unknown(cfg.CONF, path)}))


if __name__ == '__main__':
    main(sys.argv[1])
