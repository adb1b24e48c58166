"""A driver's ``add`` behind Glance's own readers: ours and upstream's."""

import concurrent.futures
import subprocess

from bench import material
from bench import measure
from bench import upstream
from cinder_glance_multistore.transfer import files
from cinder_glance_multistore.transfer import sources

OURS = 'ours'
DURABLE = 'ours, fsync'
BY_HAND = 'by hand'


def theirs(kind, directory, path, size, name, thin=False):
    """Return a run of upstream's ``add``."""
    store = upstream.file_store(kind, directory, thin)

    def run():
        with open(path, 'rb') as data:
            _, _, checksum, multihash, _ = store.add(
                name, upstream.readers(data), size, 'sha512')
        return checksum, multihash
    return run


def ours(target, path, size, durable=False, sparse=False):
    """Return a run of ours, behind the same readers."""
    def run():
        with open(path, 'rb') as data:
            saved = files.save(
                sources.Source(upstream.readers(data)), target, size=size,
                durable=durable, sparse=sparse)
        return saved.checksum, saved.multihash
    return run


def ours_local(target, path, sparse=False):
    """Return a run of ours from a file, no reader between."""
    def run():
        with open(path, 'rb') as data:
            saved = files.save(sources.Source(data), target, durable=False,
                               sparse=sparse)
        return saved.checksum, saved.multihash
    return run


def by_hand(target, path):
    """Return the best that three commands do: copy and hash in parallel."""
    def run():
        commands = [subprocess.Popen(command, stdout=subprocess.PIPE)
                    for command in (['cp', '--sparse=never', path, target],
                                    ['openssl', 'md5', '-r', path],
                                    ['openssl', 'sha512', '-r', path])]
        answers = [command.communicate()[0] for command in commands]
        for command in commands:
            if command.returncode:
                raise subprocess.CalledProcessError(
                    command.returncode, command.args)
        return tuple(answer.split()[0].decode() for answer in answers[1:])
    return run


def _case(work, name, run, size, digests, target):
    path = work.path(target)
    return measure.Case(name, run, size, digests,
                        lambda: material.remove(path))


def random_data(work, rounds):
    """One upload of random data."""
    path, digests = work.random(work.size)
    cases = [
        _case(work, kind, theirs(kind, work.directory, path, work.size,
                                 f'image-{kind}'),
              work.size, digests, f'image-{kind}')
        for kind in (upstream.SHIPPED, upstream.TUNED)]
    for name, run in (
            (OURS, ours(work.path('ours'), path, work.size)),
            (DURABLE, ours(work.path('ours'), path, work.size, True)),
            ('ours, local', ours_local(work.path('ours'), path))):
        cases.append(_case(work, name, run, work.size, digests, 'ours'))
    cases.append(_case(work, BY_HAND, by_hand(work.path('hand'), path),
                       work.size, digests, 'hand'))
    measure.take_turns(cases, rounds)
    return measure.Table(
        f'One upload of {work.size >> 20} MiB of random data', cases,
        (upstream.SHIPPED, upstream.TUNED),
        (measure.Goal(OURS, upstream.SHIPPED, 2.6),
         measure.Goal(OURS, upstream.TUNED, 1.7),
         measure.Goal('ours, local', upstream.SHIPPED, 3.2),
         measure.Goal('ours, local', upstream.TUNED, 2.0),
         measure.Goal(OURS, BY_HAND, 1.0)))


def zeros(work, rounds):
    """One upload of nine tenths zeros, thin."""
    path, digests = work.mostly_zeros(holes=False)
    holes, _ = work.mostly_zeros(holes=True)
    cases = [
        _case(work, kind, theirs(kind, work.directory, path, work.size,
                                 f'thin-{kind}', thin=True),
              work.size, digests, f'thin-{kind}')
        for kind in (upstream.SHIPPED, upstream.TUNED)]
    cases.append(_case(
        work, OURS, ours(work.path('ours'), path, work.size, sparse=True),
        work.size, digests, 'ours'))
    cases.append(measure.Case(
        'ours, local, holes',
        ours_local(work.path('ours'), holes, sparse=True), work.size,
        work.mostly_zeros(holes=True)[1],
        lambda: material.remove(work.path('ours'))))
    measure.take_turns(cases, rounds)
    return measure.Table(
        f'One upload of {work.size >> 20} MiB, nine tenths zeros, thin '
        f'provisioning', cases, (upstream.SHIPPED, upstream.TUNED),
        (measure.Goal(OURS, upstream.SHIPPED, 5.0),
         measure.Goal(OURS, upstream.TUNED, 1.0)))


def _at_once(runs):
    def run():
        with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
            return {future.result() for future in
                    [pool.submit(run) for run in runs]}
    return run


def at_once(work, rounds, count):
    """Several uploads at once, in threads of one process."""
    # No more in sum than the page cache takes without writing.
    size = min(work.size // 4, 2 * work.size // count)
    path, digests = work.random(size)
    numbers = range(count)
    cases = []
    for kind in (upstream.SHIPPED, upstream.TUNED):
        cases.append(measure.Case(
            kind, _at_once([theirs(kind, work.directory, path, size,
                                   f'{kind}-{number}')
                            for number in numbers]),
            size * count, {digests},
            lambda kind=kind: [material.remove(work.path(f'{kind}-{number}'))
                               for number in numbers] and None))
    cases.append(measure.Case(
        OURS, _at_once([ours(work.path(f'ours-{number}'), path, size)
                        for number in numbers]),
        size * count, {digests},
        lambda: [material.remove(work.path(f'ours-{number}'))
                 for number in numbers] and None))
    measure.take_turns(cases, rounds)
    return measure.Table(
        f'{count} uploads of {size >> 20} MiB at once', cases,
        (upstream.SHIPPED, upstream.TUNED),
        (measure.Goal(OURS, upstream.SHIPPED, 1.2),
         measure.Goal(OURS, upstream.TUNED, 1.0)))
