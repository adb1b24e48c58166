"""Tempest's own tests of volumes and images: plain upstream, and ours.

``python tools/conformance.py [REGEX]`` runs them twice, each time against a
sandbox with Keystone made anew: as upstream was released, with stores of type
file; then with the plug-in, the paste filter and stores of type multidir. It
compares test by test, and exits 1 if one passed there and not with us.
"""

import collections
import functools
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import results

from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.sandbox import surroundings

DIRECTORY = pathlib.Path(os.environ.get(
    'MULTISTORE_CONFORMANCE_DIR', 'var/conformance')).absolute()
REGEX = r'^tempest\.api\.(volume|image)\.|^cinder_tempest_plugin\.'
SIDES = {'upstream': False, 'ours': True}
# Those of plain upstream; images go to the same ids.
FILE_STORES = ('cheap', 'fast')
STORES = {True: 'cheap:multidir,fast:multidir,reliable:file,web:http',
          False: 'cheap:file,fast:file,reliable:file,web:http'}


def serve_images(directory):
    """Serve what Glance downloads in a test; return the server's URL."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / 'image.raw').write_bytes(os.urandom(1024 * 1024))
    subprocess.run(
        ['qemu-img', 'create', '-q', '-f', 'qcow2',
         directory / 'image.qcow2', '16M'], check=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(
        ('127.0.0.1', 0), functools.partial(Handler, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}'


def options(sandbox, plugin, url):
    """Return what Glance is told: its stores, and whence it may download."""
    told = {
        'DEFAULT': {'enabled_backends': STORES[plugin]},
        'import_filtering_opts': {
            'allowed_hosts': '[127.0.0.1]',
            'allowed_ports': f'[80,443,{url.rpartition(":")[2]}]',
            'disallowed_ports': '[]'},
    }
    for store in () if plugin else FILE_STORES:
        told[store] = {'filesystem_store_datadir':
                       sandbox.layout.store(store),
                       'multidir_directories': None, 'multidir_policy': None,
                       'multidir_reservations': None}
    return {'glance': told}


def load_definitions(sandbox):
    """Load the metadata definitions that come with Glance."""
    shipped = surroundings.shipped(
        'glance', 'etc/glance/metadefs/compute-hypervisor.json')
    subprocess.run(surroundings.python(
        '-c', 'import sys; from glance.cmd.manage import main; '
        'sys.exit(main())', '--config-file',
        sandbox.layout.config_dir('glance') / 'glance-api.conf',
        'db', 'load_metadefs', shipped.parent), check=True,
        env=surroundings.environment(sandbox.layout))


def run(side, url, regex):
    """Run the tests on one side; return test -> (outcome, reason)."""
    directory = DIRECTORY / side
    sandbox = stack.Sandbox(
        directory, keystone=True, plugin=SIDES[side], say=print)
    sandbox.down()  # what a run that was killed may have left
    shutil.rmtree(directory, ignore_errors=True)
    sandbox.options = options(sandbox, SIDES[side], url)
    try:
        sandbox.up()
        load_definitions(sandbox)
        with sandbox.layout.tempest_config.open(
                'a', encoding='utf-8') as config:
            config.write(
                f'[image]\nhttp_image = {url}/image.raw\n'
                f'http_qcow2_image = {url}/image.qcow2\n')
        workspace = sandbox.layout.tempest_config.parent
        subprocess.run(
            ['tempest', 'run', '--config-file', 'tempest.conf',
             '--concurrency', '2', '--regex', regex], cwd=workspace,
            check=False)
        with subprocess.Popen(['stestr', 'last', '--subunit'], cwd=workspace,
                              stdout=subprocess.PIPE) as last:
            return {test['id']: test for test in results.read(last.stdout)}
    finally:
        sandbox.down()


def compare(upstream, ours):
    """Print the comparison; return the tests that only upstream passes."""
    pairs = collections.Counter()
    worse = []
    for name in sorted(upstream.keys() | ours.keys()):
        pair = tuple(side[name]['outcome'] if name in side else 'not run'
                     for side in (upstream, ours))
        pairs[pair] += 1
        if pair[0] != pair[1] or pair[0] == 'failed':
            print(f'{pair[0]:>8} -> {pair[1]:<8} {name}')
        if pair[0] == 'passed' and pair[1] != 'passed':
            worse.append(name)
    print('\nupstream  ours      tests')
    for (there, here), count in sorted(pairs.items()):
        print(f'{there:<9} {here:<9} {count:>5}')
    return worse


def main(regex=REGEX):
    url = serve_images(DIRECTORY / 'web')
    found, seconds = {}, {}
    for side in SIDES:
        started = time.monotonic()
        found[side] = run(side, url, regex)
        seconds[side] = time.monotonic() - started
        (DIRECTORY / f'{side}.json').write_text(
            json.dumps(list(found[side].values()), indent=1))
    worse = compare(found['upstream'], found['ours'])
    for side, taken in seconds.items():
        print(f'{side}: {len(found[side])} tests in {taken / 60:.1f} minutes')
    if not all(found.values()):
        print('No test has run: something went wrong before.')
        return 1
    for name in worse:
        print(f'PASSES ON PLAIN UPSTREAM ONLY: {name}')
    if not worse:
        print('Nothing passes on plain upstream and fails with ours.')
    return 1 if worse else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
