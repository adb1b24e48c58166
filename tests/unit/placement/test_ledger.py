"""Reservations, with the same tests on every database they may lie in."""

import collections
import dataclasses
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
import time
import unittest
from unittest import mock

import fixtures
import sqlalchemy
import testtools

from cinder_glance_multistore.placement import database
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import holders
from cinder_glance_multistore.placement import ledger
from cinder_glance_multistore.placement import places
from cinder_glance_multistore.placement import reservation
from tests.unit.placement import servers

MiB = 1024 * 1024


def measured(**free):
    """Return a measure() of places a, b, ... with these free bytes."""
    def measure():
        return [places.Place(name, size, 1000 * MiB)
                for name, size in free.items()]
    return measure


class Disk:
    """A place whose free bytes are what is not used."""

    def __init__(self, size, name='a'):
        self.size = size
        self.used = 0
        self.name = name

    def __call__(self):
        return [places.Place(self.name, self.size - self.used, self.size)]


def run_python(script, *arguments, **how):
    return subprocess.Popen(
        [sys.executable, '-c', textwrap.dedent(script), *arguments],
        stdout=subprocess.PIPE, text=True, **how)


HOLD = '''
    import sys, time
    from cinder_glance_multistore.placement.ledger import Ledger
    from cinder_glance_multistore.placement.places import Place
    ledger = Ledger(sys.argv[1])
    held = ledger.reserve(lambda: [Place('a', 100, 100)], 60, key='theirs')
    print('held', flush=True)
    time.sleep(600)
'''

STORM = '''
    import sys
    from cinder_glance_multistore.placement.errors import NoPlace
    from cinder_glance_multistore.placement.ledger import Ledger
    from cinder_glance_multistore.placement.places import Place
    ledger = Ledger(sys.argv[1])
    measure = lambda: [Place('a', 100, 100), Place('b', 100, 100)]
    held = []
    for _ in range(20):
        try:
            held.append(ledger.reserve(measure, 5, 'round-robin'))
        except NoPlace:
            pass
    print(' '.join(one.place.name for one in held), flush=True)
    sys.stdin.read()
'''

FORK = '''
    import os, sys
    from cinder_glance_multistore.placement.ledger import Ledger
    from cinder_glance_multistore.placement.places import Place
    ledger = Ledger(sys.argv[1])
    measure = lambda: [Place('a', 100, 100)]
    mine = ledger.reserve(measure, 40)
    for _ in range(2):
        child = os.fork()
        if not child:
            with mine:
                pass
            mine.shrink(40)
            assert ledger.promised() == {'a': 40}, ledger.promised()
            own = ledger.reserve(measure, 50)
            assert ledger.promised() == {'a': 90}, ledger.promised()
            assert own._ledger.holder.pid == os.getpid()
            del mine
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    # What the children held ended with them, what they inherited did not.
    assert ledger.promised() == {'a': 40}, ledger.promised()
    mine.release()
    assert ledger.promised() == {}
'''

GREEN = '''
    import eventlet
    eventlet.monkey_patch()
    import sys, time
    from cinder_glance_multistore.placement.errors import NoPlace
    from cinder_glance_multistore.placement.ledger import Ledger
    from cinder_glance_multistore.placement.places import Place
    ledger = Ledger(sys.argv[1])
    measure = lambda: [Place('a', 100, 100)]
    won, lost = [], []

    def upload(number):
        try:
            with ledger.reserve(measure, 10, wait=0.1) as held:
                won.append(number)
                # Until all have got some, or none.
                while len(won) + len(lost) < 25:
                    eventlet.sleep(0.01)
                held.shrink(10)
        except NoPlace:
            lost.append(number)

    green = [eventlet.spawn(upload, number) for number in range(25)]
    for thread in green:
        thread.wait()
    assert len(won) == 10 and len(lost) == 15, (won, lost)
    assert ledger.promised() == {}, ledger.promised()
'''


