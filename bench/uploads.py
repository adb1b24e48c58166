"""Volumes that become images in turn, on a sandbox of several stores.

Every figure is a median of runs next to each other, with the CPU seconds of
either side. Both share this machine's cores, as they do not in a cloud.
"""

import argparse
import contextlib
import dataclasses
import os
import sqlite3
import statistics
import time

from bench import services
from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox import stack

_MIB = 1 << 20
#: Glance's ``file`` store with pieces of 1 MiB, which anybody can have.
TUNED_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Case:
    """
    :ivar service: whose Cinder: ``upstream`` or ``cinder``, which is ours
    :ivar store_id: where the image is to go
    """

    title: str
    service: str
    store_id: str


#: What all others are compared with.
SHIPPED = Case('plain upstream as shipped', 'upstream', 'reliable')
TUNED = Case('plain upstream tuned', 'upstream', 'tuned')


def parser(name, description):
    """Return a parser of what every such bench can be told."""
    made = argparse.ArgumentParser(
        prog=f'python -m bench {name}', description=description)
    made.add_argument('--directory', default=f'var/{name}',
                      help='where the sandbox lies (default: %(default)s)')
    made.add_argument('--size', type=int, default=1024, metavar='MIB',
                      help='of a volume (default: %(default)s)')
    made.add_argument('--rounds', type=int, default=5,
                      help='runs of each case (default: %(default)s)')
    return made


@contextlib.contextmanager
def sandbox(arguments, options):
    """A sandbox with plain upstream's Cinder beside ours, until the end.

    :param options: a function from the sandbox to its options; Glance's
        have the stores ``reliable`` and ``tuned`` besides
    """
    made = stack.Sandbox(arguments.directory, upstream=True)
    made.options = options(made)
    glance = made.options['glance']
    glance['DEFAULT'] = {'enabled_backends': 'cheap:multidir,fast:multidir,'
                                             'reliable:file,tuned:file'}
    glance['tuned'] = {
        'filesystem_store_datadir': made.layout.store('tuned'),
        'filesystem_store_chunk_size': TUNED_CHUNK}
    made.up(reset=True)
    try:
        print(f'{arguments.size} MiB, medians of {arguments.rounds} '
              f'interleaved runs, {len(os.sched_getaffinity(0))} cores, load '
              f'{os.getloadavg()[0]:.1f} at the start')
        yield made
    finally:
        made.down()


class Uploads:
    """A volume of random bytes for each case, and its uploads."""

    def __init__(self, sandbox, cases, mib):
        self._sandbox = sandbox
        self._clouds = {name: cloud.Cloud(sandbox, name)
                        for name in ('upstream', 'cinder')}
        self._mib = mib
        self._volumes = {}
        for case in cases:
            which = self._clouds[case.service]
            self._volumes[case] = which.volume(
                which.volume_type(case.store_id), mib=mib)

    def measure(self, rounds, cases=None):
        """Return {case: [(seconds, CPU s of Cinder, of Glance), ..]}."""
        cases = list(self._volumes if cases is None else cases)
        runs = {case: [] for case in cases}
        # The first round warms caches and lazy imports.
        for count in range(rounds + 1):
            shift = count % len(cases)
            for case in cases[shift:] + cases[:shift]:
                run = self._upload(case)
                if count:
                    runs[case].append(run)
        return runs

    def _upload(self, case):
        which, volume = self._clouds[case.service], self._volumes[case]
        # What the last upload has left to write is none of this one's.
        os.sync()
        used = self._cpu_seconds(case)
        started = time.monotonic()
        image_id = which.upload(volume)
        self._wait(case.service, volume.id)
        seconds = time.monotonic() - started
        used = [after - before for before, after in zip(
            used, self._cpu_seconds(case), strict=True)]
        image = which.glance.images.get(image_id)
        if image.os_hash_value != cloud.sha512(which.file(volume)):
            raise SystemExit(f'image {image_id} is not what the volume is')
        which.glance.images.delete(image_id)
        return (seconds, *used)

    def _cpu_seconds(self, case):
        return [services.cpu_seconds(self._sandbox, name)
                for name in (case.service, 'glance')]

    def _wait(self, service, volume_id):
        # Not by Cinder's API, which is in the process that sends: each
        # question takes CPU seconds from it.
        path = self._sandbox.layout.database(service)
        with contextlib.closing(sqlite3.connect(
                f'file:{path}?mode=ro', uri=True, timeout=60)) as database:
            while database.execute('SELECT status FROM volumes WHERE id = ?',
                                   (volume_id,)).fetchone() == ('uploading',):
                time.sleep(0.02)

    def show(self, runs):
        """Print a table of what :meth:`measure` returned."""
        print(f'{"":34}   MB/s  CPU s/GiB: Cinder  Glance   x shipped  '
              f'x tuned')
        for case, found in runs.items():
            seconds, cinder, glance = (
                statistics.median(run[part] for run in found)
                for part in range(3))
            gib = self._mib / 1024
            print(f'{case.title:34} {self._mib * _MIB / 1e6 / seconds:6.0f}'
                  f'  {cinder / gib:17.2f}  {glance / gib:6.2f}'
                  f'  {ratio(runs, case, SHIPPED):10.2f}'
                  f'  {ratio(runs, case, TUNED):7.2f}')


def ratio(runs, case, base):
    """Return how many times as fast as another a case was, the median."""
    return statistics.median(
        there[0] / here[0]
        for here, there in zip(runs[case], runs[base], strict=True))
