"""Cinder's own test base, with our parts loaded as an operator loads them."""

import hashlib
import json
import os
import re

from cinder import context
from cinder.api.v3 import router
from cinder.db import api as db
from cinder.tests.unit import fake_constants
from cinder.tests.unit import test
from cinder.tests.unit import utils
from cinder.tests.unit.api import fakes
import fixtures
import webob

from cinder_glance_multistore.cinder import api as multistore_api  # noqa: F401
from cinder_glance_multistore.cinder import discovery
from tests.fakes import image_api

KEY = 'image_service:store_id'
PROJECT = fake_constants.PROJECT_ID
MIB = 1024 * 1024

# Each router has some 800 patterns, and re forgets after 512: half a second
# a test.
re._MAXCACHE = 4096


class TestCase(test.TestCase):
    """In-memory database, real objects, an Image API over real sockets."""

    MOCK_WORKER = False

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.api = self.useFixture(image_api.ImageApi(
            stores=('reliable', 'fast', 'web')))
        self.api.stores['stores'][2]['read-only'] = 'true'
        self.override_config('glance_api_servers', [self.api.url])
        self.override_config('glance_num_retries', 1)
        discovery._build_directory.cache_clear()
        self.addCleanup(discovery._build_directory.cache_clear)
        self.admin = context.RequestContext(
            fake_constants.USER_ID, PROJECT, is_admin=True,
            auth_token='a-token', roles=['admin', 'member', 'reader'])
        self.member = context.RequestContext(
            fake_constants.USER_ID, PROJECT, is_admin=False,
            auth_token='a-token', roles=['member', 'reader'])

    def type(self, name='gold', **extra_specs):
        return utils.create_volume_type(
            self.admin, name=name, extra_specs=extra_specs)

    def volume(self, status='available', store='fast', **kwargs):
        """A volume of a type that names a store, or none."""
        volume_type = self.type(
            name=f'of {store} {len(db.volume_type_get_all(self.admin))}',
            **({KEY: store} if store is not None else {}))
        return utils.create_volume(self.admin, status=status,
                                   volume_type_id=volume_type.id, **kwargs)

    def data(self, size=2 * MIB + 5):
        """A file with random bytes; its hash is ``self.digest``."""
        data = os.urandom(size)
        self.digest = hashlib.sha512(data).hexdigest()
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'v')
        with open(path, 'wb') as stream:
            stream.write(data)
        return path

    def worker(self, volume):
        """The worker row of a volume, or None."""
        rows = db.worker_get_all(self.admin, resource_id=volume.id)
        return rows[0] if rows else None

    def status(self, volume):
        return db.volume_get(self.admin, volume.id).status


class ApiTestCase(TestCase):
    """Requests to Cinder's real router, with our extension in it."""

    EXTENSIONS = ('cinder.api.contrib.standard_extensions',
                  'cinder_glance_multistore.cinder.extension')
    _router = None

    def setUp(self):
        super().setUp()
        self.override_config('osapi_volume_extension', list(self.EXTENSIONS))

    def request(self, method, path, body=None, user=None, version='3.3',
                app=None, raw=None):
        """Make a request; return (status, the answer's JSON or text)."""
        request = webob.Request.blank(f'/v3/{PROJECT}{path}', method=method)
        request.headers['Content-Type'] = 'application/json'
        request.headers['OpenStack-API-Version'] = f'volume {version}'
        if raw is not None:
            request.body = raw
        elif body is not None:
            request.body = json.dumps(body).encode()
        app = app or self.app(user)
        response = request.get_response(app)
        try:
            return response.status_int, response.json
        except ValueError:
            return response.status_int, response.text

    def app(self, user=None):
        if self._router is None:
            self._router = router.APIRouter()
        return fakes.wsgi_app(fake_auth_context=user or self.admin,
                              inner_app_v3=self._router)

    def set_specs(self, volume_type, specs, **kwargs):
        return self.request('POST', f'/types/{volume_type.id}/extra_specs',
                            {'extra_specs': specs}, **kwargs)

    def put_spec(self, volume_type, key, value, **kwargs):
        return self.request('PUT',
                            f'/types/{volume_type.id}/extra_specs/{key}',
                            {key: value}, **kwargs)

    def create_type(self, specs, name='silver', **kwargs):
        return self.request('POST', '/types', {'volume_type': {
            'name': name, 'extra_specs': specs}}, **kwargs)

    def upload(self, volume, user=None, version='3.3', **params):
        return self.request(
            'POST', f'/volumes/{volume.id}/action',
            {'os-volume_upload_image': {'image_name': 'an image', **params}},
            user, version)

    def specs(self, volume_type):
        return db.volume_type_get(self.admin, volume_type.id)['extra_specs']

    def assertAnswer(self, status, texts, answer):
        """The status, and sentences that the answer's message has."""
        self.assertEqual(status, answer[0], answer[1])
        (_, fault), = answer[1].items()
        for text in texts:
            self.assertIn(text, fault['message'])
        self.assertNotIn('Traceback', fault['message'])

    def stores_asked(self):
        return len(self.api.asked('GET /v2/info/stores'))
