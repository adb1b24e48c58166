"""The ledger: bytes promised to uploads under way count as used.

Upstream picks a directory by its free space and writes: uploads that start
together all pick the same one and fail together (G5). Here each reserves
before its first byte. A promise holds across threads and processes of one
host (SQLite), or across hosts (PostgreSQL, MariaDB, MySQL): one URL. It
shrinks as bytes are written, because these are missing from the free space
already, and it ends with its holder.

Why nothing is promised twice: a place is locked, then the promises that
stand are read, then its free space is measured, then the new promise is
written. While the lock is held nobody promises; whoever writes, shrinks or
ends meanwhile makes the sum too careful, never too generous.
"""

import contextlib
import dataclasses
import hashlib
import logging
import os
import threading
import time
import uuid
import weakref

from cinder_glance_multistore.placement import choice
from cinder_glance_multistore.placement import database
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import holders
from cinder_glance_multistore.placement.database import reservations

# It says what to install where there is none.
from cinder_glance_multistore.placement.database import sqlalchemy
from cinder_glance_multistore.placement.reservation import Reservation

LOG = logging.getLogger(__name__)

# Seconds between looks at a place whose promises may be settled soon.
_LOOK_AGAIN = 0.03


@dataclasses.dataclass(frozen=True)
class Promise:
    """A reservation that stands, as the ledger has it.

    :ivar id: the reservation's id
    :ivar space: what its bytes are taken from
    :ivar place: the place's name
    :ivar scope: the group of places, such as a store's id
    :ivar key: what the bytes are, such as an image's id
    :ivar size: bytes that were promised in all
    :ivar remaining: bytes that are not written yet
    :ivar holder: the :class:`~.holders.Holder`
    """

    id: str
    space: str
    place: str
    scope: str
    key: str
    size: int
    remaining: int
    holder: holders.Holder


