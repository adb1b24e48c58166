import sqlite3
import tempfile
import threading
import time
import unittest
from unittest import mock

from oslo_db.sqlalchemy import enginefacade
import sqlalchemy

from cinder_glance_multistore.sandbox import sqlite


class SqliteTest(unittest.TestCase):
    """With oslo.db's own engines, as the services use them."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = f'{directory.name}/test.sqlite'
        with sqlite3.connect(self.path) as connection:
            connection.execute('CREATE TABLE counter (value INTEGER)')
            connection.execute('INSERT INTO counter VALUES (0)')
        connection.close()
        sqlite.switch_to_wal(self.path)
        manager = enginefacade.transaction_context()
        manager.configure(connection=f'sqlite:///{self.path}?timeout=0')
        self.engine = manager.writer.get_engine()
        self.addCleanup(self.engine.dispose)
        sqlite.register()
        self.addCleanup(
            sqlalchemy.event.remove, sqlalchemy.engine.Engine, 'do_execute',
            sqlite._begin)

    def _increase(self, pause=0.0):
        with self.engine.begin() as connection:
            value = connection.exec_driver_sql(
                'SELECT value FROM counter').scalar()
            time.sleep(pause)
            connection.exec_driver_sql(
                'UPDATE counter SET value = ?', (value + 1,))

    def _increase_by_many(self, number):
        failures = []

        def run():
            try:
                self._increase(pause=0.02)
            except sqlalchemy.exc.OperationalError as error:
                failures.append(error)

        threads = [threading.Thread(target=run) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failures

    def test_those_who_read_and_then_write_wait_for_each_other(self):
        self.assertEqual([], self._increase_by_many(8))
        with self.engine.begin() as connection:
            self.assertEqual(8, connection.exec_driver_sql(
                'SELECT value FROM counter').scalar())

    def test_without_it_they_would_fail(self):
        sqlalchemy.event.remove(
            sqlalchemy.engine.Engine, 'do_execute', sqlite._begin)
        try:
            self.assertTrue(self._increase_by_many(8))
        finally:
            sqlite.register()

    def test_waiting_has_an_end(self):
        holder = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute('BEGIN IMMEDIATE')
        with mock.patch.object(sqlite, 'PATIENCE', 0.1):
            self.assertRaisesRegex(
                Exception, 'locked', self._increase)

    def test_registering_twice_is_registering_once(self):
        sqlite.register()
        self._increase()
