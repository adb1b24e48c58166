"""nova-compute's options and driver, by nova.conf.

``python -m tests.unit.examples.start_nova NOVA_CONF`` prints a JSON document.
In a process of its own: Nova's configuration is global.
"""

import json
import sys

from cinder_glance_multistore.nova import loading


def main(path):
    """Load the driver that nova.conf names, and tell."""
    # In the order of nova-compute-multistore.
    loading.install()
    from nova import config
    import nova.conf
    from oslo_utils import importutils
    config.parse_args(['nova-compute', '--config-file', path])
    conf = nova.conf.CONF
    driver = importutils.import_class(f'nova.virt.{conf.compute_driver}')

    from tests.unit.examples import known
    print(json.dumps({'driver': f'{driver.__module__}.{driver.__name__}',
                      'unknown': known.unknown(conf, path)}))


if __name__ == '__main__':
    main(sys.argv[1])
