"""A running Swift."""

import importlib.util
import os
import sys

import fixtures
import requests

from tests.fakes import process

CONTAINER = 'images'


class Server(fixtures.Fixture):
    """
    :ivar missing: why it does not run here, or None: who goes on without it
        has an account that nobody serves
    :ivar account: the URL of an account in it, that of Glance
    """

    def _setUp(self):
        home = self.useFixture(fixtures.TempDir())
        self.missing = _missing(home.path)
        url = 'http://127.0.0.1:9'
        if not self.missing:
            url = self.useFixture(process.Process('Swift', [
                sys.executable, '-W', 'ignore', '-m',
                'tests.functional.swift.serve', home.join('swift')])).url
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
        if self.missing:
            return []
        answer = requests.get(f'{self.account}/{CONTAINER}', timeout=60)
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        return answer.text.split()


def _missing(directory):
    if importlib.util.find_spec('swift') is None:
        return 'there is no Swift here; pip install -r test-requirements.txt'
    try:
        os.setxattr(directory, 'user.multistore', b'')
    except OSError as exc:
        return (f'Swift keeps extended attributes, and {directory} has none: '
                f'{exc.strerror}; set TMPDIR to a directory on a disk')
    return None
