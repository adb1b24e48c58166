"""A running Swift."""

import sys

import fixtures
import requests

from tests.fakes import process

CONTAINER = 'images'


class Server(fixtures.Fixture):
    """
    :ivar account: the URL of an account in it, that of Glance
    """

    def _setUp(self):
        root = self.useFixture(fixtures.TempDir()).join('swift')
        url = self.useFixture(process.Process('Swift', [
            sys.executable, '-W', 'ignore', '-m',
            'tests.functional.swift.serve', root])).url
        self.account = f'{url}/v1/AUTH_glance'

    def options(self, keystone, user, project, password):
        """Return the options of a store of type ``swift`` in it.

        Its driver asks Keystone for a token, whoever looks at it.
        """
        return {'swift_store_auth_address': keystone,
                'swift_store_user': f'{project}:{user}',
                'swift_store_key': password,
                'swift_store_endpoint': self.account,
                'swift_store_container': CONTAINER,
                'swift_store_create_container_on_put': True,
                # MiB: what is larger is written in segments.
                'swift_store_large_object_size': 2,
                'swift_store_large_object_chunk_size': 1}

    def keys(self):
        """Return the names of the objects in the container."""
        answer = requests.get(f'{self.account}/{CONTAINER}', timeout=60)
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        return answer.text.split()
