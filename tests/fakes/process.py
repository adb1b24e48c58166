"""A server of the tests in a process of its own.
"""

import re
import subprocess
import time

import fixtures


class Process(fixtures.Fixture):
    """
    :param name: what it is called
    :param command: words; it writes the URL where it answers on its output
    :ivar url, port: where it answers
    """

    _URL = re.compile(r'http://127\.0\.0\.1:(\d+)')

    def __init__(self, name, command):
        super().__init__()
        self._name = name
        self._command = command

    def _setUp(self):
        log = self.useFixture(fixtures.TempDir()).join('log')
        with open(log, 'wb') as stream:
            process = subprocess.Popen(self._command, stdout=stream,
                                       stderr=stream)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            found = self._URL.search(self._read(log))
            if found:
                self.url, self.port = found[0], int(found[1])
                return
            time.sleep(0.1)
        raise RuntimeError(f'{self._name} did not start: {self._read(log)}')

    @staticmethod
    def _read(log):
        with open(log, encoding='utf-8') as stream:
            return stream.read()
