"""Any order of events: hosts and processes reserve, write, die and come back.

The model has disks with really used bytes, hosts with processes, files of
finished, running and dead uploads. The ledger is the real one, on the real
database; only the clock, and who lives, are the model's.

The profile ``ci`` (``HYPOTHESIS_PROFILE=ci``, or ``CI`` set) runs 5,000 times
50 steps on SQLite; without it the machine takes a short walk.
"""

import os
import tempfile
import unittest
from unittest import mock
import uuid

import hypothesis
from hypothesis import stateful
from hypothesis import strategies

from cinder_glance_multistore.placement import choice
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import holders
from cinder_glance_multistore.placement import ledger
from cinder_glance_multistore.placement import places
from cinder_glance_multistore.placement import reservation
from tests.unit.placement import servers

CI = os.environ.get('HYPOTHESIS_PROFILE',
                    'ci' if os.environ.get('CI') else '') == 'ci'

POLICIES = ('weight', 'lowest-first', 'most-free', 'round-robin', 'random',
            'cached-first')
LEASE = 60
PROCESSES = ('h1/p1', 'h1/p2', 'h2/p1')

# The database is given by the test, not by a rule.
URL = None


class Upload:
    """A file that grows, and the reservation it grows into."""

    def __init__(self, process, held):
        self.process = process
        self.held = held
        self.written = 0
        self.place = held.place.name