class LedgerTests:
    """What must hold on every database. ``url``: an empty one."""

    def setUp(self):
        super().setUp()
        self.url = self.empty_database()
        self.ledger = self.open()

    def open(self, **how):
        opened = ledger.Ledger(self.url, **how)
        self.addCleanup(opened.close)
        return opened

    def out_of_sight(self, **how):
        """A ledger whose holder is in another container of this host."""
        boot = holders.current().realm.partition('/')[0]
        holder = dataclasses.replace(
            holders.current(), host='other', realm=f'{boot}/pid:[1]')
        return self.open(holder=holder, **how)

    def reserve(self, size, free=100, opened=None, **how):
        reserved = (opened or self.ledger).reserve(
            measured(a=free), size, **how)
        self.addCleanup(reserved.release)
        return reserved

    # Promises count.

    def test_a_promise_counts_for_everybody(self):
        self.reserve(60)
        another = self.open()
        self.assertEqual({'a': 60}, another.promised())
        refused = self.assertRaises(
            errors.NoPlace, another.reserve, measured(a=100), 41)
        [entry] = refused.left_out
        self.assertEqual(('a', 40, 60), (entry.place.name, entry.room,
                                         entry.promised))
        self.assertEqual('a', self.reserve(40, opened=another).place.name)

    def test_the_next_place_is_taken_where_the_first_is_promised(self):
        taken = [self.ledger.reserve(measured(a=100, b=99), 60).place.name
                 for _ in range(2)]
        self.assertEqual(['a', 'b'], taken)

    def test_says_what_it_chose_from(self):
        held = self.ledger.reserve(measured(a=100, b=10), 60)
        self.assertEqual(
            'by weight: a (weight 0, 100 bytes to give); left out: b: has '
            '10 bytes free', held.choice.explain())

    def test_a_release_gives_it_back_and_the_second_does_nothing(self):
        held = self.reserve(60)
        held.release()
        self.reserve(100)
        held.release()
        self.assertEqual({'a': 100}, self.ledger.promised())

    def test_a_failed_upload_gives_it_back(self):
        with testtools.ExpectedException(ZeroDivisionError), self.reserve(60):
            1 / 0  # noqa: B018
        self.assertEqual({}, self.ledger.promised())

    def test_places_with_one_space_share_what_is_promised(self):
        def measure():
            return [places.Place('/srv/a', 100, 100, space='disk'),
                    places.Place('/srv/b', 100, 100, space='disk')]
        self.ledger.reserve(measure, 60)
        with testtools.ExpectedException(errors.NoPlace):
            self.ledger.reserve(measure, 60)

    def test_spaces_differ_by_case_and_by_the_end_of_a_long_name(self):
        long = 'x' * 5000
        for name in ('/srv/a', '/srv/A', long + 'a', long + 'b', '/srv/ä'):
            self.ledger.reserve(
                lambda name=name: [places.Place(name, 10, 10)], 10)
        self.assertEqual(5, len(self.ledger.promised()))

    def test_sizes_may_be_larger_than_a_disk_of_today(self):
        size = 1 << 62
        self.reserve(size, free=size)
        self.assertEqual({'a': size}, self.ledger.promised())

    def test_a_report_names_every_upload_under_way(self):
        self.reserve(60, key='image', scope='fast').shrink(60)
        [promise] = self.ledger.promises()
        self.assertEqual(
            ('a', 'a', 'image', 'fast', 60, 0, holders.current()),
            (promise.place, promise.space, promise.key, promise.scope,
             promise.size, promise.remaining, promise.holder))

    # Bytes that are written are not counted twice.

    def test_what_is_written_is_no_longer_promised(self):
        disk = Disk(100 * MiB)
        held = self.ledger.reserve(disk, 60 * MiB)
        for _ in range(60):
            disk.used += MiB
            held.shrink(MiB)
        self.assertEqual({'a': 0}, self.ledger.promised())
        self.ledger.reserve(disk, 40 * MiB)

    def test_the_ledger_is_told_from_time_to_time(self):
        held = self.reserve(60 * MiB, free=100 * MiB)
        with mock.patch.object(self.ledger, '_shrink',
                               wraps=self.ledger._shrink) as told:
            for _ in range(1024):
                held.shrink(60 * 1024)
        self.assertEqual(0, held.remaining)
        self.assertLess(told.call_count, 20)
        self.assertEqual({'a': 0}, self.ledger.promised())

    def test_a_slow_upload_tells_too(self):
        self.useFixture(fixtures.MockPatchObject(
            reservation, '_TELL_SECONDS', 0.05))
        held = self.reserve(60)
        held.shrink(1)
        time.sleep(0.06)
        held.shrink(1)
        self.assertEqual({'a': 58}, self.ledger.promised())

    def test_what_the_place_set_aside_itself_is_settled_at_once(self):
        held = self.reserve(60)
        held.settle()
        self.assertEqual({'a': 0}, self.ledger.promised())
        self.assertEqual((60, 0), (held.size, held.remaining))

    def test_more_than_was_promised_cannot_be_given_back(self):
        held = self.reserve(60)
        held.shrink(100)
        self.assertEqual(0, held.remaining)

    def test_a_place_is_measured_again_while_it_is_locked(self):
        # Written between the look at all places and the taking of one.
        held = self.ledger.reserve(
            measured(a=100, b=50), 40,
            remeasure=lambda place: dataclasses.replace(
                place, free=30 if place.name == 'a' else 50))
        self.assertEqual('b', held.place.name)

    def test_a_place_that_went_away_meanwhile_is_left_out(self):
        offers = iter([[places.Place('a', 100, 100)], [], []])
        with testtools.ExpectedException(
                errors.NoPlace, '.*a: is not there any more'):
            self.ledger.reserve(lambda: next(offers), 1)

    def test_a_place_that_is_another_file_system_now_is_left_out(self):
        with testtools.ExpectedException(
                errors.NoPlace, '.*a: is being mounted or unmounted'):
            self.ledger.reserve(
                measured(a=100), 1, remeasure=lambda place:
                dataclasses.replace(place, space='another disk'))

    def test_an_error_of_the_measuring_is_not_taken_for_the_ledgers(self):
        def broken(place):
            raise OSError('stale file handle')
        with testtools.ExpectedException(OSError, 'stale file handle'):
            self.ledger.reserve(measured(a=100), 1, remeasure=broken)
        self.reserve(100)

    # Unknown sizes.

    def test_an_upload_of_unknown_size_grows(self):
        held = self.reserve(None)
        self.assertEqual({'a': 0}, self.ledger.promised())
        self.assertEqual(30, held.grow(30))
        self.assertEqual(30, held.grow(30))
        self.assertEqual((60, 60), (held.size, held.remaining))
        self.assertEqual({'a': 60}, self.ledger.promised())

    def test_growing_gets_what_there_is_down_to_the_least(self):
        held = self.reserve(None)
        self.reserve(70)
        self.assertEqual(30, held.grow(50, least=10))
        with testtools.ExpectedException(errors.NoPlace, '.*0 bytes'):
            held.grow(50, least=1)
        self.assertEqual(30, held.remaining)

    def test_growing_counts_what_it_has_written(self):
        disk = Disk(100)
        held = self.ledger.reserve(disk, None)
        for _ in range(10):
            held.grow(10)
            disk.used += 10
            held.shrink(10)
        with testtools.ExpectedException(errors.NoPlace):
            held.grow(10, least=1)

    def test_nothing_grows_after_its_end(self):
        held = self.reserve(None)
        held.release()
        with testtools.ExpectedException(RuntimeError):
            held.grow(1)

    # Waiting.

    def test_waits_for_what_is_only_promised(self):
        held = self.reserve(60)
        timer = threading.Timer(0.2, held.release)
        timer.start()
        self.addCleanup(timer.join)
        self.assertEqual(60, self.reserve(60, wait=120).size)

    def test_does_not_wait_for_what_nobody_holds(self):
        self.reserve(60)
        begun = time.monotonic()
        with testtools.ExpectedException(errors.NoPlace):
            self.reserve(101, wait=120)
        self.assertLess(time.monotonic() - begun, 60)

    def test_waits_no_longer_than_it_may(self):
        self.reserve(60)
        begun = time.monotonic()
        with testtools.ExpectedException(errors.NoPlace):
            self.reserve(60, wait=0.3)
        self.assertLess(0.25, time.monotonic() - begun)

    # Turns.

    def test_all_processes_take_turns_together(self):
        opened = [self.open(), self.open()]
        taken = [opened[turn % 2].reserve(
                    measured(a=9, b=9, c=9), 1, 'round-robin').place.name
                 for turn in range(6)]
        self.assertEqual(['a', 'b', 'c'] * 2, taken)

    def test_each_store_has_turns_of_its_own(self):
        for scope in ('fast', 'cheap'):
            self.assertEqual('a', self.ledger.reserve(
                measured(a=9, b=9), 1, 'round-robin',
                scope=scope).place.name)

    def test_waiting_takes_one_turn(self):
        self.ledger.reserve(measured(a=9), 5, 'round-robin')
        with testtools.ExpectedException(errors.NoPlace):
            # It seems to fit until it is locked and looked at.
            self.ledger.reserve(
                measured(a=100), 9, 'round-robin', wait=0.2,
                remeasure=lambda place: dataclasses.replace(place, free=9))
        self.assertEqual('a', self.ledger.reserve(
            measured(a=9, b=9), 1, 'round-robin').place.name)

    # Holders come and go.

    def test_a_killed_process_holds_nothing(self):
        process = run_python(HOLD, self.url)
        self.addCleanup(process.stdout.close)
        self.assertEqual('held\n', process.stdout.readline())
        self.assertEqual({'a': 60}, self.ledger.promised())
        process.kill()
        # Not waited for yet: it is a zombie now.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.assertEqual({}, self.ledger.promised())
        process.wait()
        self.assertEqual({}, self.ledger.promised())
        [swept] = self.ledger.sweep()
        self.assertEqual(('theirs', process.pid), (swept.key,
                                                   swept.holder.pid))
        self.assertEqual([], self.ledger.sweep())

    def test_a_stopped_process_holds_what_it_held(self):
        process = run_python(HOLD, self.url)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        self.assertEqual([], self.ledger.sweep())
        self.assertEqual({'a': 60}, self.ledger.promised())

    def test_a_process_with_a_dead_ones_number_is_not_taken_for_it(self):
        earlier = dataclasses.replace(holders.current(), started=1)
        self.reserve(60, opened=self.open(holder=earlier))
        self.assertEqual({}, self.ledger.promised())

    def test_a_promise_of_a_holder_out_of_sight_ends_with_its_lease(self):
        clock = mock.Mock(return_value=1000.0)
        other = self.out_of_sight(clock=clock, lease=30)
        here = self.open(clock=clock)
        held = self.reserve(60, opened=other)
        clock.return_value += 29
        self.assertEqual({'a': 60}, here.promised())
        other.renew()
        clock.return_value += 29
        self.assertEqual({'a': 60}, here.promised())
        clock.return_value += 2
        self.assertEqual({}, here.promised())
        # It comes back, and the room is still there.
        held.settle()
        self.assertEqual({'a': 0}, here.promised())

    def test_a_lease_is_renewed_in_the_background(self):
        other = self.out_of_sight(lease=4)
        held = self.reserve(60, opened=other)
        first = self.expires()
        deadline = time.monotonic() + 120
        while self.expires() == first:
            self.assertLess(time.monotonic(), deadline, 'not renewed')
            time.sleep(0.1)
        self.assertLess(first, self.expires())
        held.release()
        self.assertEqual([], self.ledger.promises())

    def expires(self):
        """Return when the one lease that there is ends, in milliseconds."""
        with self.ledger._transaction(read_only=True) as connection:
            return connection.execute(sqlalchemy.select(
                database.reservations.c.expires)).scalar_one()

    def lose(self, size):
        clock = mock.Mock(return_value=1000.0)
        other = self.out_of_sight(clock=clock, lease=30)
        held = self.reserve(60, opened=other)
        clock.return_value += 31
        here = self.open(clock=clock)
        return held, self.reserve(size, opened=here), here

    def test_a_lost_promise_is_taken_again_where_there_is_room(self):
        held, _, here = self.lose(40)
        held.shrink(10)
        held._ledger._shrink(held)
        self.assertEqual({'a': 90}, here.promised())

    def test_a_lost_promise_is_an_error_where_the_room_went(self):
        held, _, here = self.lose(90)
        with testtools.ExpectedException(errors.ReservationLost,
                                         '.*in a ran out.*'):
            held.grow(1)
        self.assertEqual({'a': 90}, here.promised())

    def test_a_child_does_not_end_what_its_parent_holds(self):
        process = run_python(FORK, self.url)
        self.addCleanup(process.stdout.close)
        self.assertEqual(0, process.wait(300))

    # Many at once.

    def test_threads_get_what_there_is_and_no_more(self):
        outcomes = collections.Counter()
        start = threading.Barrier(20)

        def upload():
            start.wait()
            try:
                self.reserve(10)
            except errors.NoPlace:
                outcomes['refused'] += 1
            else:
                outcomes['reserved'] += 1

        threads = [threading.Thread(target=upload) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({'reserved': 10, 'refused': 10}, outcomes)

    def test_processes_get_what_there_is_and_no_more(self):
        processes = [run_python(STORM, self.url, stdin=subprocess.PIPE)
                     for _ in range(4)]
        taken = collections.Counter()
        for process in processes:
            self.addCleanup(process.stdin.close)
            self.addCleanup(process.stdout.close)
            taken.update(process.stdout.readline().split())
        self.assertEqual({'a': 20, 'b': 20}, taken)
        self.assertEqual({'a': 100, 'b': 100}, self.ledger.promised())
        for process in processes:
            process.communicate()
        self.assertEqual({}, self.ledger.promised())

    def test_green_threads_of_a_patched_process_reserve_too(self):
        process = run_python(GREEN, self.url, stderr=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        self.assertEqual(0, process.wait(300))


class SqliteLedgerTest(LedgerTests, testtools.TestCase):

    def empty_database(self):
        self.home = self.useFixture(fixtures.TempDir()).path
        self.path = os.path.join(self.home, 'state', 'ledger.sqlite')
        return f'sqlite:///{self.path}'

    def test_the_file_is_made_for_its_owner_alone(self):
        os.umask(os.umask(0))
        self.reserve(1)
        for name in os.listdir(os.path.dirname(self.path)):
            path = os.path.join(self.home, 'state', name)
            self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode), name)
        self.assertEqual(0o700, stat.S_IMODE(os.stat(
            os.path.dirname(self.path)).st_mode))

    def test_the_mode_of_a_shared_file_is_kept(self):
        os.mkdir(os.path.dirname(self.path))
        with open(self.path, 'w'):
            os.chmod(self.path, 0o660)
        self.reserve(1)
        for name in os.listdir(os.path.dirname(self.path)):
            path = os.path.join(self.home, 'state', name)
            self.assertEqual(0o660, stat.S_IMODE(os.stat(path).st_mode), name)

    def test_what_an_earlier_boot_left_is_gone(self):
        earlier = dataclasses.replace(holders.current(),
                                      realm='earlier/pid:[1]')
        self.reserve(60, opened=self.open(holder=earlier))
        self.assertEqual({}, self.ledger.promised())

    def test_waits_while_another_one_writes(self):
        self.reserve(1)
        writer = sqlite3.connect(self.path, isolation_level=None,
                                 check_same_thread=False)
        self.addCleanup(writer.close)
        writer.execute('BEGIN IMMEDIATE')
        timer = threading.Timer(0.5, writer.execute, ['COMMIT'])
        timer.start()
        self.addCleanup(timer.join)
        self.reserve(1)
        self.assertTrue(timer.finished.is_set())

    def test_a_file_that_cannot_be_made_is_said_to_be_so(self):
        with open(os.path.dirname(self.path), 'w'):
            pass
        with testtools.ExpectedException(
                errors.LedgerUnavailable,
                r'.*ledger\.sqlite cannot be used: .*File exists.*Check'):
            self.reserve(1)

    def test_a_file_that_is_no_database_is_said_to_be_so(self):
        os.mkdir(os.path.dirname(self.path))
        with open(self.path, 'w') as file:
            file.write('not a database' * 1000)
        with testtools.ExpectedException(
                errors.LedgerUnavailable, '.*file is not a database.'):
            self.reserve(1)

    def test_an_upload_goes_on_when_the_ledger_goes_away(self):
        held = self.reserve(60)
        with mock.patch.object(
                self.ledger, '_transaction',
                side_effect=errors.LedgerUnavailable('there', 'gone.')):
            held.settle()
            held.release()
        # It is deleted as soon as that can be done.
        self.assertEqual(1, len(self.ledger.promises()))
        self.ledger.renew()
        self.assertEqual([], self.ledger.promises())


