"""The database under the ledger: SQLite on one host, or a server for many.

SQLite runs with a write-ahead log, and every transaction that writes begins
with ``BEGIN IMMEDIATE``: two that both read first and write then would
otherwise end in "database is locked" without having waited.
"""

import os
import random
import sqlite3
import threading
import time

from cinder_glance_multistore.placement import errors

try:
    import sqlalchemy
    from sqlalchemy import event
    from sqlalchemy import pool
except ImportError as exc:
    raise ImportError(
        'reservations need SQLAlchemy, which Cinder, Glance and Nova bring '
        'along. Without them: pip install '
        'cinder-glance-multistore[placement]') from exc

SERVERS = ('postgresql', 'mysql', 'mariadb')

#: The execution option of transactions that only read.
READ_ONLY = 'multistore_read_only'

# Seconds for which a transaction waits for its turn to write.
_TURN_TIMEOUT = 30.0

_metadata = sqlalchemy.MetaData()

# What is kept is never older than the uploads under way, so a new layout is
# a new set of tables (v2) and nothing is migrated.

#: A row for each space that was ever reserved from: what is locked.
spaces = sqlalchemy.Table(
    'multistore_spaces_v1', _metadata,
    sqlalchemy.Column('space', sqlalchemy.String(64), primary_key=True))

#: How often each group of places was asked for its turn.
turns = sqlalchemy.Table(
    'multistore_turns_v1', _metadata,
    sqlalchemy.Column('scope', sqlalchemy.String(64), primary_key=True),
    sqlalchemy.Column('turn', sqlalchemy.BigInteger, nullable=False))

#: A row for each upload under way. Sizes in bytes, times in milliseconds.
reservations = sqlalchemy.Table(
    'multistore_reservations_v1', _metadata,
    sqlalchemy.Column('id', sqlalchemy.String(32), primary_key=True),
    # A digest: names may be longer than an index takes, and MySQL compares
    # without regard to case.
    sqlalchemy.Column('space', sqlalchemy.String(64), nullable=False,
                      index=True),
    sqlalchemy.Column('space_name', sqlalchemy.Text, nullable=False),
    sqlalchemy.Column('place', sqlalchemy.Text, nullable=False),
    sqlalchemy.Column('scope', sqlalchemy.Text, nullable=False),
    sqlalchemy.Column('key', sqlalchemy.Text, nullable=False),
    sqlalchemy.Column('size', sqlalchemy.BigInteger, nullable=False),
    sqlalchemy.Column('remaining', sqlalchemy.BigInteger, nullable=False),
    sqlalchemy.Column('host', sqlalchemy.Text, nullable=False),
    sqlalchemy.Column('realm', sqlalchemy.Text, nullable=False),
    sqlalchemy.Column('pid', sqlalchemy.BigInteger, nullable=False),
    sqlalchemy.Column('started', sqlalchemy.BigInteger, nullable=False),
    sqlalchemy.Column('expires', sqlalchemy.BigInteger, nullable=False))


def parse(url):
    """Return the URL as SQLAlchemy has it.

    :raises LedgerUnavailable: when it is not one that a ledger can use
    """
    try:
        parsed = sqlalchemy.engine.make_url(url)
    except sqlalchemy.exc.ArgumentError as exc:
        # Not the text itself: a password may be in it.
        raise errors.LedgerUnavailable(
            '(a URL that cannot be read)',
            'it is not of the form dialect://user:password@host/database.'
        ) from exc
    backend = parsed.get_backend_name()
    if backend == 'sqlite':
        if not parsed.database or parsed.database == ':memory:':
            raise errors.LedgerUnavailable(
                shown(parsed), 'it names no file, and a database in memory is not '
                        'shared.')
        if not os.path.isabs(parsed.database):
            # Each process would have one where it was started.
            raise errors.LedgerUnavailable(
                shown(parsed), 'its path is relative. An absolute one has '
                               'four slashes: sqlite:////path/to/file.')
    elif backend not in SERVERS:
        raise errors.LedgerUnavailable(
            shown(parsed), f'{backend} is none of sqlite, {", ".join(SERVERS)}.')
    return parsed


