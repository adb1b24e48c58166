"""What faults do to a store: ours, and upstream's ``file`` store beside it.

``python -m bench faults`` (or ``python -m bench.faults kills hung ...``, as
root). Real processes are killed, real file systems of
64 MiB fill up (tmpfs, in a mount namespace of this process's own where it is
not root), and a real one (FUSE) stops answering.
"""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from bench import measure

MIB = 1 << 20
STORES = {'ours': 'tests.contract.multidir', 'upstream': 'tests.contract.upstream'}

# Each is run as ``python -c``: directories, a private directory and the
# figures come as JSON, the answer goes to standard output as JSON.
_PRELUDE = '''
import json, logging, os, sys, threading, time
import importlib
logging.disable(logging.CRITICAL)
given = json.loads(sys.argv[1])
store = importlib.import_module(given['module']).make_store(
    given['directories'], given['home'])

class Zeros:
    def __init__(self, size, pause=0):
        self.size, self.pause = size, pause
    def read(self, wanted):
        time.sleep(self.pause)
        wanted = min(wanted, self.size)
        self.size -= wanted
        return b'x' * wanted

def answer(value):
    print(json.dumps(value), flush=True)
'''

_UPLOAD = _PRELUDE + '''
answer('ready')
for line in sys.stdin:
    image, size, known, pause = json.loads(line)
    try:
        store.add(image, Zeros(size, pause), size if known else 0, 'sha512')
    except Exception as exc:
        answer(f'{type(exc).__name__}: {exc}')
    else:
        answer('saved')
'''


class _Process:
    """A process with a store that uploads what it is told."""

    def __init__(self, kind, directories, home):
        given = json.dumps({'module': STORES[kind], 'home': home,
                            'directories': directories})
        self._process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', _UPLOAD, given],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.answer()

    def answer(self):
        return json.loads(self._process.stdout.readline())

    def begin(self, image, size, known=True, pause=0):
        self._process.stdin.write(
            json.dumps([image, size, known, pause]) + '\n')
        self._process.stdin.flush()

    def upload(self, *arguments, **how):
        self.begin(*arguments, **how)
        return self.answer()

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self.close()

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@contextlib.contextmanager
def _home():
    with tempfile.TemporaryDirectory() as home:
        yield home


@contextlib.contextmanager
def _disks(home, count, options='size=64m'):
    """Mount tmpfs; needs root, or :func:`in_namespace`."""
    paths = [os.path.join(home, f'disk{number}') for number in range(count)]
    for path in paths:
        os.mkdir(path)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path],
                       check=True)
    try:
        yield paths
    finally:
        for path in paths:
            subprocess.run(['umount', '-l', path], check=True)


def _empty(directories):
    for directory in directories:
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))


def kills(kind, times):
    """Kill an upload at a random point; look, try again; start, look."""
    truncated = refused = left = 0
    slowest = 0.0
    lots = random.Random(1)  # noqa: S311
    with _home() as home:
        directory = os.path.join(home, 'images')
        os.mkdir(directory)

        def start():
            return _Process(kind, [directory], home)

        with concurrent.futures.ThreadPoolExecutor() as starter:
            upcoming = starter.submit(start)
            for number in range(times):
                image = f'image-{number}'
                process = upcoming.result()
                upcoming = starter.submit(start)
                process.begin(image, 8 * MIB, pause=0.001)
                time.sleep(lots.uniform(0, 0.04))
                process.kill()
                path = os.path.join(directory, image)
                whole = (os.path.exists(path)
                         and os.path.getsize(path) == 8 * MIB)
                truncated += os.path.exists(path) and not whole
                retry = upcoming.result()
                if not whole:
                    refused += retry.upload(image, MIB) != 'saved'
                retry.close()
                upcoming = starter.submit(start)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            upcoming.result().close()
            # What the last kills left is swept at the next start.
            begun = time.monotonic()
            start().close()
            while os.listdir(directory) and time.monotonic() < begun + 60:
                time.sleep(0.05)
            slowest = time.monotonic() - begun
            left = len(os.listdir(directory))
    return (f'{truncated} of {times} truncated under the final name, '
            f'{refused} of {times} retries refused, {left} files left '
            f'{slowest:.1f} s after the next start',
            {'times': times, 'truncated': truncated, 'refused': refused,
             'left': left, 'seconds': slowest})


def at_once(kind, rounds):
    """Six uploads of 20 MiB at once into two disks of 64 MiB."""
    saved = 0
    reasons = {}
    with _home() as home, _disks(home, 2) as disks:
        processes = [_Process(kind, disks, home) for _ in range(6)]
        for number in range(rounds):
            for index, process in enumerate(processes):
                process.begin(f'image-{number}-{index}', 20 * MIB)
            for process in processes:
                answer = process.answer()
                saved += answer == 'saved'
                if answer != 'saved':
                    reason = re.sub(r'[\d.]+', '#', answer)[:60]
                    reasons[reason] = reasons.get(reason, 0) + 1
            _empty(disks)
        for process in processes:
            process.close()
    return (f'{saved} of {6 * rounds} saved', {
        'saved': saved, 'of': 6 * rounds, 'reasons': reasons})