class ServerLedgerTests(LedgerTests):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.server_class()
        cls.server.setUp()
        cls.addClassCleanup(cls.server.cleanUp)

    def empty_database(self):
        emptied = ledger.Ledger(self.server.url)
        with emptied._transaction() as connection:
            for table in reversed(
                    ledger.database._metadata.sorted_tables):
                connection.execute(table.delete())
        emptied.close()
        return self.server.url

    def test_what_another_boot_of_this_host_left_has_its_lease(self):
        # Hosts of one name would otherwise take each other's for dead.
        earlier = dataclasses.replace(holders.current(),
                                      realm='earlier/pid:[1]')
        self.reserve(60, opened=self.open(holder=earlier))
        self.assertEqual({'a': 60}, self.ledger.promised())

    def test_the_clock_is_the_servers(self):
        other = self.out_of_sight(lease=100)
        with mock.patch.object(time, 'time', return_value=0):
            self.reserve(60, opened=other)
        self.assertEqual({'a': 60}, self.ledger.promised())

    def test_a_server_that_restarts_is_found_again(self):
        held = self.reserve(60)
        self.server.stop()
        try:
            with testtools.ExpectedException(errors.LedgerUnavailable):
                self.ledger.promised()
            held.settle()
        finally:
            self.server.start()
        self.assertEqual({'a': 60}, self.ledger.promised())
        held.settle()
        held.shrink(0)
        self.ledger._shrink(held)
        self.assertEqual({'a': 0}, self.ledger.promised())

    def test_places_do_not_wait_for_each_other(self):
        begun = threading.Event()
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def slow(place):
            begun.set()
            go_on.wait(120)
            return place

        thread = threading.Thread(target=self.reserve, args=(1,),
                                  kwargs={'remeasure': slow})
        thread.start()
        self.assertTrue(begun.wait(120))
        self.open().reserve(measured(b=9), 1).release()
        go_on.set()
        thread.join()


