"""Stores on a simulated vCenter: upstream's driver ``vmware``, and ours.

``python -m bench vsphere``. First the calls, and the seconds, to configure a
store of so many datastores of one weight, and to upload 1 MiB to it: in a
process that loads the vCenter's WSDL, as a service does when it starts. HTTP
is what is not SOAP: the WSDL, and requests for files. ``ours`` uploads while
its look at the datastores is fresh, ``ours, stale`` when that is too old. Our
store does not sweep meanwhile. Then one image up and down.

What a real vCenter would add is its own time for each call: that is what the
delay stands for. Upstream's driver takes no port: it needs port 443, of an
address of 127.0.0.0/8.
"""

import argparse
import concurrent.futures
import hashlib
import json
import logging
import multiprocessing
import os
import statistics
import tempfile
import time
import types
import unittest

from bench import material
from bench import upstream
from cinder_glance_multistore.sandbox import vcenter as vcenters

DATASTORES = (1, 10, 100, 500)
DELAYS = (0, 10)
DRIVERS = ('upstream', 'ours', 'ours, stale')
#: With more, upstream's driver is not run unless asked: 500 take it minutes.
UPSTREAM_DATASTORES = 100
#: Calls to configure a store that the design wants at most.
GOAL = 10

# As shipped; tests are less patient.
_AGE = 5.0
_BOTH = {'vmware_task_poll_interval': 5, 'vmware_api_retry_count': 10}
_OURS = {'vsphere_timeout': 60.0, 'vsphere_inventory_age': _AGE,
         'vsphere_sweep_interval': 0.0}


def formula(count):
    """Return upstream's calls to configure, and to upload.

    As its code has them for datastores of one weight.
    """
    return 2 + 2 * count + count * (count + 1) // 2, count + 1


def _store(which, vcenter, home, names):
    from tests.functional.vcenter import stores

    lines = [f'DC0:{name}:1' for name in names]
    if which == 'upstream':
        return stores.upstream(vcenter, *lines, **_BOTH)
    return stores.ours(vcenter, home, *lines, **_BOTH, **_OURS)


def _calls(which, vcenter, names, uploads):
    """Configure and upload; return the figures. For a process of its own."""
    admin = vcenters.Admin(vcenter.url)

    def timed(call, *arguments):
        before = admin.stats()
        begun = time.perf_counter()
        answer = call(*arguments)
        seconds = time.perf_counter() - begun
        after = admin.stats()
        soap, http = (
            sum(after[kind].values()) - sum(before[kind].values())
            for kind in ('soap', 'http'))
        return answer, {'soap': soap, 'http': http, 'seconds': seconds}

    # Loaded already when a service configures its stores.
    from tests.functional.vcenter import stores
    _hush()
    with tempfile.TemporaryDirectory() as home:
        store, configure = timed(_store, which, vcenter, home, names)
        # The first finds no image folder, or finds it for the first time.
        stores.add(store, f'first-{os.getpid()}', bytes(material.MIB))
        each = []
        for number in range(uploads):
            if which == 'ours, stale':
                time.sleep(_AGE + 0.1)
            each.append(timed(stores.add, store, f'{number}-{os.getpid()}',
                              bytes(material.MIB))[1])
        return {'configure': configure, 'upload': {
            kind: statistics.median(upload[kind] for upload in each)
            for kind in configure}}


def _hush():
    """Keep warnings, as that upstream's driver is deprecated, off tables."""
    logging.disable(logging.WARNING)


def _apart(*arguments):
    """Return what ``_calls`` does, in a process of its own."""
    with concurrent.futures.ProcessPoolExecutor(
            1, mp_context=multiprocessing.get_context('spawn')) as pool:
        return pool.submit(_calls, *arguments).result()


def _simulator(count):
    from tests.functional.vcenter import fixture
    from tests.functional.vcenter import simulator

    return simulator.Simulator(
        [simulator.Datastore(f'datastore{number}')
         for number in range(count)], listen=fixture.unported())


def _line(*cells):
    widths = (10, 6, 11, 10, 5, 8, 10, 5, 8)
    return '  '.join(f'{cell:>{width}}' for cell, width in
                     zip(cells, widths, strict=True))


def _cells(row):
    for found in (row['configure'], row['upload']):
        yield f'{found["soap"]:.0f}'
        if row['ran']:
            yield f'{found["http"]:.0f}'
            yield f'{found["seconds"]:.2f} s'
        else:
            yield from ('', 'not run')


def _not_run(count):
    return {kind: {'soap': soap, 'http': None, 'seconds': None}
            for kind, soap in zip(('configure', 'upload'), formula(count),
                                  strict=True)}


def calls(counts, delays, most, uploads):
    """Yield a row for each number of datastores, delay and driver.

    :param most: datastores at most with which upstream's driver is run
    """
    for count in counts:
        vcenter = _simulator(count)
        try:
            vcenter.start()
            known = types.SimpleNamespace(**{
                name: getattr(vcenter, name) for name in
                ('url', 'address', 'host', 'port', 'user', 'password',
                 'ca_file')})
            names = [row['name'] for row in vcenter.datastores()]
            for delay in delays:
                vcenter.reset()
                vcenter.delay('*', delay)
                for which in DRIVERS:
                    ran = which != 'upstream' or count <= most
                    found = (_apart(which, known, names, uploads) if ran
                             else _not_run(count))
                    vcenter.clear()
                    yield {'datastores': count, 'delay': delay,
                           'driver': which, 'ran': ran, **found}
        finally:
            vcenter.remove()


