"""SQLite with several writers at once, as a database server would have them.

oslo.db begins every transaction with a deferred ``BEGIN``: two that read and
then write fail with "database is locked" at once, whatever the time-out,
since neither can see what the other wrote. ``BEGIN IMMEDIATE`` makes the
second one wait. It waits in ``time.sleep``, not inside SQLite: under eventlet
all of Cinder is one thread, and the holder of the lock must be able to go on.
"""

import sqlite3
import time

PATIENCE = 60.0
_INTERVAL = 0.005


def register():
    """Make every SQLite transaction of this process take the lock first."""
    # Here, because the command that starts the services must be able to say
    # that they are not installed.
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if not event.contains(Engine, 'do_execute', _begin):
        event.listen(Engine, 'do_execute', _begin)


def _begin(cursor, statement, parameters, context):
    if statement != 'BEGIN' or not isinstance(cursor, sqlite3.Cursor):
        return None
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute('BEGIN IMMEDIATE')
            return True  # executed: SQLAlchemy has nothing left to do
        except sqlite3.OperationalError as error:
            if ('locked' not in str(error) or
                    time.monotonic() >= deadline):
                raise
            time.sleep(_INTERVAL)


def switch_to_wal(path):
    """Let readers of a database file read while one writes."""
    connection = sqlite3.connect(path)
    try:
        connection.execute('PRAGMA journal_mode = WAL')
    finally:
        connection.close()


def checkpoint(path):
    """Bring what a crash left in the write-ahead log into the file."""
    connection = sqlite3.connect(path)
    try:
        connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    finally:
        connection.close()
