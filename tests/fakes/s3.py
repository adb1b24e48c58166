"""An S3 server of the tests: moto's, in a process of its own.

moto would patch boto in the process it runs in.
"""

import re
import subprocess
import sys
import time

import fixtures
import requests


class Server(fixtures.Fixture):
    """
    :ivar url: where it answers
    :ivar secret: the secret key of its sections
    """

    secret = 'sesame-' + 'x' * 20
    bucket = 'images'

    def _setUp(self):
        self._log = self.useFixture(fixtures.TempDir()).join('moto.log')
        with open(self._log, 'wb') as log:
            process = subprocess.Popen(
                [sys.executable, '-u', '-m', 'moto.server', '-H',
                 '127.0.0.1', '-p', '0'], stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.port = self._wait_for_port(process)
        self.url = f'http://127.0.0.1:{self.port}'
        requests.put(f'{self.url}/{self.bucket}',
                     timeout=60).raise_for_status()

    def _wait_for_port(self, process):
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            with open(self._log, encoding='utf-8') as log:
                found = re.search(r'http://127\.0\.0\.1:(\d+)', log.read())
            if found:
                return int(found[1])
            time.sleep(0.1)
        with open(self._log, encoding='utf-8') as log:
            raise RuntimeError(f'moto did not start: {log.read()}')

    def keys(self):
        """Return the names of the objects in the bucket."""
        answer = requests.get(f'{self.url}/{self.bucket}', timeout=60)
        answer.raise_for_status()
        return re.findall('<Key>(.*?)</Key>', answer.text)

    def options(self):
        """Return the options of a store of type ``s3`` in it."""
        return {'s3_store_host': self.url, 's3_store_access_key': 'someone',
                's3_store_secret_key': self.secret,
                's3_store_bucket': self.bucket,
                's3_store_bucket_url_format': 'path'}

    def section(self, store_id):
        """Return a store's section of glance-api.conf."""
        return f'[{store_id}]\n' + ''.join(
            f'{name} = {value}\n' for name, value in self.options().items())