class PostgresLedgerTest(ServerLedgerTests, testtools.TestCase):
    server_class = servers.Postgres


class MariaDBLedgerTest(ServerLedgerTests, testtools.TestCase):
    server_class = servers.MariaDB


class UrlTest(testtools.TestCase):

    def assertRefused(self, url, text):
        refused = self.assertRaises(
            errors.LedgerUnavailable, ledger.Ledger, url)
        self.assertIn(text, str(refused))
        self.assertNotIn('s3cret', str(refused))

    def test_a_text_that_is_no_url_is_refused(self):
        self.assertRefused('/var/lib/s3cret', 'is not of the form')

    def test_a_database_in_memory_is_refused(self):
        self.assertRefused('sqlite://', 'names no file')

    def test_a_file_that_each_process_has_elsewhere_is_refused(self):
        self.assertRefused('sqlite:///var/lib/ledger.sqlite', 'four slashes')

    def test_a_driver_that_is_not_installed_is_said_to_be_so(self):
        opened = ledger.Ledger('postgresql+psycopg2://u:s3cret@h/d')
        with mock.patch.dict(sys.modules, psycopg2=None):
            refused = self.assertRaises(
                errors.LedgerUnavailable, opened.promised)
        self.assertIn('psycopg2', str(refused))

    def test_another_kind_of_database_is_refused(self):
        self.assertRefused('oracle://u:s3cret@h/d', 'oracle is none of')

    def test_a_password_is_never_shown(self):
        opened = ledger.Ledger(
            'postgresql+psycopg2://u:s3cret@127.0.0.1:1/d?password=s3cret')
        self.assertNotIn('s3cret', repr(opened))
        refused = self.assertRaises(errors.LedgerUnavailable, opened.promised)
        self.assertNotIn('s3cret', str(refused))
        self.assertIn('***@127.0.0.1:1/d', str(refused))

    def test_without_sqlalchemy_the_remedy_is_said(self):
        script = ('import sys\n'
                  'sys.modules["sqlalchemy"] = None\n'
                  'import cinder_glance_multistore.placement\n'
                  'import cinder_glance_multistore.placement.ledger\n')
        done = subprocess.run([sys.executable, '-c', script],
                              capture_output=True, text=True, check=False)
        self.assertIn('cinder-glance-multistore[placement]', done.stderr)


