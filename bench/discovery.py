"""``python -m bench discovery``: answers about stores, two of which are dead.

A real Glance with ten stores: a directory on a file system that never answers
(a FUSE mount without a server behind it), a vCenter that takes connections
and says nothing, and eight that are well. Needs root, for the mount. What is
measured is from one client on the same machine, connection and all.
"""

import argparse
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import socket
import statistics
import time

from cinder_glance_multistore.sandbox import stack

GOAL = 0.050
WELL = [f'disk{number}' for number in range(7)]
PATHS = ('/v2/info/stores', '/v2/info/stores/detail')

_MNT_DETACH = 2


@contextlib.contextmanager
def _hung_directory(path):
    """Mount a file system at ``path`` that answers nothing."""
    libc = ctypes.CDLL(None, use_errno=True)
    path.mkdir(parents=True, exist_ok=True)
    fuse = os.open('/dev/fuse', os.O_RDWR)
    try:
        options = f'fd={fuse},rootmode=40000,user_id=0,group_id=0'
        if libc.mount(b'hung', bytes(path), b'fuse', 0, options.encode()):
            raise OSError(ctypes.get_errno(), 'cannot mount', str(path))
        try:
            yield
        finally:
            libc.umount2(bytes(path), _MNT_DETACH)
    finally:
        # Whoever waits is told that nobody is there any more.
        os.close(fuse)


def _options(home, port):
    def directory(path):
        return {'multidir_directories': str(path), 'multidir_timeout': 2,
                'multidir_reservations': f'sqlite:///{home}/ledger.sqlite'}

    options = {name: directory(home / name) for name in WELL}
    options['hung'] = directory(home / 'hung')
    options['vc'] = {
        'vmware_server_host': f'127.0.0.1:{port}',
        'vmware_server_username': 'nobody', 'vmware_server_password': 'none',
        'vmware_insecure': True, 'vmware_datastores': 'dc:ds:100',
        'vsphere_timeout': 3}
    kinds = {**dict.fromkeys([*WELL, 'hung'], 'multidir'), 'vc': 'vsphere',
             'reliable': 'file'}
    options['DEFAULT'] = {'enabled_backends': ','.join(
        f'{name}:{kind}' for name, kind in kinds.items())}
    options['multistore_discovery'] = {'refresh_interval': 1, 'timeout': 5}
    return options


def _get(port, path):
    """Return (seconds, decoded answer)."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    with contextlib.closing(connection):
        connection.request('GET', path)
        answer = connection.getresponse()
        body = answer.read()
    if answer.status != 200:
        raise SystemExit(f'{path}: {answer.status} {body[:200]!r}')
    return time.perf_counter() - begun, json.loads(body)


def _statuses(port):
    return {store['id']: store['status'] for store in
            _get(port, PATHS[0])[1]['stores']}


def _await_view(port):
    """Wait until Glance knows which stores are dead."""
    wanted = {**dict.fromkeys([*WELL, 'reliable'], 'available'),
              'hung': 'unavailable', 'vc': 'unavailable'}
    deadline = time.monotonic() + 120
    while (found := _statuses(port)) != wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f'the stores are said to be {found}')
        time.sleep(0.2)


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog='python -m bench discovery', description=__doc__)
    parser.add_argument('--directory', default='var/discovery')
    parser.add_argument('--requests', type=int, default=1000)
    arguments = parser.parse_args()
    home = pathlib.Path(arguments.directory).resolve()
    with socket.create_server(('127.0.0.1', 0)) as dead, \
            _hung_directory(home / 'stores' / 'hung'):
        sandbox = stack.Sandbox(home / 'sandbox')
        sandbox.options = {'glance': _options(
            home / 'stores', dead.getsockname()[1])}
        sandbox.start('glance')
        try:
            port = int(sandbox.endpoints['glance'].rpartition(':')[2])
            _await_view(port)
            print(f'10 stores, 2 of them dead; {arguments.requests} answers, '
                  f'{len(os.sched_getaffinity(0))} cores, load '
                  f'{os.getloadavg()[0]:.1f}; milliseconds')
            for path in PATHS:
                taken = sorted(_get(port, path)[0]
                               for _ in range(arguments.requests))
                p99 = taken[int(len(taken) * 0.99)]
                print(f'  {path:24} median {statistics.median(taken) * 1e3:6.1f}'
                      f'   p99 {p99 * 1e3:6.1f}   most {taken[-1] * 1e3:6.1f}'
                      f'   goal {GOAL * 1e3:.0f}: '
                      f'{"reached" if p99 < GOAL else "NOT reached"}')
            threads = len(os.listdir(f'/proc/{_worker(sandbox)}/task'))
            print(f'  threads of the worker: {threads}')
        finally:
            sandbox.down()


def _worker(sandbox):
    """Return the process that answers: the child of uWSGI's master."""
    master, = (each.pid for each in sandbox.status()
               if each.name == 'glance')
    with open(f'/proc/{master}/task/{master}/children') as children:
        return children.read().split()[0]


if __name__ == '__main__':
    main()
