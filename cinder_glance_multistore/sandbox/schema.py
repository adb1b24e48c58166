"""Databases: made and brought up to date by each service's own command.
"""

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import logs
from cinder_glance_multistore.sandbox import processes
from cinder_glance_multistore.sandbox import sqlite
from cinder_glance_multistore.sandbox import surroundings

_TIMEOUT = 300


def sync(database, sync_command, config_files, mark, environment, log):
    """Bring a SQLite database up to the installed release's schema.

    Works on a copy that takes the database's place when it is whole, so a
    crash in the middle leaves the old one, or none.

    :param sync_command: Python source and its arguments
    :param config_files: the service's own configuration files
    :raises errors.ServiceFailed: the command did not succeed
    """
    new = database.with_name(database.name + '.new')
    for suffix in ('', '-wal', '-shm', '-journal'):
        new.with_name(new.name + suffix).unlink(missing_ok=True)
    if database.exists():
        sqlite.checkpoint(database)
        files.copy(database, new)
    target = new.with_suffix('.conf')
    files.write(target, ini.render(
        {'database': {'connection': f'sqlite:///{new}',
                      'sqlite_synchronous': False}}))
    source, *arguments = sync_command
    command = surroundings.python('-c', source)
    for path in [*config_files, target]:
        command += ['--config-file', path]
    start = logs.end(log)
    status = processes.run(
        [*command, *arguments], mark, environment, log, _TIMEOUT)
    if status != 0:
        raise errors.ServiceFailed(
            mark.partition('/')[2],
            f'was not done in {_TIMEOUT} s' if status is None else
            f'ended with status {status}', log, logs.telling(log, start))
    sqlite.switch_to_wal(new)
    for suffix in ('-wal', '-shm'):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    new.replace(database)
    target.unlink()