def filled(kind, rounds):
    """An upload of unknown size, and a rival that takes its room."""
    answers = {}
    left = 0
    with _home() as home, _disks(home, 1) as disks:
        process = _Process(kind, disks, home)
        for number in range(rounds):
            process.begin(f'image-{number}', 60 * MIB, known=False,
                          pause=0.002)
            rival = os.path.join(disks[0], 'rival')
            with open(rival, 'wb') as file, contextlib.suppress(OSError):
                for _ in range(40):
                    file.write(b'r' * MIB)
                    file.flush()
                    time.sleep(0.001)
            answer = process.answer().partition(':')[0]
            answers[answer] = answers.get(answer, 0) + 1
            os.unlink(rival)
            left += sum(os.path.getsize(os.path.join(disks[0], name))
                        for name in os.listdir(disks[0]))
            _empty(disks)
        process.close()
    said = ', '.join(f'{count} {name}' for name, count in answers.items())
    return f'{said}; {left} bytes left', {'answers': answers, 'left': left}


def hung(kind, uploads=10):
    """One of three directories stops answering."""
    from tests.contract import faulty

    times = []
    with _home() as home:
        fault = faulty.FaultyDirectory()
        fault.setUp()
        try:
            others = [os.path.join(home, name) for name in ('b', 'c')]
            for path in others:
                os.mkdir(path)
            process = _Process(kind, [fault.path, *others], home)
            fault.fail(**dict.fromkeys(
                (*faulty.OPERATIONS, 'getattr', 'open', 'readdir'), 'hang'))
            with concurrent.futures.ThreadPoolExecutor(1) as waiter:
                for number in range(uploads):
                    begun = time.monotonic()
                    process.begin(f'image-{number}', MIB)
                    try:
                        saved = waiter.submit(process.answer).result(30)
                    except concurrent.futures.TimeoutError:
                        # Before it can be killed, it must be answered.
                        fault.heal()
                        process.kill()
                        return ('blocks: no answer within 30 s',
                                {'seconds': None})
                    times.append((saved, time.monotonic() - begun))
                stat = f'/proc/{process._process.pid}/status'
                with open(stat) as lines:
                    threads = re.search(r'Threads:\s*(\d+)',
                                        lines.read())[1]
                fault.heal()
                time.sleep(1)
                process.upload('image-back', MIB)
                back = os.path.exists(os.path.join(fault.backing,
                                                   'image-back'))
                process.close()
        finally:
            fault.cleanUp()
    saved = sum(answer == 'saved' for answer, _ in times)
    return (f'{saved} of {uploads} saved by the others; the first after '
            f'{times[0][1]:.1f} s, the slowest other after '
            f'{max(taken for _, taken in times[1:]):.2f} s; {threads} '
            f'threads; {"used again" if back else "NOT used again"} when it '
            f'answers',
            {'saved': saved, 'seconds': [taken for _, taken in times],
             'threads': int(threads), 'back': back})


CASES = (
    ('kill -9 in the middle of add', kills, {'ours': 200, 'upstream': 30}),
    ('6 uploads of 20 MiB at once into two disks of 64 MiB', at_once,
     {'ours': 100, 'upstream': 10}),
    ('a disk fills up: unknown size and a rival', filled,
     {'ours': 20, 'upstream': 20}),
    ('one of three directories hangs', hung, {'ours': 10, 'upstream': 3}),
)


def table(names=None):
    """Run the cases; return the table."""
    lines, values = [], {}
    for title, case, times in CASES:
        if names and case.__name__ not in names:
            continue
        lines.append(title)
        for kind in ('upstream', 'ours'):
            text, found = case(kind, times[kind])
            lines.append(f'    {kind:9} {text}')
            values.setdefault(case.__name__, {})[kind] = found
            print(lines[-1], file=sys.stderr, flush=True)
    return measure.Lines('Faults, and what is left of the store', lines,
                         values)


def apart():
    """Run the cases in a process that may mount; return the table.

    Where this user may not mount, in a user and mount namespace.
    """
    command = [sys.executable, '-m', 'bench.faults']
    if os.getuid():
        command = ['unshare', '-rm', *command]
    found = json.loads(subprocess.run(
        command, stdout=subprocess.PIPE, check=True).stdout)
    return measure.Lines(**found)


if __name__ == '__main__':
    json.dump(dataclasses.asdict(table(sys.argv[1:])), sys.stdout)
