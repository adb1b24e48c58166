"""Run the tempest plugin against a sandbox with Keystone, and stop that.

``python -m tools.run_tempest [REGEX]``. The sandbox is made anew in
``var/tempest``, with a store on the simulated vCenter where that can be
built. Leaves the results as ``tools/results.py`` does, and exits with
tempest's status.
"""

import os
import pathlib
import shutil
import subprocess
import sys

from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import stack
from tests.functional.vcenter import build

DIRECTORY = pathlib.Path(
    os.environ.get('MULTISTORE_TEMPEST_DIR', 'var/tempest')).absolute()
RETIRED = 'retired'
OPTIONS = {'cinder': {'multistore': {'cleanup_interval': 2}}}


def with_retired_type():
    """Return a sandbox that runs, with a type whose store is gone."""
    why_not = build.why_not()
    if why_not:
        print(f'There is no store of type vsphere: {why_not}.')
    sandbox = stack.Sandbox(
        DIRECTORY, keystone=True, options=dict(OPTIONS), say=print,
        vcenter=None if why_not else build.built())
    sandbox.down()  # what a run that was killed may have left
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    gone = sandbox.layout.store(RETIRED)
    sandbox.options['glance'] = {
        'DEFAULT': {'enabled_backends':
                    f'{layout.DEFAULT_STORE}:file,{RETIRED}:file'},
        RETIRED: {'filesystem_store_datadir': gone}}
    sandbox.up()
    made = cloud.Cloud(sandbox, 'cinder').cinder.volume_types.create(RETIRED)
    made.set_keys({cloud.STORE_KEY: RETIRED})
    del sandbox.options['glance']
    sandbox.stop('glance')
    sandbox.start('glance')
    with sandbox.layout.tempest_config.open('a', encoding='utf-8') as config:
        config.write(f'retired_volume_type = {RETIRED}\n')
    return sandbox


def main(regex=r'^multistore_tempest_plugin\.'):
    try:
        sandbox = with_retired_type()
        workspace = sandbox.layout.tempest_config.parent
        done = subprocess.run(
            ['tempest', 'run', '--config-file', 'tempest.conf',
             '--concurrency', '2', '--regex', regex], cwd=workspace,
            check=False)
        results = subprocess.run(
            [sys.executable, pathlib.Path(__file__).with_name('results.py'),
             'tempest', workspace], check=False)
        return done.returncode or results.returncode
    finally:
        stack.Sandbox(DIRECTORY, say=print).down()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
