"""``python -m tests.functional.swift.serve DIRECTORY``

Swift's own servers, with one device, one replica and no authentication: for
who asks from this machine. Writes where the proxy answers.
"""

# Before all others, as Swift's own programs do.
import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import pathlib  # noqa: E402
import sys  # noqa: E402

from eventlet import wsgi  # noqa: E402
from swift.account import server as account  # noqa: E402
from swift.common import ring  # noqa: E402
from swift.common import storage_policy  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common import wsgi as swift_wsgi  # noqa: E402
from swift.container import server as container  # noqa: E402
from swift.obj import server as object_  # noqa: E402

_SERVERS = {'account': account, 'container': container, 'object': object_}
_FILTERS = ('catch_errors', 'cache', 'listing_formats', 'dlo')


def main(directory):
    """Serve until the process is killed."""
    root = pathlib.Path(directory)
    (root / 'devices' / 'disk').mkdir(parents=True)
    _set_up(root)
    for kind, module in _SERVERS.items():
        listener = eventlet.listen(('127.0.0.1', 0))
        _save_ring(root, kind, listener.getsockname()[1])
        eventlet.spawn(_serve, listener, module.app_factory(
            {}, swift_dir=str(root), devices=str(root / 'devices'),
            mount_check='false'))
    listener = eventlet.listen(('127.0.0.1', 0))
    proxy = swift_wsgi.loadapp(str(root / 'proxy-server.conf'))
    host, port = listener.getsockname()
    print(f'http://{host}:{port}', flush=True)
    _serve(listener, proxy)


def _set_up(root):
    # /etc/swift/swift.conf otherwise.
    utils.SWIFT_CONF_FILE = str(root / 'swift.conf')
    (root / 'swift.conf').write_text(
        '[swift-hash]\nswift_hash_path_suffix = test\n')
    utils.validate_hash_conf()
    storage_policy.reload_storage_policies()
    (root / 'proxy-server.conf').write_text(
        f'[DEFAULT]\nswift_dir = {root}\n'
        f'[pipeline:main]\npipeline = {" ".join(_FILTERS)} proxy-server\n'
        f'[app:proxy-server]\nuse = egg:swift#proxy\n'
        f'account_autocreate = true\n' + ''.join(
            f'[filter:{name}]\n'
            f'use = egg:swift#{name.replace("cache", "memcache")}\n'
            for name in _FILTERS))


def _save_ring(root, kind, port):
    builder = ring.RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'ip': '127.0.0.1',
                     'port': port, 'device': 'disk', 'weight': 1})
    builder.rebalance()
    builder.get_ring().save(str(root / f'{kind}.ring.gz'))


def _serve(listener, application):
    with open(os.devnull, 'w') as log:
        wsgi.server(listener, application, log)


if __name__ == '__main__':
    main(*sys.argv[1:])