def shown(url):
    """Return the parsed URL as a text without secrets."""
    return url.set(query={}).render_as_string(hide_password=True)


def one_host(url):
    """Say whether everyone who uses the parsed URL is on one host."""
    return url.get_backend_name() == 'sqlite'


def connect(url):
    """Return an engine for the parsed URL; its tables are there.

    All of a process share one for each URL, and a forked child gets its own.

    A SQLite file that is not there is made, for its owner alone (an operator
    who lets a group share it makes it first, or changes its mode).

    :raises ImportError: when the server's driver is not installed
    :raises OSError: when the SQLite file cannot be made
    :raises sqlalchemy.exc.SQLAlchemyError: when the database does not answer
    """
    with _lock:
        if url not in _engines:
            engine = (_sqlite if one_host(url) else _server)(url)
            _create_tables(engine)
            _engines[url] = engine
        return _engines[url]


def disconnect(url):
    """Close the connections that are not in use."""
    with _lock:
        engine = _engines.pop(url, None)
    if engine is not None:
        engine.dispose()


def _forget():
    """Begin anew in a forked child."""
    global _lock
    _lock = threading.Lock()
    # Kept, not closed: that could end the parent's session.
    _inherited.append(dict(_engines))
    _engines.clear()


_lock = threading.Lock()
_engines = {}
_inherited = []
os.register_at_fork(after_in_child=_forget)


def now(connection):
    """Return the SQL statement for the database's clock, in milliseconds.

    One clock for all hosts, so that theirs need not agree. None where there
    is one host.
    """
    return {
        'postgresql': 'SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp())'
                      ' * 1000 AS BIGINT)',
        'mysql': 'SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)',
        'mariadb': 'SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)',
    }.get(connection.dialect.name)


def _create_tables(engine):
    for attempt in range(5):
        try:
            with engine.begin() as connection:
                _metadata.create_all(connection)
            return
        except (sqlalchemy.exc.ProgrammingError,
                sqlalchemy.exc.OperationalError,
                sqlalchemy.exc.IntegrityError):
            # Another process makes them at the same time, and a server has
            # no way to ask and create in one.
            if attempt == 4:
                raise
            time.sleep(0.05 * (attempt + 1))


def _server(url):
    # Read committed, because MySQL's default would show a transaction that
    # waited for its turn what there was before it.
    return sqlalchemy.create_engine(
        url, isolation_level='READ COMMITTED', pool_pre_ping=True,
        pool_recycle=1800)


def _sqlite(url):
    path = url.database
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    engine = sqlalchemy.create_engine(
        url, poolclass=pool.QueuePool, pool_size=4, max_overflow=60,
        connect_args={
            'check_same_thread': False,
            # sqlite3 would begin transactions of its own.
            'isolation_level': None,
            # Waiting inside SQLite stops all green threads of an
            # eventlet-patched process, so the wait is ours (_begin).
            'timeout': 0.01,
        })

    @event.listens_for(engine, 'connect')
    def _configure(connection, _record):
        # NORMAL: a power cut may lose the last promises, and with them the
        # uploads they were made to.
        _patiently(connection, 'PRAGMA journal_mode = WAL')
        _patiently(connection, 'PRAGMA synchronous = NORMAL')

    @event.listens_for(engine, 'begin')
    def _begin(connection):
        options = connection.get_execution_options()
        how = 'DEFERRED' if options.get(READ_ONLY) else 'IMMEDIATE'
        _patiently(connection.connection.dbapi_connection, f'BEGIN {how}')

    return engine


def _patiently(connection, statement):
    """Execute; while another one writes, wait as a green thread can."""
    deadline = time.monotonic() + _TURN_TIMEOUT
    while True:
        try:
            connection.execute(statement).close()
            return
        except sqlite3.OperationalError as exc:
            if ('locked' not in str(exc) and 'busy' not in str(exc)
                    or time.monotonic() > deadline):
                raise
        # Not a secret: processes that met once should not meet again.
        time.sleep(random.uniform(0.0005, 0.004))  # noqa: S311
