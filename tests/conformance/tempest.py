"""Tempest's own tests of volumes and images, and cinder-tempest-plugin's.

Each time against a sandbox with Keystone made anew: as upstream was released,
with stores of type ``file``; then with the plug-in, the paste filter, stores
of type ``multidir``, and one of type ``vsphere`` where its vCenter can be
built. Results of each side stay in ``var/results``.
"""

import configparser
import contextlib
import functools
from http import server as servers
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

from cinder_glance_multistore.sandbox import layout as layouts
from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.sandbox import surroundings
from tests.conformance import compare
from tests.functional.vcenter import build

DIRECTORY = pathlib.Path(
    os.environ.get('MULTISTORE_CONFORMANCE_DIR', 'var/conformance'))
REGEX = r'^tempest\.api\.(volume|image)\.|^cinder_tempest_plugin\.'
PLAIN, OURS = 'upstream', 'ours'

_TOOLS = pathlib.Path(__file__).resolve().parents[2] / 'tools'
_RESULTS = pathlib.Path('var/results')
_MIB = 1024 * 1024


def stores(vcenter):
    """Return id -> type of the stores that ours has.

    Without ``small``: tests copy images to every store that can be written.
    """
    kinds = {**layouts.STORES, layouts.VCENTER_STORE: 'vsphere'}
    del kinds[layouts.SMALL_STORE]
    if not vcenter:
        del kinds[layouts.VCENTER_STORE]
    # Tempest expects them sorted.
    return dict(sorted(kinds.items()))


def plain_stores(sandbox, kinds):
    """Return the sections of stores of the same ids, of upstream's types."""
    return {
        store: {
            'filesystem_store_datadir': sandbox.layout.store(store),
            'multidir_directories': None, 'multidir_policy': None,
            'multidir_reservations': None}
        for store, kind in kinds.items() if kind in ('multidir', 'vsphere')}


def options(sandbox, side, kinds, url):
    """Return what Glance is told.

    :param kinds: id -> type of the stores with us
    :param url: of the server that it may download from
    """
    sections = plain_stores(sandbox, kinds) if side == PLAIN else {}
    used = {store: 'file' if store in sections else kind
            for store, kind in kinds.items()}
    return {'glance': {
        **sections,
        'DEFAULT': {'enabled_backends': ','.join(
            f'{store}:{kind}' for store, kind in used.items())},
        'import_filtering_opts': {
            'allowed_hosts': '[127.0.0.1]',
            'allowed_ports': f'[80,443,{url.rpartition(":")[2]}]',
            'disallowed_ports': '[]'},
    }}


class _Silent(servers.SimpleHTTPRequestHandler):

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def images(directory):
    """Serve what tests have Glance download; give the server's URL."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / 'image.raw').write_bytes(os.urandom(_MIB))
    subprocess.run(
        ['qemu-img', 'create', '-q', '-f', 'qcow2',
         directory / 'image.qcow2', '16M'], check=True)
    server = servers.ThreadingHTTPServer(
        ('127.0.0.1', 0), functools.partial(_Silent, directory=directory))
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


def load_definitions(layout):
    """Load the metadata definitions that come with Glance.

    :raises subprocess.CalledProcessError: that failed
    """
    shipped = surroundings.shipped(
        'glance', 'etc/glance/metadefs/compute-hypervisor.json')
    subprocess.run(surroundings.python(
        '-c', 'import sys; from glance.cmd.manage import main; '
        'sys.exit(main())', '--config-file',
        layout.config_dir('glance') / 'glance-api.conf',
        'db', 'load_metadefs', '--path', shipped.parent), check=True,
        env=surroundings.environment(layout), stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def cloud(side, kinds=None):
    """Run a sandbox made anew; give (its Sandbox, the URL of images()).

    :param kinds: id -> type of the stores with us, stores() unless told
    """
    vcenter = None if build.why_not() else build.built()
    directory = (DIRECTORY / side).absolute()
    sandbox = stack.Sandbox(
        directory, keystone=True, plugin=side == OURS, say=print,
        vcenter=vcenter if side == OURS else None)
    sandbox.down()  # what a run that was killed may have left
    shutil.rmtree(directory, ignore_errors=True)
    with images(DIRECTORY.absolute() / 'web') as url:
        sandbox.options = options(
            sandbox, side, kinds or stores(vcenter), url)
        try:
            sandbox.up()
            yield sandbox, url
        finally:
            sandbox.down()


def tests(sandbox, name, regex):
    """Return ``{test id: compare.Test}`` of tempest on a sandbox that runs.

    :param name: of the results, which stay in ``var/results``
    """
    workspace = sandbox.layout.tempest_config.parent
    subprocess.run(
        ['tempest', 'run', '--config-file', 'tempest.conf', '--concurrency',
         '2', '--regex', regex], cwd=workspace, check=False)
    # It exits with 1 where a test failed, which is ours to judge.
    subprocess.run([sys.executable, _TOOLS / 'results.py', name, workspace],
                   check=False)
    with open(_RESULTS / f'tests-{name}.jsonl', encoding='utf-8') as lines:
        return {test['id']: compare.Test(
            test['id'], test['outcome'], compare.exception_of(test['reason']))
            for test in map(json.loads, lines)}


def configure(sandbox, options):
    """Add options to the sandbox's tempest.conf, or set them anew.

    :param options: {section: {option: value}}
    """
    config = configparser.RawConfigParser(default_section='')
    config.read(sandbox.layout.tempest_config, encoding='utf-8')
    config.read_dict(options)
    with sandbox.layout.tempest_config.open('w', encoding='utf-8') as file:
        config.write(file)


def outcomes(side, regex):
    """Return ``{test id: compare.Test}`` of tempest on one side."""
    begun = time.monotonic()
    with cloud(side) as (sandbox, url):
        load_definitions(sandbox.layout)
        configure(sandbox, {
            'image': {'http_image': f'{url}/image.raw',
                      'http_qcow2_image': f'{url}/image.qcow2'},
            # Volume actions are skipped without Neutron, and need it only
            # to find no security groups in the end: 404, as Glance answers.
            'service_available': {'neutron': 'true'},
            'network': {'catalog_type': 'image'}})
        found = tests(sandbox, f'conformance-{side}', regex)
    print(f'{side}: {len(found)} tests in '
          f'{(time.monotonic() - begun) / 60:.1f} minutes', flush=True)
    return found


def run(regex=REGEX):
    """Compare the tests that ``regex`` finds."""
    return compare.Comparison(outcomes(PLAIN, regex), outcomes(OURS, regex))
