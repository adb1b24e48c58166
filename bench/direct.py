"""``python -m bench direct``: the direct path beside the image service.

Volumes of random bytes become images in one Glance, in turn: plain upstream's
Cinder to the ``file`` store as shipped (64 KiB pieces) and tuned (1 MiB); ours
through the image service, and directly, to ``multidir`` stores. Every figure
is a median of runs next to each other, with the CPU seconds of either side.
Both share this machine's cores, as they do not in a cloud. Where the
directory's file system has reflinks, an adopted image is a clone of the
volume's file.
"""

import argparse
import dataclasses
import os
import statistics
import time

from bench import material
from bench import services
from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox import stack


@dataclasses.dataclass(frozen=True)
class _Case:
    title: str
    service: str
    store_id: str


_CASES = (
    _Case('plain upstream as shipped', 'upstream', 'reliable'),
    _Case('plain upstream tuned', 'upstream', 'tuned'),
    _Case('image service, multidir', 'cinder', 'cheap'),
    _Case('direct, multidir adopts', 'cinder', 'fast'),
)
#: Times plain upstream as shipped that is wanted of the direct path.
_GOAL = 3.2


def _options(sandbox):
    return {
        'glance': {
            'DEFAULT': {'enabled_backends': 'cheap:multidir,fast:multidir,'
                                            'reliable:file,tuned:file'},
            'fast': {'multidir_adopt': True},
            'tuned': {
                'filesystem_store_datadir': sandbox.layout.store('tuned'),
                'filesystem_store_chunk_size': 1 << 20},
        },
        'cinder': {'multistore': {
            'upload_path': 'image_service, fast:direct',
            'upload_verify': 'size',
            'glance_config_files': (sandbox.layout.config_dir('glance')
                                    / 'glance-api.conf')}},
    }


def _upload(sandbox, case, which, volume):
    """Return (seconds, CPU seconds of Cinder, of Glance) of one upload."""
    used = [services.cpu_seconds(sandbox, name)
            for name in (case.service, 'glance')]
    started = time.monotonic()
    image_id = which.upload(volume)
    while which.status(volume) == 'uploading':
        # Cinder's API is in the same process: asking costs it CPU seconds.
        time.sleep(0.1)
    seconds = time.monotonic() - started
    used = [services.cpu_seconds(sandbox, name) - before
            for name, before in zip((case.service, 'glance'), used,
                                    strict=True)]
    image = which.glance.images.get(image_id)
    if image.os_hash_value != cloud.sha512(which.file(volume)):
        raise SystemExit(f'image {image_id} is not what the volume is')
    which.glance.images.delete(image_id)
    return (seconds, *used)


def _measure(sandbox, size, rounds):
    clouds = {name: cloud.Cloud(sandbox, name)
              for name in ('upstream', 'cinder')}
    volumes = {
        case: clouds[case.service].volume(
            clouds[case.service].volume_type(case.store_id), mib=size)
        for case in _CASES}
    runs = {case: [] for case in _CASES}
    # The first round warms caches and lazy imports.
    for count in range(rounds + 1):
        shift = count % len(_CASES)
        for case in _CASES[shift:] + _CASES[:shift]:
            run = _upload(sandbox, case, clouds[case.service],
                          volumes[case])
            if count:
                runs[case].append(run)
    return runs


def _print(runs, size):
    base, tuned = (runs[case] for case in _CASES[:2])

    def ratio(ours, theirs):
        return statistics.median(
            there[0] / here[0]
            for here, there in zip(ours, theirs, strict=True))

    print(f'{"":26}   MB/s  CPU s/GiB: Cinder  Glance   x shipped  x tuned')
    for case, found in runs.items():
        seconds, cinder, glance = (
            statistics.median(run[part] for run in found)
            for part in range(3))
        gib = size / 1024
        print(f'{case.title:26} {size * material.MIB / 1e6 / seconds:6.0f}'
              f'  {cinder / gib:17.2f}  {glance / gib:6.2f}'
              f'  {ratio(found, base):10.2f}  {ratio(found, tuned):7.2f}')
    reached = ratio(runs[_CASES[3]], base)
    print(f'goal: direct, {_GOAL} times plain upstream as shipped: '
          f'{reached:.2f}, '
          f'{"reached" if reached >= _GOAL else "NOT reached"}')


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog='python -m bench direct', description=__doc__)
    parser.add_argument('--directory', default='var/direct')
    parser.add_argument('--size', type=int, default=1024, metavar='MIB')
    parser.add_argument('--rounds', type=int, default=5)
    arguments = parser.parse_args()
    sandbox = stack.Sandbox(arguments.directory, upstream=True)
    sandbox.options = _options(sandbox)
    sandbox.up(reset=True)
    try:
        with material.Material(arguments.directory, 0) as work:
            clones = work.clones()
        print(f'{arguments.size} MiB, medians of {arguments.rounds} '
              f'interleaved runs, {len(os.sched_getaffinity(0))} cores, load '
              f'{os.getloadavg()[0]:.1f} at the start, '
              f'{"with" if clones else "no"} reflinks')
        _print(_measure(sandbox, arguments.size, arguments.rounds),
               arguments.size)
    finally:
        sandbox.down()


if __name__ == '__main__':
    main()
