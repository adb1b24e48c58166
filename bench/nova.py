"""Instances of a few images on a simulated vCenter: upstream, and ours.

``python -m bench nova``. Nova's real drivers; what a real vCenter would add
is the time that its disks take. 10 spawns are under way at once, as Nova does
by itself, of three images, and three flavors in turn.
"""

import argparse
import json
import os
import subprocess
import sys
import time

SPAWNS = (1, 10, 50)
DATASTORES = (2, 5, 20)
DRIVERS = ('upstream', 'ours', 'linked across')
AT_ONCE = 10
GIB = 1 << 30
IMAGE = 16 << 20


def measure(count, datastores, which):
    """Spawn on a vCenter of this process; return the figures."""
    from tests.functional.nova import compute
    from tests.functional.vcenter import fixture
    from tests.functional.vcenter import simulator

    vcenter = simulator.Simulator([
        simulator.Datastore(f'ds{number:02}', capacity=200 * GIB,
                            free=100 * GIB)
        for number in range(datastores)], host_name='127.0.0.1')
    surroundings = fixture.NoProxies()
    surroundings.setUp()
    try:
        vcenter.start()
        nova = compute.Nova(vcenter)
        nova.setUp()
        if which == 'linked across':
            nova.set('vmware_multistore', link_across_datastores=True)
        driver = nova.driver('upstream' if which == 'upstream' else 'ours')
        images = [nova.images.add(IMAGE) for _ in range(3)]
        requests = [(images[number % 3], 1 + number // 3 % 3)
                    for number in range(count)]
        before = vcenter.stats()['soap']
        begun = time.monotonic()
        failed = 0
        for at in range(0, count, AT_ONCE):
            failed += sum(
                isinstance(found, Exception) for found in
                driver.spawn_all(requests[at:at + AT_ONCE]))
        seconds = time.monotonic() - begun
        soap = {name: calls - before.get(name, 0)
                for name, calls in vcenter.stats()['soap'].items()}
        kept = sum(
            os.path.getsize(vcenter.directory(datastore) / path)
            for datastore, path in vcenter.files()
            if path.startswith('cache_base/'))
        nova.cleanUp()
        return {
            'failed': failed, 'downloads': len(nova.images.downloads),
            'downloaded': nova.images.bytes,
            'copies': (soap.get('CopyVirtualDisk_Task', 0)
                       + soap.get('CopyDatastoreFile_Task', 0)),
            'cached': kept, 'calls': sum(soap.values()),
            'seconds': seconds}
    finally:
        vcenter.remove()
        surroundings.cleanUp()


def main():
    parser = argparse.ArgumentParser(prog='python -m bench nova',
                                     description=__doc__)
    parser.add_argument('--spawns', type=int, nargs='+', default=SPAWNS,
                        metavar='N')
    parser.add_argument('--datastores', type=int, nargs='+',
                        default=DATASTORES, metavar='N')
    parser.add_argument('--json', metavar='FILE',
                        help='write the figures to this file, too')
    arguments = parser.parse_args()
    print('spawns  datastores  driver         failed  downloads     MiB  '
          'copies  GiB cached  SOAP calls  seconds')
    rows = []
    for count in arguments.spawns:
        for datastores in arguments.datastores:
            for which in DRIVERS:
                # Nova and its session are one for each process.
                done = subprocess.run(
                    [sys.executable, '-W', 'ignore', '-m', 'bench.nova',
                     str(count), str(datastores), which],
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    text=True, check=True)
                row = json.loads(done.stdout.splitlines()[-1])
                rows.append({'spawns': count, 'datastores': datastores,
                             'driver': which, **row})
                print(f'{count:6}  {datastores:10}  {which:13}  '
                      f'{row["failed"]:6}  {row["downloads"]:9}  '
                      f'{row["downloaded"] >> 20:6}  {row["copies"]:6}  '
                      f'{row["cached"] / GIB:10.1f}  {row["calls"]:10}  '
                      f'{row["seconds"]:7.1f}', flush=True)
    if arguments.json:
        with open(arguments.json, 'w') as file:
            json.dump(rows, file, indent=2)
    return 0


if __name__ == '__main__':
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]),
                             sys.argv[3])))