class PlacementMachine(stateful.RuleBasedStateMachine):

    def __init__(self):
        super().__init__()
        # Places of this run alone: the database is used for the next too.
        self.run = uuid.uuid4().hex
        self.now = 1000.0
        self.pids = iter(range(1, 1 << 20))
        self.living = set()
        self.ledgers = {}
        self.uploads = []
        self.leftovers = []
        for process in PROCESSES:
            self.start(process)
        # It sees every row, whoever lives.
        self.observer = ledger.Ledger(
            URL, alive=lambda holder: True, clock=lambda: self.now)
        # Two of the places lie on one disk.
        self.disks = {'x': {'size': 100, 'used': 0},
                      'y': {'size': 60, 'used': 0}}
        self.on_disk = {'a': 'x', 'b': 'x', 'c': 'y'}
        self.broken = set()
        self.before = self.levels()

    def start(self, process):
        host = process.partition('/')[0]
        holder = holders.Holder(host, f'{self.run}/{host}',
                                next(self.pids), 0)
        self.living.add(holder)

        def alive(other):
            return other in self.living if other.host == host else None

        self.ledgers[process] = ledger.Ledger(
            URL, lease=LEASE, holder=holder, alive=alive,
            clock=lambda: self.now)

    def measure(self):
        return [
            places.Place(
                name, free=max(0, disk['size'] - disk['used']),
                total=disk['size'], weight=ord(name), keep_free=3,
                unusable='is broken' if name in self.broken else '',
                space=f'{self.run}-{self.on_disk[name]}')
            for name in self.on_disk
            for disk in [self.disks[self.on_disk[name]]]]

    def observed(self):
        return {promise.id: promise.remaining
                for promise in self.observer.promises()}

    def levels(self):
        """Used and promised bytes of each disk.

        Promised is what is still to be written, of the promises that are
        there: one that ran out is, until another host takes its room. (The
        ledger may hold more: it is told of what was written from time to
        time.)
        """
        held = self.observed()
        levels = {disk: figures['used']
                  for disk, figures in self.disks.items()}
        for upload in self.uploads:
            if upload.held.id in held:
                assert held[upload.held.id] >= upload.held.remaining, (
                    'it holds less than it has to write')
                levels[self.on_disk[upload.place]] += upload.held.remaining
        return levels

    def end(self, upload, keep):
        if not keep:
            self.disks[self.on_disk[upload.place]]['used'] -= upload.written
        self.uploads.remove(upload)

    # What happens.

    @stateful.rule(process=strategies.sampled_from(PROCESSES),
                   size=strategies.integers(0, 70) | strategies.none(),
                   policy=strategies.sampled_from(POLICIES),
                   key=strategies.sampled_from('xyz'))
    def reserve(self, process, size, policy, key):
        opened = self.ledgers[process]
        promised = opened.promised()
        answers = [choice.choose(self.measure(), size, policy, key=key,
                                 promised=promised, take_turn=lambda: 7)
                   for _ in range(2)]
        assert answers[0] == answers[1]
        try:
            held = opened.reserve(self.measure, size, policy, key=key,
                                  scope=self.run)
        except errors.NoPlace as exc:
            assert not answers[0], 'refused what fits'
            assert [entry.place.name for entry in exc.left_out] == [*'abc']
        else:
            assert answers[0], 'took what does not fit'
            assert held.place.name in {
                entry.place.name for entry in answers[0].candidates}
            if policy != 'round-robin':
                assert held.place.name == answers[0].first.name
            self.uploads.append(Upload(process, held))

    @stateful.precondition(lambda self: self.uploads)
    @stateful.rule(data=strategies.data(), size=strategies.integers(1, 40))
    def write(self, data, size):
        upload = data.draw(strategies.sampled_from(self.uploads))
        size = min(size, upload.held.remaining)
        upload.written += size
        disk = self.on_disk[upload.place]
        if upload.held.id not in self.observed():
            # It lost its promise, and learns of it when it next tells.
            self.before[disk] += size
        # On the disk first, told after: as it is in life.
        self.disks[disk]['used'] += size
        try:
            upload.held.shrink(size)
        except errors.ReservationLost:
            self.end(upload, keep=False)
            upload.held.release()

    @stateful.precondition(lambda self: self.uploads)
    @stateful.rule(data=strategies.data(), size=strategies.integers(1, 40),
                   least=strategies.integers(1, 40))
    def grow(self, data, size, least):
        upload = data.draw(strategies.sampled_from(self.uploads))
        least = min(size, least)
        try:
            granted = upload.held.grow(size, least)
        except errors.NoPlace as exc:
            assert exc.left_out[0].place.name == upload.place
        except errors.ReservationLost:
            self.end(upload, keep=False)
            upload.held.release()
        else:
            assert least <= granted <= size

    @stateful.precondition(lambda self: self.uploads)
    @stateful.rule(data=strategies.data())
    def commit(self, data):
        upload = data.draw(strategies.sampled_from(self.uploads))
        self.end(upload, keep=True)
        upload.held.release()

    @stateful.precondition(lambda self: self.uploads)
    @stateful.rule(data=strategies.data())
    def fail(self, data):
        upload = data.draw(strategies.sampled_from(self.uploads))
        self.end(upload, keep=False)
        upload.held.release()

    @stateful.rule(process=strategies.sampled_from(PROCESSES))
    def crash(self, process):
        """The process dies and is started again; its files stay behind."""
        self.living.discard(self.ledgers[process].holder)
        for upload in [one for one in self.uploads if one.process == process]:
            self.leftovers.append((self.on_disk[upload.place],
                                   upload.written))
            self.end(upload, keep=True)
        self.start(process)

    @stateful.precondition(lambda self: self.leftovers)
    @stateful.rule()
    def sweep_files(self):
        disk, size = self.leftovers.pop()
        self.disks[disk]['used'] -= size

    @stateful.rule(process=strategies.sampled_from(PROCESSES))
    def sweep(self, process):
        before = self.ledgers[process].promised()
        swept = self.ledgers[process].sweep()
        assert self.ledgers[process].promised() == before
        held = {one.held.id for one in self.uploads
                if one.process.partition('/')[0] ==
                process.partition('/')[0]}
        assert not held & {promise.id for promise in swept}

    @stateful.rule(seconds=strategies.sampled_from([1, 20, LEASE + 1]),
                   renewed=strategies.sets(
                       strategies.sampled_from(PROCESSES)))
    def expire(self, seconds, renewed):
        """Time goes on; some renew their leases before it does."""
        for process in sorted(renewed):
            self.ledgers[process].renew()
        self.now += seconds

    @stateful.rule(disk=strategies.sampled_from('xy'),
                   size=strategies.integers(20, 150))
    def change_capacity(self, disk, size):
        self.disks[disk]['size'] = size

    @stateful.rule(disk=strategies.sampled_from('xy'),
                   size=strategies.integers(1, 30))
    def somebody_else_writes(self, disk, size):
        self.disks[disk]['used'] += size
        self.before[disk] += size

    @stateful.rule(place=strategies.sampled_from('abc'))
    def break_or_repair(self, place):
        self.broken ^= {place}

    # What must hold.

    @stateful.invariant()
    def promised_plus_used_never_exceeds_the_place(self):
        after = self.levels()
        for disk, level in after.items():
            # Unless somebody else made it so; then nobody adds to it.
            assert level <= max(self.disks[disk]['size'],
                                self.before[disk]), (disk, level)
        self.before = after

    def teardown(self):
        for upload in list(self.uploads):
            self.end(upload, keep=False)
            upload.held.release()
        self.now += LEASE + 1
        self.ledgers['h2/p1'].sweep()
        assert self.observer.promises() == [], 'something leaked'


class LedgerMachineTest(unittest.TestCase):

    def walk(self, url, runs):
        global URL
        URL = url
        # Small figures, so that what has not been told matters.
        for name, value in (('_TELL_BYTES', 8), ('_TELL_SECONDS', 1e9)):
            patched = mock.patch.object(reservation, name, value)
            patched.start()
            self.addCleanup(patched.stop)
        self.addCleanup(ledger.Ledger(url).close)
        stateful.run_state_machine_as_test(
            PlacementMachine, settings=hypothesis.settings(
                max_examples=runs, stateful_step_count=50, deadline=None,
                database=None, print_blob=True,
                suppress_health_check=list(hypothesis.HealthCheck)))

    def test_sqlite(self):
        home = tempfile.TemporaryDirectory(
            dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
        self.addCleanup(home.cleanup)
        self.walk(f'sqlite:///{home.name}/ledger.sqlite',
                  5000 if CI else 60)

    def test_postgresql(self):
        server = servers.Postgres()
        server.setUp()
        self.addCleanup(server.cleanUp)
        self.walk(server.url, 100 if CI else 10)