class Ledger:
    """Promises, in one database.

    Threads of a process may share one. A process that was forked uses it as
    its own; reservations made before the fork stay the parent's.

    :param url: a database URL: ``sqlite:////var/lib/glance/ledger.sqlite``
        (not on NFS), ``postgresql+psycopg2://...``, ``mysql+pymysql://...``
    :param lease: seconds after which a promise ends that its holder has not
        renewed, where the holder's process cannot be looked at; it is
        renewed in the background
    :param holder: whom the promises belong to: this process, by default
    :param alive: ``alive(holder)``, True, False or None when it cannot be
        told: looks at the processes of this host, by default
    :param clock: a function that returns seconds; the database server's
        clock by default, or this host's where there is one host only. With
        one of your own, leases are not renewed in the background.
    :raises LedgerUnavailable: when the URL is not one that can be used; the
        database itself is not asked before it is needed
    """

    def __init__(self, url, *, lease=120.0, holder=None, alive=None,
                 clock=None):
        self._url = database.parse(url)
        self._lease = lease
        self._given_holder = holder
        self._given_clock = clock
        one_host = database.one_host(self._url)
        self._alive = alive or (
            lambda who: holders.alive(who, one_host=one_host))
        self._holder = holder or holders.current()
        self._lock = threading.Lock()
        self._held = set()
        self._ended = set()
        self._renewer = None
        self._wake = threading.Event()
        _ledgers.add(self)

    def __repr__(self):
        return f'<Ledger {database.shown(self._url)}>'

    @property
    def holder(self):
        """The :class:`~.holders.Holder` of what is reserved here."""
        return self._holder

    def reserve(self, measure, size, policy=choice.DEFAULT_POLICY, *,
                key='', scope='', remeasure=None, wait=0.0):
        """Promise ``size`` bytes of the best place that has them.

        Where only bytes promised to others are in the way, ``wait`` gives
        them time to be settled.

        :param measure: a function that returns the places as they are now
        :param size: bytes, or None when the size is not known. Nothing is
            promised then: :meth:`~.reservation.Reservation.grow` before
            writing.
        :param policy: the name of a policy
        :param key: what the bytes are, such as an image's id
        :param scope: the group of places that takes turns, such as a
            store's id
        :param remeasure: a function that returns one of the places, given
            as it was, as it is now. Called while the place is locked, so it
            should answer soon. By default ``measure`` is called.
        :param wait: seconds
        :returns: a :class:`~.reservation.Reservation`, to be released
        :raises NoPlace: when no place takes them
        :raises PolicyError: when the policy cannot be used
        :raises LedgerUnavailable: when the database cannot be used
        """
        deadline = time.monotonic() + wait
        turn = []

        def take_turn():
            # One an upload, however often it looks.
            if not turn:
                turn.append(self._take_turn(scope))
            return turn[0]

        def look_again(place):
            for other in measure():
                if other.name == place.name:
                    return other
            return dataclasses.replace(
                place, unusable='is not there any more')

        while True:
            # Before the places are measured: what is written in between is
            # then counted twice rather than not at all.
            promised = self.promised()
            answer = choice.choose(
                measure(), size, policy, promised=promised, key=key or None,
                take_turn=take_turn)
            refusals = list(answer.left_out)
            for candidate in answer.candidates:
                taken = self._take(candidate.place, size, answer, key, scope,
                                   remeasure or look_again)
                if isinstance(taken, Reservation):
                    return taken
                refusals.append(taken)
            if time.monotonic() >= deadline or not any(
                    choice.fits_later(entry, size) for entry in refusals):
                raise errors.NoPlace(size, refusals)
            time.sleep(_LOOK_AGAIN)

    def exists(self):
        """Say whether it may hold anything: an SQLite file may not be there.

        Every other method makes one that is not.
        """
        return not database.one_host(self._url) or os.path.exists(
            self._url.database)

    def promised(self):
        """Return ``{space: bytes}`` promised and not yet written.

        :raises LedgerUnavailable: when the database cannot be used
        """
        result = {}
        for promise in self.promises():
            result[promise.space] = (result.get(promise.space, 0)
                                     + promise.remaining)
        return result

    def promises(self):
        """Return the :class:`Promise` of every upload under way.

        :raises LedgerUnavailable: when the database cannot be used
        """
        with self._transaction(read_only=True) as connection:
            rows = connection.execute(sqlalchemy.select(reservations)).all()
            return [_promise(row) for row in rows
                    if self._stands(row, self._now(connection))]

    def sweep(self):
        """Delete the promises of dead holders and those whose lease ran out.

        They do not count anyway; this keeps the table small.

        :returns: the :class:`Promise` of each
        :raises LedgerUnavailable: when the database cannot be used
        """
        with self._transaction() as connection:
            now = self._now(connection)
            dead = [row for row in connection.execute(
                        sqlalchemy.select(reservations)).all()
                    if not self._stands(row, now)]
            self._delete(connection, dead)
            return [_promise(row) for row in dead]

    def renew(self):
        """Renew the leases of what is held here; done in the background.

        :raises LedgerUnavailable: when the database cannot be used
        """
        with self._lock:
            held, ended = list(self._held), list(self._ended)
        with self._transaction() as connection:
            # What could not be deleted when it ended.
            self._delete_own(connection, ended)
            connection.execute(
                sqlalchemy.update(reservations)
                .where(reservations.c.id.in_(held))
                .values(expires=self._now(connection) + self._lease_ms))
        with self._lock:
            self._ended.difference_update(ended)

    def close(self):
        """Close the connections. The ledger can still be used after."""
        with self._lock:
            self._held.clear()
            self._wake.set()
        database.disconnect(self._url)

    # What a Reservation asks for.

    def _take(self, place, size, answer, key, scope, remeasure):
        """Promise, or return the LeftOut that says why not."""
        with self._transaction_on(place) as connection:
            assessed = self._assess(connection, place, remeasure,
                                    1 if size is None else size)
            if not isinstance(assessed, choice.Candidate):
                return assessed
            reservation = Reservation(
                self, uuid.uuid4().hex, assessed.place, answer, size or 0,
                key, scope, remeasure)
            self._insert(connection, reservation)
        self._keep(reservation.id)
        return reservation

    def _grow(self, reservation, wanted, least):
        """Promise more of the same place; return the bytes that it got."""
        with self._transaction_on(reservation.place) as connection:
            self._update(connection, reservation)
            assessed = self._assess(connection, reservation.place,
                                    reservation.remeasure, least)
            if not isinstance(assessed, choice.Candidate):
                raise errors.NoPlace(least, [assessed])
            granted = min(wanted, assessed.room)
            connection.execute(
                sqlalchemy.update(reservations)
                .where(reservations.c.id == reservation.id)
                .values(size=reservation.size + granted,
                        remaining=reservation.remaining + granted))
        return granted

    def _shrink(self, reservation):
        with self._transaction() as connection:
            if self._tell(connection, reservation):
                return
        with self._transaction_on(reservation.place) as connection:
            self._update(connection, reservation)

    def _end(self, reservation):
        with self._lock:
            self._held.discard(reservation.id)
            self._ended.add(reservation.id)
        with self._transaction() as connection:
            self._delete_own(connection, [reservation.id])
        with self._lock:
            self._ended.discard(reservation.id)

    # The rows.

    @contextlib.contextmanager
    def _transaction_on(self, place):
        """A transaction in which nobody else promises of the place's space.

        The space is locked before any row of it is, by everyone, so that no
        two wait for each other.
        """
        space = {'space': _digest(place.space)}
        if database.one_host(self._url):
            # BEGIN IMMEDIATE holds the one lock there is.
            with self._transaction() as connection:
                yield connection
            return
        table = database.spaces
        while True:
            with self._transaction() as connection:
                if connection.execute(
                        sqlalchemy.select(table).filter_by(**space)
                        .with_for_update()).first():
                    yield connection
                    return
            self._insert_once(table, space)

    def _insert_once(self, table, values):
        """Insert, unless it is there.

        In a transaction of its own: MySQL keeps a lock on a row that it
        could not insert, and two that then want to change it are deadlocked.
        """
        with self._transaction() as connection, \
                contextlib.suppress(sqlalchemy.exc.IntegrityError), \
                connection.begin_nested():
            connection.execute(sqlalchemy.insert(table).values(**values))

    def _assess(self, connection, place, remeasure, needed):
        """See what is promised of a place, then what is free of it."""
        promised = self._promised(connection, _digest(place.space))
        fresh = remeasure(place)
        if fresh.space != place.space:
            # What is mounted there changed: that is not what we locked.
            fresh = dataclasses.replace(
                fresh, space=place.space,
                unusable=fresh.unusable or 'is being mounted or unmounted')
        return choice.assess(fresh, needed, promised)

    def _promised(self, connection, space):
        """Return the bytes promised of a space; delete what stands no more.
        """
        while True:
            now = self._now(connection)
            rows = connection.execute(
                sqlalchemy.select(reservations)
                .where(reservations.c.space == space)).all()
            dead = [row for row in rows if not self._stands(row, now)]
            if self._delete(connection, dead):
                gone = {row.id for row in dead}
                return sum(row.remaining for row in rows
                           if row.id not in gone)

    def _insert(self, connection, reservation):
        holder = self._holder
        connection.execute(sqlalchemy.insert(reservations).values(
            id=reservation.id,
            space=_digest(reservation.place.space),
            space_name=reservation.place.space,
            place=reservation.place.name,
            scope=reservation.scope,
            key=reservation.key,
            size=reservation.size,
            remaining=reservation.remaining,
            host=holder.host,
            realm=holder.realm,
            pid=holder.pid,
            started=holder.started,
            expires=self._now(connection) + self._lease_ms))

    def _tell(self, connection, reservation):
        """Write down what remains; say whether the row was there."""
        return connection.execute(
            sqlalchemy.update(reservations)
            .where(reservations.c.id == reservation.id)
            .values(remaining=reservation.remaining,
                    expires=self._now(connection) + self._lease_ms)).rowcount

    def _update(self, connection, reservation):
        """Write down what remains; take it again if it was given away."""
        if self._tell(connection, reservation):
            return
        # The lease ran out (a stopped machine, a lost network), and somebody
        # swept. What is free may be another's by now.
        assessed = self._assess(
            connection, reservation.place, reservation.remeasure,
            reservation.remaining)
        if not isinstance(assessed, choice.Candidate):
            raise errors.ReservationLost(reservation.place.name,
                                         reservation.remaining)
        self._insert(connection, reservation)

    def _stands(self, row, now):
        holder = _holder(row)
        if holder == self._holder:
            return True
        living = self._alive(holder)
        return row.expires > now if living is None else living

    @staticmethod
    def _delete(connection, rows):
        """Delete rows that were read; say whether none was renewed since."""
        return all([
            connection.execute(
                sqlalchemy.delete(reservations)
                .where(reservations.c.id == row.id)
                .where(reservations.c.expires == row.expires)).rowcount
            for row in rows])

    @staticmethod
    def _delete_own(connection, ids):
        connection.execute(sqlalchemy.delete(reservations).where(
            reservations.c.id.in_(ids)))

    def _take_turn(self, scope):
        scope = {'scope': _digest(scope)}
        table = database.turns
        while True:
            with self._transaction() as connection:
                if connection.execute(
                        sqlalchemy.update(table).filter_by(**scope)
                        .values(turn=table.c.turn + 1)).rowcount:
                    return connection.execute(
                        sqlalchemy.select(table.c.turn)
                        .filter_by(**scope)).scalar_one()
            self._insert_once(table, {**scope, 'turn': -1})

    # The clock and the lease.

    @property
    def _lease_ms(self):
        return int(self._lease * 1000)

    def _now(self, connection):
        if self._given_clock:
            return int(self._given_clock() * 1000)
        statement = database.now(connection)
        if statement is None:
            return int(time.time() * 1000)
        return connection.exec_driver_sql(statement).scalar_one()

    def _keep(self, reservation_id):
        """Have the lease renewed as long as the reservation is held."""
        with self._lock:
            self._held.add(reservation_id)
            if self._renewer is None and not self._given_clock:
                self._wake.clear()
                self._renewer = threading.Thread(
                    target=self._renew_all, daemon=True,
                    name='multistore-leases')
                self._renewer.start()

    def _renew_all(self):
        while True:
            self._wake.wait(self._lease / 4)
            with self._lock:
                if not self._held and not self._ended:
                    self._renewer = None
                    return
            try:
                self.renew()
            except errors.LedgerUnavailable as exc:
                LOG.warning('Leases were not renewed: %s', exc)

    # Connections.

    @contextlib.contextmanager
    def _transaction(self, read_only=False):
        try:
            try:
                engine = database.connect(self._url)
            except (ImportError, OSError) as exc:
                raise self._unavailable(exc) from exc
            with engine.connect() as connection:
                if read_only:
                    connection = connection.execution_options(
                        **{database.READ_ONLY: True})
                with connection.begin():
                    yield connection
        except sqlalchemy.exc.SQLAlchemyError as exc:
            raise self._unavailable(getattr(exc, 'orig', None) or exc) from exc

    def _unavailable(self, exc):
        reason = str(exc).strip() or repr(exc)
        return errors.LedgerUnavailable(
            database.shown(self._url),
            f'{reason.splitlines()[0].rstrip(".")}.')

    def _after_fork(self):
        """Begin anew in a child: what is held is the parent's."""
        self._lock = threading.Lock()
        self._held = set()
        self._ended = set()
        self._renewer = None
        self._wake = threading.Event()
        self._holder = self._given_holder or holders.current()


# Every ledger of this process, for its children.
_ledgers = weakref.WeakSet()


def _after_fork():
    for ledger in list(_ledgers):
        ledger._after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _digest(name):
    return hashlib.sha256(
        name.encode('utf-8', 'surrogateescape')).hexdigest()


def _promise(row):
    return Promise(
        row.id, row.space_name, row.place, row.scope, row.key, row.size,
        row.remaining,
        _holder(row))


def _holder(row):
    return holders.Holder(row.host, row.realm, row.pid, row.started)
