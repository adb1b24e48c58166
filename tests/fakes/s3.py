"""An S3 server of the tests: moto's, in a process of its own.

moto would patch boto in the process it runs in.
"""

import re
import sys

import requests

from tests.fakes import process


class Server(process.Process):
    """
    :ivar secret: the secret key of its sections
    """

    secret = 'sesame-' + 'x' * 20
    bucket = 'images'

    def __init__(self):
        super().__init__('moto', [sys.executable, '-u', '-m', 'moto.server',
                                  '-H', '127.0.0.1', '-p', '0'])

    def _setUp(self):
        super()._setUp()
        requests.put(f'{self.url}/{self.bucket}',
                     timeout=60).raise_for_status()

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
