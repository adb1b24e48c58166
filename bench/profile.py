"""What holds an upload: the CPU seconds of each of its parts."""

import os
import time

from bench import measure
from bench import upstream
from cinder_glance_multistore.transfer import hashes
from cinder_glance_multistore.transfer import pipeline
from cinder_glance_multistore.transfer import sources
from cinder_glance_multistore.transfer import writers


class _Timed:
    """Calls a function, and sums the CPU time of the calling thread."""

    def __init__(self, func):
        self._func = func
        self.seconds = 0.0

    def __call__(self, *args):
        began = time.thread_time()
        try:
            return self._func(*args)
        finally:
            self.seconds += time.thread_time() - began


def _profile(work, path, digests):
    """Return the seconds a GB of each part, and of the whole."""
    md5, sha512 = hashes.new('md5'), hashes.new('sha512')
    wall, cpu = time.perf_counter(), time.process_time()
    with open(path, 'rb') as data, writers.AtomicFile(
            work.path('profile'), size=work.size, durable=False) as file:
        source = sources.Source(upstream.readers(data))
        timed = {'md5': _Timed(md5.update), 'sha512': _Timed(sha512.update),
                 'write': _Timed(file.write), 'read': _Timed(source.read)}
        source.read = timed['read']
        file.reserve()
        pipeline.run(source, [pipeline.Lane(timed[name]) for name in
                              ('write', 'md5', 'sha512')], size=work.size)
        file.commit()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    os.unlink(work.path('profile'))
    if (md5.hexdigest(), sha512.hexdigest()) != digests:
        raise measure.WrongDigest('the profiled upload')
    size = work.size / 1e9
    values = {name: part.seconds / size for name, part in timed.items()}
    values['threads and the rest'] = cpu / size - sum(values.values())
    values['wall'] = wall / size
    return values


def parts(work, rounds):
    """Return the parts of one upload of random data, and the bound.

    Of the fastest of some runs: the others say what the machine did beside.
    """
    path, digests = work.random(work.size)
    values = min((_profile(work, path, digests) for _ in range(rounds + 1)),
                 key=lambda found: found['wall'])
    wall = values.pop('wall')
    cores = len(os.sched_getaffinity(0))
    bound = max(values['md5'], values['sha512'],
                sum(values.values()) / cores)
    lines = [f'{name:20}  {value:6.3f} CPU s/GB'
             for name, value in values.items()]
    lines.append(
        f'{"bound":20}  {bound:6.3f} s/GB: the slower hash, or all of the '
        f'work on {cores} cores; taken: {wall:.3f} s/GB')
    values.update(bound=bound, wall=wall)
    return measure.Lines('Where the CPU goes in one upload of ours', lines,
                         values)
