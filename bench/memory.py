"""Peak memory of an upload, by its size."""

import json
import os
import subprocess
import sys
import tempfile

from bench import measure

GIB = 1 << 30


class _Fresh:
    """A stream of zeros, each read a new object in memory."""

    def __init__(self, size):
        self._left = size

    def read(self, size):
        size = min(size, self._left)
        self._left -= size
        # Written to, so that the kernel must give the pages.
        return bytes(bytearray(size))


def _peak():
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) for line in status
                    if line.startswith('VmHWM:')) << 10


def _upload(directory, size):
    from cinder_glance_multistore.transfer import files
    from cinder_glance_multistore.transfer import sources

    # What the first upload loads is not what the size costs.
    for number, length in enumerate((8 << 20, size)):
        before = _peak()
        files.save(sources.Source(_Fresh(length)),
                   os.path.join(directory, str(number)), size=length,
                   sparse=True)
    print(json.dumps([before, _peak()]))


def peaks(parent, sizes):
    """Return the peak resident memory for each size, each in a process."""
    values = {}
    lines = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix='multistore-bench-',
                                         dir=parent) as directory:
            answer = subprocess.run(
                [sys.executable, '-m', 'bench.memory', directory, str(size)],
                check=True, capture_output=True, text=True)
        small, peak = json.loads(answer.stdout)
        values[str(size)] = {'after_8_mib': small, 'peak': peak}
        lines.append(f'{size / GIB:6.2f} GiB  peak {peak >> 20} MiB '
                     f'(an upload of 8 MiB: {small >> 20} MiB)')
    return measure.Lines('Peak resident memory of the process', lines,
                         values)


if __name__ == '__main__':
    _upload(sys.argv[1], int(sys.argv[2]))