def _upload(store, name, path, size, digest):
    """Return (seconds, CPU seconds) of an upload, and the image's URI."""
    with open(path, 'rb') as data:
        begun, used = time.perf_counter(), time.process_time()
        uri, _, _, multihash, _ = store.add(
            name, upstream.readers(data), size, 'sha512')
        figures = (time.perf_counter() - begun,
                   time.process_time() - used)
    if multihash != digest:
        raise SystemExit(f'{uri} was not stored as the source is')
    return figures, uri


def _download(store, where, size):
    """Return (seconds, CPU seconds) of a download."""
    begun, used = time.perf_counter(), time.process_time()
    length = sum(map(len, store.get(where)[0]))
    figures = time.perf_counter() - begun, time.process_time() - used
    if length != size:
        raise SystemExit(f'{length} bytes came of {size}')
    return figures


def _sha512(chunks):
    digest = hashlib.sha512()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def transfers(mib, rounds):
    """Return {way: {driver: [(seconds, CPU seconds)]}} of one image.

    The drivers take turns. The simulator shares this machine's cores.
    """
    from tests.functional.vcenter import stores

    _hush()
    size = mib * material.MIB
    found = {way: {'upstream': [], 'ours': []}
             for way in ('upload', 'download')}
    vcenter = _simulator(1)
    try:
        vcenter.start()
        with material.Material(tempfile.gettempdir(), size) as work:
            path, (_, digest) = work.random(size)
            made = {which: _store(which, vcenter, work.directory,
                                  ['datastore0'])
                    for which in found['upload']}
            # The first round warms up, and has what came compared.
            for number in range(rounds + 1):
                order = list(made.items())
                for which, store in order[::-1 if number % 2 else 1]:
                    up, uri = _upload(store, f'image-{number}', path, size,
                                      digest)
                    where = stores.locate(store, uri)
                    if number:
                        found['upload'][which].append(up)
                        found['download'][which].append(
                            _download(store, where, size))
                    elif _sha512(store.get(where)[0]) != digest:
                        raise SystemExit(f'{uri} is not what the source is')
                    store.delete(where)
            made['ours'].ledger.close()
    finally:
        vcenter.remove()
    return found


def _print_transfers(found, mib):
    print(f'\n{mib} MiB, medians; the client\'s CPU seconds')
    print(f'{"":20}   MiB/s  CPU s/GiB  x upstream')
    for way, drivers in found.items():
        for which, runs in drivers.items():
            seconds, used = (statistics.median(run[part] for run in runs)
                             for part in range(2))
            ratio = statistics.median(
                theirs[0] / ours[0] for theirs, ours in
                zip(drivers['upstream'], runs, strict=True))
            print(f'{way:8}  {which:10}  {mib / seconds:6.0f}  '
                  f'{used * 1024 / mib:9.2f}  {ratio:10.2f}')


def _parser():
    parser = argparse.ArgumentParser(
        prog='python -m bench vsphere', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--datastores', type=int, nargs='+',
                        default=DATASTORES, metavar='N')
    parser.add_argument('--delays', type=int, nargs='+', default=DELAYS,
                        metavar='MS', help='milliseconds more for each call')
    parser.add_argument('--upstream-datastores', type=int, metavar='N',
                        default=UPSTREAM_DATASTORES,
                        help='with more, the calls that upstream\'s driver '
                             'would make are reckoned (default: '
                             '%(default)s)')
    parser.add_argument('--uploads', type=int, default=3,
                        help='of 1 MiB, of each store (default: %(default)s)')
    parser.add_argument('--size', type=int, default=1024, metavar='MIB',
                        help='of the image; 0 for none (default: '
                             '%(default)s)')
    parser.add_argument('--rounds', type=int, default=5,
                        help='of the image (default: %(default)s)')
    parser.add_argument('--json', metavar='FILE',
                        help='write the figures to this file, too')
    return parser


def _measure(arguments):
    print(f'{len(os.sched_getaffinity(0))} cores, load '
          f'{os.getloadavg()[0]:.1f} at the start\n')
    print(_line('', '', '', 'configure:', '', '', 'upload:', '', ''))
    print(_line('datastores', 'a call', 'driver',
                *('SOAP', 'HTTP', 'time') * 2))
    rows = []
    for row in calls(arguments.datastores, arguments.delays,
                     arguments.upstream_datastores, arguments.uploads):
        rows.append(row)
        print(_line(row['datastores'], f'{row["delay"]} ms', row['driver'],
                    *_cells(row)), flush=True)
    if not all(row['ran'] for row in rows):
        print('not run: reckoned for N datastores of one weight, '
              '2 + 2N + N(N+1)/2 calls to configure and N + 1 an upload')
    most = max((row['configure']['soap'] for row in rows
                if row['driver'] != 'upstream'), default=0)
    print(f'goal: ours, {GOAL} SOAP calls to configure at most: {most:.0f}, '
          f'{"reached" if most <= GOAL else "NOT reached"}')
    moved = {}
    if arguments.size:
        moved = transfers(arguments.size, arguments.rounds)
        _print_transfers(moved, arguments.size)
    return {'calls': rows, 'transfers': moved}


def main():
    """Measure and print."""
    from tests.functional.vcenter import fixture

    arguments = _parser().parse_args()
    surroundings = fixture.NoProxies()
    surroundings.setUp()
    try:
        fixture.require()
        figures = _measure(arguments)
    except unittest.SkipTest as exc:
        raise SystemExit(str(exc)) from exc
    finally:
        surroundings.cleanUp()
    if arguments.json:
        with open(arguments.json, 'w') as file:
            json.dump(figures, file, indent=2)
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
