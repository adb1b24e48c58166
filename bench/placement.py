"""What it costs to choose a place, and to promise its bytes."""

import multiprocessing
import os
import statistics
import tempfile
import time

from bench import measure
from cinder_glance_multistore.placement import choice
from cinder_glance_multistore.placement import policies
from cinder_glance_multistore.placement.ledger import Ledger
from cinder_glance_multistore.placement.places import Place

GIB = 1 << 30
PLACES = 1000
PROCESSES = (1, 8)
SECONDS = 3.0


def choosing(rounds):
    """Time the choice among 1,000 places, by each policy."""
    offered = [Place(f'/srv/{number:04}', (number * 37 % PLACES) * GIB,
                     PLACES * GIB, number % 7) for number in range(PLACES)]
    values = {}
    for policy in policies.names():
        times = []
        for _ in range(20 * rounds):
            begun = time.perf_counter()
            choice.choose(offered, GIB, policy, key='image')
            times.append(time.perf_counter() - begun)
        values[policy] = statistics.median(times) * 1e6
    return measure.Lines(
        f'Choosing among {PLACES} places, microseconds (medians)',
        [f'{name:14} {value:6.0f}' for name, value in values.items()],
        values)


def _reserve(url, begin, end, counts):
    ledger = Ledger(url)
    places = [Place('/srv/a', GIB * GIB, GIB * GIB)]
    ledger.promised()
    begin.wait()
    done = 0
    while time.monotonic() < end.value:
        with ledger.reserve(lambda: places, GIB) as held:
            held.settle()
        done += 1
    counts.put(done)


def reserving(directory):
    """Count reservations (reserve, settle, release) on one SQLite ledger."""
    values = {}
    context = multiprocessing.get_context('spawn')
    for processes in PROCESSES:
        with tempfile.TemporaryDirectory(dir=directory) as home:
            url = f'sqlite:///{os.path.join(home, "ledger.sqlite")}'
            begin = context.Barrier(processes + 1)
            end = context.Value('d', float('inf'))
            counts = context.Queue()
            workers = [context.Process(target=_reserve,
                                       args=(url, begin, end, counts))
                       for _ in range(processes)]
            for worker in workers:
                worker.start()
            end.value = time.monotonic() + 3600
            begin.wait()
            end.value = time.monotonic() + SECONDS
            found = [counts.get() for _ in workers]
            for worker in workers:
                worker.join()
            values[processes] = {
                'a_second': sum(found) / SECONDS,
                'fewest': min(found) / SECONDS, 'most': max(found) / SECONDS}
    return measure.Lines(
        'Reservations a second on one ledger (reserve, settle, release: '
        'three transactions that write, one that reads)',
        [f'{processes} process{"es" * (processes > 1):2}  '
         f'{value["a_second"]:6.0f}   (of one process: '
         f'{value["fewest"]:.0f} to {value["most"]:.0f})'
         for processes, value in values.items()], values)
