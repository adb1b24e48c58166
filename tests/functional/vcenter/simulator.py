"""A running simulator."""

import os
from pathlib import Path
import queue
import secrets
import shutil
import subprocess
import tempfile
import threading

from cinder_glance_multistore.sandbox import vcenter
from tests.functional.vcenter import build

Datastore = vcenter.Datastore
GIB = vcenter.GIB
MIB = 1024 ** 2
TIB = vcenter.TIB
_START = 120.0


class DidNotStart(Exception):
    """Its last words."""


class Simulator(vcenter.Admin):
    """A vCenter in a process of its own, which ends with ours.

    :param datastores: a list of :class:`Datastore`; None for ``datastore1``
    :param listen: ``address:port``; port 0 is a free one, which is kept when
        it is stopped and started again. See ``unported`` for clients that
        take no port.
    :param options: ``hosts`` (of ESX, a cluster; 3), ``clusters`` (a
        datacenter; 1), ``host_name``, ``api_version``, ``idle``
        (a duration as in ``90s``, after which a session ends)
    :ivar address: ``host:port``
    :ivar host, port: its parts
    :ivar user, password: who may log in
    :ivar ca_file: the certificate of its authority
    :ivar home: its directory; a restart finds its files there
    """

    def __init__(self, datastores=None, listen='127.0.0.1:0', **options):
        super().__init__(None)
        self.home = Path(tempfile.mkdtemp(prefix='vcenter-'))
        self.user = vcenter.USER
        self.ca_file = str(self.home / 'ca.pem')
        self.address = listen
        self._options = options
        self._process = None
        self.password = vcenter.prepare(
            self.home, datastores or [Datastore('datastore1')])

    @property
    def host(self):
        return self.address.rpartition(':')[0]

    @property
    def port(self):
        return int(self.address.rpartition(':')[2])

    @property
    def running(self):
        return self._process is not None

    def start(self):
        """Build it if need be, start it, and return when it answers.

        :raises build.CannotBuild: something is not installed
        :raises DidNotStart: the port is taken, for one
        """
        command = vcenter.command(
            build.built(), self.home, self.address, attached=True,
            **self._options)
        with open(self.home / 'log', 'ab') as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, text=True)
        said = queue.Queue()
        threading.Thread(
            target=lambda: said.put(self._process.stdout.readline()),
            daemon=True).start()
        try:
            line = said.get(timeout=_START)
        except queue.Empty:
            line = ''
        if not line.startswith(vcenter.READY):
            self.stop()
            raise DidNotStart(self.log()[-2000:])
        ready = vcenter.parse_ready(line)
        self.address, self.url = ready['address'], ready['admin']
        return self

    def stop(self):
        """End it; its files stay until ``remove``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None

    def remove(self):
        """End it and remove its files."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def log(self):
        """Return what it wrote to its log."""
        return (self.home / 'log').read_text(errors='replace')

    def directory(self, datastore, datacenter=''):
        """Return the path of the directory that is a datastore."""
        for row in self.datastores():
            if row['name'] == datastore and datacenter in (
                    '', row['datacenter']):
                return Path(row['directory'])
        raise ValueError(f'there is no datastore {datastore!r}')

    def files(self):
        """Return every file there is: a set of (datastore, path) pairs.

        Of datastores that are gone too.
        """
        return {
            (row['name'], os.path.relpath(
                os.path.join(directory, name), row['directory']))
            for row in self.datastores()
            for directory, _, names in os.walk(row['directory'])
            for name in names}

    def clear(self):
        """Remove every file and directory of every datastore."""
        for row in self.datastores():
            for entry in Path(row['directory']).iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink(missing_ok=True)


def unported():
    """Return an address to listen on for clients that take no port.

    That is 443 of some address of 127.0.0.0/8 that is not in use; it needs
    root, or a system where anyone may have it.
    """
    octets = [secrets.randbelow(250) + 1 for _ in range(3)]
    return '127.{}.{}.{}:443'.format(*octets)
