"""What befalls a store of directories, and what is left of it, counted.

Real processes are killed, real file systems fill up (tmpfs) and a real one
(FUSE) stops answering. Each case runs in a process that may mount, see
:func:`apart`: as root, or else in a user and mount namespace of its own.
"""

import concurrent.futures
import contextlib
import importlib
import json
import logging
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from tests.contract import faulty

MIB = 1 << 20
STORES = {'ours': 'tests.contract.multidir',
          'upstream': 'tests.contract.upstream'}


class Bytes:
    """An image of so many bytes, each read of which may take a while."""

    def __init__(self, size, pause=0):
        self._left = size
        self._pause = pause

    def read(self, wanted):
        time.sleep(self._pause)
        wanted = min(wanted, self._left)
        self._left -= wanted
        return b'x' * wanted


def _maker(kind):
    """Return the function that makes a store of directories."""
    return importlib.import_module(STORES[kind]).make_store


def _serve(kind, directories, home, options):
    """Upload what standard input says, all at once; print what came of it."""
    store = _maker(kind)(directories, home, **options)
    lock = threading.Lock()

    def answer(value):
        with lock:
            print(json.dumps(value), flush=True)

    def upload(image, size, known, pause):
        try:
            store.add(image, Bytes(size, pause), size if known else 0, 'md5')
        except Exception as exc:
            answer(f'{type(exc).__name__}: {exc}')
        else:
            answer('saved')

    answer('ready')
    for line in sys.stdin:
        threading.Thread(target=upload, args=json.loads(line)).start()


