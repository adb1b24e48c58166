"""Real database servers for tests, as Debian packages them.

Each lives in a private temporary directory, listens on a unix socket there,
and runs as an ordinary user: PostgreSQL refuses to be root.
"""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import fixtures

from tests import needs

# Nothing here has to survive a power cut.
_POSTGRES_OPTIONS = {
    'fsync': 'off',
    'full_page_writes': 'off',
    'listen_addresses': '',
    'max_connections': '200',
    'synchronous_commit': 'off',
}


def _missing(what):
    return f'{what} is not installed (bindep.txt names the package)'


class Server(fixtures.Fixture):
    """A server of one's own, stopped and removed at clean-up.

    :ivar url: for SQLAlchemy
    """

    user = 'nobody'

    def setUp(self):
        # Not in _setUp(): what that raises is wrapped.
        self.find()
        super().setUp()

    def _setUp(self):
        # Not $TMPDIR: a socket's path has 107 characters at most.
        self.home = tempfile.mkdtemp(prefix='multistore-', dir='/tmp')
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        if os.getuid() == 0:
            shutil.chown(self.home, self.user)
        self.data = os.path.join(self.home, 'data')
        self._process = None
        self.addCleanup(self.stop)
        self.prepare()
        self.start()

    def run(self, *command):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, cwd=self.home, check=False, **self._as_user())
        if done.returncode:
            raise AssertionError(f'{command}: {done.stdout}')

    def start(self):
        with open(os.path.join(self.home, 'log'), 'ab') as log:
            self._process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.home,
                **self._as_user())
        deadline = time.monotonic() + 120
        while not self.answers():
            if self._process.poll() is not None or (
                    time.monotonic() > deadline):
                with open(os.path.join(self.home, 'log')) as log:
                    raise AssertionError(f'{self.command()}: {log.read()}')
            time.sleep(0.05)

    def answers(self):
        return not subprocess.run(
            self.question(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=self.home, check=False,
            **self._as_user()).returncode

    def stop(self):
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            self._process.wait(120)
            self._process = None

    def _as_user(self):
        if os.getuid():
            return {}
        entry = pwd.getpwnam(self.user)
        return {'user': entry.pw_uid, 'group': entry.pw_gid,
                'extra_groups': [], 'env': {**os.environ, 'HOME': self.home}}


class Postgres(Server):

    stop_signal = signal.SIGINT  # "fast": clients are cut off

    def find(self):
        found = sorted(glob.glob('/usr/lib/postgresql/*/bin/initdb'))
        needs.skip_if(not found and _missing('PostgreSQL'))
        self._bin = os.path.dirname(found[-1])

    def prepare(self):
        self.run(f'{self._bin}/initdb', '--no-sync', '--auth=trust',
                 '--username=multistore', '--encoding=UTF8', '--locale=C',
                 '--pgdata', self.data)
        # template1 would do, but no one should write to it.
        self.url = (f'postgresql+psycopg2://multistore@/postgres'
                    f'?host={self.home}')

    def command(self):
        options = {**_POSTGRES_OPTIONS, 'unix_socket_directories': self.home}
        return [f'{self._bin}/postgres', '-D', self.data] + [
            word for name, value in options.items()
            for word in ('-c', f'{name}={value}')]

    def question(self):
        return [f'{self._bin}/psql', '-qXh', self.home, '-U', 'multistore',
                '-c', 'SELECT 1', 'postgres']


class MariaDB(Server):

    stop_signal = signal.SIGTERM

    def find(self):
        self._server = shutil.which('mariadbd', path=os.pathsep.join(
            (os.environ.get('PATH', ''), '/usr/sbin')))
        needs.skip_if(not self._server and _missing('MariaDB'))

    def prepare(self):
        self.socket = os.path.join(self.home, 'socket')
        self.run('mariadb-install-db', '--no-defaults',
                 '--auth-root-authentication-method=normal',
                 '--skip-test-db', f'--datadir={self.data}')
        self.url = ('mysql+pymysql://root@localhost/multistore'
                    f'?unix_socket={self.socket}')

    def command(self):
        return [self._server, '--no-defaults', f'--datadir={self.data}',
                f'--socket={self.socket}', '--skip-networking',
                f'--pid-file={self.home}/pid', '--skip-log-bin',
                '--innodb-flush-log-at-trx-commit=0']

    def question(self):
        return ['mariadb', '--no-defaults', f'--socket={self.socket}',
                '--user=root', '-e',
                'CREATE DATABASE IF NOT EXISTS multistore']