class HolderTest(unittest.TestCase):

    def test_this_process_lives(self):
        self.assertIs(True, holders.alive(holders.current()))

    def test_a_number_that_nobody_has_is_dead(self):
        self.assertIs(False, holders.alive(dataclasses.replace(
            holders.current(), pid=2 ** 22 + 1)))

    def test_of_another_container_nothing_can_be_told(self):
        boot = holders.current().realm.partition('/')[0]
        other = dataclasses.replace(holders.current(),
                                    realm=f'{boot}/pid:[1]')
        self.assertIsNone(holders.alive(other))
        self.assertIsNone(holders.alive(other, one_host=True))

    def test_a_process_that_proc_hides_is_not_taken_for_dead(self):
        hidden = dataclasses.replace(holders.current(), pid=1, started=1)
        with mock.patch.object(holders, '_stat',
                               side_effect=FileNotFoundError), \
                mock.patch.object(os, 'kill', side_effect=PermissionError):
            self.assertIsNone(holders.alive(hidden))

    def test_a_name_with_parentheses_and_spaces_is_understood(self):
        copy = os.path.join(self.enterContext(fixtures.TempDir()).path,
                            'a) R 1 (b c')
        os.symlink('/bin/sleep', copy)
        process = subprocess.Popen([copy, '60'])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        state, started = holders._stat(process.pid)
        self.assertIn(state, 'SRD')
        self.assertLess(holders.current().started, started + 1)
