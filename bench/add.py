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
LOCAL = 'ours, local'
CLONED = 'ours, reflink'
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
    """Return a run of ours from a file, no reader between.

    On a file system with reflinks it clones.
    """
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


def _theirs_both(work, path, digests, thin=False):
    return [_case(work, kind, theirs(kind, work.directory, path, work.size,
                                     f'image-{kind}', thin),
                  work.size, digests, f'image-{kind}')
            for kind in (upstream.SHIPPED, upstream.TUNED)]


def random_data(work, rounds):
    """One upload of random data."""
    path, digests = work.random(work.size)
    target = work.path('ours')
    goals = [measure.Goal(OURS, upstream.SHIPPED, 2.6),
             measure.Goal(OURS, upstream.TUNED, 1.7),
             measure.Goal(OURS, BY_HAND, 1.0)]
    local = LOCAL
    if work.clones():
        local = CLONED
        goals += [measure.Goal(CLONED, upstream.SHIPPED, 3.2),
                  measure.Goal(CLONED, upstream.TUNED, 2.0)]
    cases = _theirs_both(work, path, digests)
    cases += [
        _case(work, name, run, work.size, digests, name_of)
        for name, run, name_of in (
            (OURS, ours(target, path, work.size), 'ours'),
            (DURABLE, ours(target, path, work.size, durable=True), 'ours'),
            (local, ours_local(target, path), 'ours'),
            (BY_HAND, by_hand(work.path('hand'), path), 'hand'))]
    measure.take_turns(cases, rounds)
    table = measure.Table(
        f'One upload of {work.size >> 20} MiB of random data', cases,
        (upstream.SHIPPED, upstream.TUNED), goals)
    if local == LOCAL:
        table.notes.append('no reflinks here: for those name a --directory '
                           'on XFS or btrfs')
    return table


def zeros(work, rounds):
    """One upload of nine tenths zeros, thin."""
    path, digests = work.mostly_zeros(holes=False)
    holes, holes_digests = work.mostly_zeros(holes=True)
    target = work.path('ours')
    cases = _theirs_both(work, path, digests, thin=True)
    cases += [
        _case(work, OURS, ours(target, path, work.size, sparse=True),
              work.size, digests, 'ours'),
        _case(work, 'ours, local, holes',
              ours_local(target, holes, sparse=True),
              work.size, holes_digests, 'ours')]
    measure.take_turns(cases, rounds)
    return measure.Table(
        f'One upload of {work.size >> 20} MiB, nine tenths zeros, thin '
        f'provisioning', cases, (upstream.SHIPPED, upstream.TUNED),
        [measure.Goal(OURS, upstream.SHIPPED, 5.0)])


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

    def case(name, make):
        names = [f'{name}-{number}' for number in range(count)]

        def clean():
            for one in names:
                material.remove(work.path(one))

        return measure.Case(name, _at_once([make(one) for one in names]),
                            size * count, {digests}, clean)

    cases = [
        case(kind, lambda name, kind=kind: theirs(
            kind, work.directory, path, size, name))
        for kind in (upstream.SHIPPED, upstream.TUNED)]
    cases.append(case(OURS, lambda name: ours(work.path(name), path, size)))
    measure.take_turns(cases, rounds)
    return measure.Table(
        f'{count} uploads of {size >> 20} MiB at once', cases,
        (upstream.SHIPPED, upstream.TUNED),
        [measure.Goal(OURS, upstream.SHIPPED, 1.2),
         measure.Goal(OURS, upstream.TUNED, 1.0)])
