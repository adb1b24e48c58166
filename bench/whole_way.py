"""``python -m bench whole-way``: volume to image, through the sandbox's Glance.

Plain upstream's Cinder and ours upload volumes of random bytes in turn to one
Glance; every figure is a ratio of runs next to each other. Upstream goes to
Glance's ``file`` store, as shipped (64 KiB pieces) and tuned (1 MiB); ours to
the same store and to ``multidir``, with and without ``upload_verify = hash``.
Sender and Glance share this machine's cores, as they do not in a cloud: a
hash on the way out costs time here that it costs nobody there.
"""

import argparse
import os
import statistics
import time

from bench import services
from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox import stack

TUNED = {'reliable': {'filesystem_store_chunk_size': str(1024 * 1024)}}
# What differs between passes: (title, options of our Cinder, of Glance).
PASSES = (
    ('file as shipped, upload_verify = hash', 'hash', {}),
    ('file as shipped, upload_verify = size', 'size', {}),
    ('file tuned, upload_verify = size', 'size', TUNED),
)
CASES = (('upstream', 'reliable'), ('cinder', 'reliable'), ('cinder', 'fast'))


def _upload(which, volume):
    """Return (seconds, CPU seconds) of one upload; check it, remove it."""
    used = services.cpu_seconds(which.sandbox)
    started = time.monotonic()
    image_id = which.upload(volume)
    while which.status(volume) == 'uploading':
        time.sleep(0.02)
    seconds = time.monotonic() - started
    used = services.cpu_seconds(which.sandbox) - used
    image = which.glance.images.get(image_id)
    if image.os_hash_value != cloud.sha512(which.file(volume)):
        raise SystemExit(f'image {image_id} is not what the volume is')
    which.glance.images.delete(image_id)
    return seconds, used


def _restart(sandbox, verify, glance_options):
    sandbox.options = {'cinder': {'multistore': {'upload_verify': verify}},
                       'glance': glance_options}
    for name in ('glance', 'cinder'):
        sandbox.stop(name)
        sandbox.start(name)


def _measure(sandbox, rounds, volumes):
    clouds = {name: cloud.Cloud(sandbox, name)
              for name in ('upstream', 'cinder')}
    runs = {case: [] for case in CASES}
    # The first round warms caches and lazy imports.
    for count in range(rounds + 1):
        for case in CASES:
            run = _upload(clouds[case[0]], volumes[case])
            if count:
                runs[case].append(run)
    return runs


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog='python -m bench whole-way', description=__doc__)
    parser.add_argument('--directory', default='var/whole-way')
    parser.add_argument('--size', type=int, default=1024, metavar='MIB')
    parser.add_argument('--rounds', type=int, default=5)
    arguments = parser.parse_args()
    sandbox = stack.Sandbox(arguments.directory, upstream=True)
    sandbox.up(reset=True)
    try:
        volumes = {}
        for service, store_id in CASES:
            which = cloud.Cloud(sandbox, service)
            volumes[service, store_id] = which.volume(
                which.volume_type(store_id), mib=arguments.size)
        print(f'{arguments.size} MiB, medians of {arguments.rounds} '
              f'interleaved runs, {len(os.sched_getaffinity(0))} cores, load '
              f'{os.getloadavg()[0]:.1f} at the start')
        for title, verify, glance_options in PASSES:
            _restart(sandbox, verify, glance_options)
            runs = _measure(sandbox, arguments.rounds, volumes)
            print(title)
            base = runs[CASES[0]]
            for (service, store_id), found in runs.items():
                ratio = statistics.median(
                    theirs[0] / ours[0]
                    for theirs, ours in zip(base, found, strict=True))
                print(f'  {service:>8} to {store_id:<8} '
                      f'{statistics.median(s for s, _ in found):6.2f} s '
                      f'{statistics.median(c for _, c in found):6.2f} CPU s '
                      f'{ratio:5.2f} x upstream')
    finally:
        sandbox.down()


if __name__ == '__main__':
    main()