class _Process:
    """A process with a store that uploads what it is told."""

    def __init__(self, kind, directories, home, **options):
        self._process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-m', 'tests.contract.faults',
             '_serve', json.dumps([kind, directories, home, options])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.answer()

    def answer(self):
        return json.loads(self._process.stdout.readline())

    def begin(self, image, size, known=True, pause=0):
        self._process.stdin.write(
            json.dumps([image, size, known, pause]) + '\n')
        self._process.stdin.flush()

    def threads(self):
        with open(f'/proc/{self._process.pid}/status') as lines:
            return int(re.search(r'Threads:\s*(\d+)', lines.read())[1])

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self.close()

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _fork(work):
    """Have a child do it; return its number. Its exit status is 0 or 1."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


@contextlib.contextmanager
def _disks(home, count):
    """Give paths of file systems of 64 MiB each."""
    paths = [os.path.join(home, f'disk{number}') for number in range(count)]
    for path in paths:
        os.mkdir(path)
        subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs',
                        path], check=True)
    try:
        yield paths
    finally:
        for path in paths:
            subprocess.run(['umount', '-l', path], check=True)


def _empty(directories):
    for directory in directories:
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))


def kills(kind, home, times):
    """Kill uploads at random points; look, and try again.

    :returns: ``interrupted``: uploads that were not whole by then;
        ``truncated``: those of them with a file under the final name;
        ``refused``: those whose retry was; ``left``: files 60 s after the
        next start; ``seconds`` from that start until there was none
    """
    count = dict.fromkeys(('interrupted', 'truncated', 'refused'), 0)
    lots = random.Random(1)  # noqa: S311
    # Loaded here, once, and not by each child.
    make_store = _maker(kind)
    directory = os.path.join(home, 'images')
    os.mkdir(directory)

    def add(image, size, begun=None):
        store = make_store([directory], home)
        if begun is not None:
            os.write(begun, b'.')
        store.add(image, Bytes(size, 0.001), size, 'sha512')

    for number in range(times):
        image = f'image-{number}'
        path = os.path.join(directory, image)
        reader, writer = os.pipe()
        child = _fork(lambda image=image, writer=writer: add(
            image, 8 * MIB, writer))
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
        time.sleep(lots.uniform(0, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        stands = os.path.exists(path)
        if not stands or os.path.getsize(path) != 8 * MIB:
            count['interrupted'] += 1
            count['truncated'] += stands
            again = _fork(lambda image=image: add(image, MIB))
            count['refused'] += os.waitpid(again, 0)[1] != 0
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    begun = time.monotonic()
    started = _Process(kind, [directory], home)
    while os.listdir(directory) and time.monotonic() < begun + 60:
        time.sleep(0.05)
    count['seconds'] = time.monotonic() - begun
    count['left'] = len(os.listdir(directory))
    started.close()
    return count


def at_once(kind, home, rounds):
    """Six uploads of 20 MiB at once, by four processes, into two disks.

    :returns: ``saved``, and ``reasons``: how many failed with each error
    """
    saved = 0
    reasons = {}
    with _disks(home, 2) as disks:
        processes = [_Process(kind, disks, home) for _ in range(4)]
        uploaders = [*processes, *processes[:2]]
        for number in range(rounds):
            for index, process in enumerate(uploaders):
                process.begin(f'image-{number}-{index}', 20 * MIB)
            for process in uploaders:
                answer = process.answer()
                saved += answer == 'saved'
                if answer != 'saved':
                    reason = re.sub(r'[\d.]+', '#', answer)[:60]
                    reasons[reason] = reasons.get(reason, 0) + 1
            _empty(disks)
        for process in processes:
            process.close()
    return {'saved': saved, 'reasons': reasons}


def filled(kind, home, rounds):
    """An upload of unknown size, and a rival that takes its room.

    :returns: ``answers``: how many of each; ``left``: bytes on the disk
    """
    answers = {}
    left = 0
    with _disks(home, 1) as [disk]:
        process = _Process(kind, [disk], home)
        for number in range(rounds):
            process.begin(f'image-{number}', 60 * MIB, known=False,
                          pause=0.002)
            rival = os.path.join(disk, 'rival')
            with open(rival, 'wb') as file, contextlib.suppress(OSError):
                for _ in range(40):
                    file.write(b'r' * MIB)
                    file.flush()
                    time.sleep(0.001)
            answer = process.answer().partition(':')[0]
            answers[answer] = answers.get(answer, 0) + 1
            os.unlink(rival)
            left += sum(os.path.getsize(os.path.join(disk, name))
                        for name in os.listdir(disk))
            _empty([disk])
        process.close()
    return {'answers': answers, 'left': left}


def hung(kind, home, uploads, patience=30):
    """One of three directories stops answering, one upload after the other.

    :param patience: seconds after which an upload is taken to be blocked
    :returns: ``saved``; ``seconds`` of each upload, None where one was
        blocked (then no other was tried); ``threads`` of the process at the
        end; ``back``: whether the directory is used when it answers
    """
    saved, seconds = 0, []
    fault = faulty.FaultyDirectory()
    fault.setUp()
    with contextlib.ExitStack() as stack:
        stack.callback(fault.cleanUp)
        others = [os.path.join(home, name) for name in ('b', 'c')]
        for path in others:
            os.mkdir(path)
        process = _Process(kind, [fault.path, *others], home, **(
            {'multidir_timeout': 2.0} if kind == 'ours' else {}))
        fault.fail(**dict.fromkeys(
            (*faulty.OPERATIONS, 'getattr', 'open', 'readdir'), faulty.HANG))
        waiter = stack.enter_context(
            concurrent.futures.ThreadPoolExecutor(1))
        for number in range(uploads):
            begun = time.monotonic()
            process.begin(f'image-{number}', MIB)
            try:
                saved += waiter.submit(process.answer).result(
                    patience) == 'saved'
            except concurrent.futures.TimeoutError:
                # Before it can be killed, it must be answered.
                fault.heal()
                process.kill()
                return {'saved': saved, 'seconds': [*seconds, None]}
            seconds.append(time.monotonic() - begun)
        threads = process.threads()
        fault.heal()
        back = False
        deadline = time.monotonic() + 120
        while not back and time.monotonic() < deadline:
            image = f'image-back-{deadline - time.monotonic()}'
            process.begin(image, MIB)
            process.answer()
            back = os.path.exists(os.path.join(fault.backing, image))
        process.close()
    return {'saved': saved, 'seconds': seconds, 'threads': threads,
            'back': back}


CASES = {case.__name__: case for case in (kills, at_once, filled, hung)}


def _unshare():
    return [] if os.getuid() == 0 else ['unshare', '-rm']


def why_not():
    """Return why this user cannot run the cases, or None."""
    probe = subprocess.run([*_unshare(), 'true'], capture_output=True,
                           text=True, check=False)
    if probe.returncode:
        return ('this host allows no user and mount namespaces: '
                + probe.stderr.strip())
    return None


def apart(case, kind, times, *more):
    """Run a case in a process that may mount; return what it counted.

    :param case: a name in :data:`CASES`
    :param kind: ``ours`` or ``upstream``
    :param times: how often it is done
    """
    return json.loads(subprocess.run(
        [*_unshare(), sys.executable, '-W', 'ignore', '-m',
         'tests.contract.faults', case, json.dumps([kind, times, *more])],
        stdout=subprocess.PIPE, check=True).stdout)


def main():
    logging.disable(logging.CRITICAL)
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    if name == '_serve':
        _serve(*arguments)
        return
    kind, *how = arguments
    with tempfile.TemporaryDirectory() as home:
        print(json.dumps(CASES[name](kind, home, *how)))


if __name__ == '__main__':
    main()
