"""Registering bits that are in their store already (C8)."""

import json
import unittest

import ddt
from glanceclient import exc
from glanceclient.v2 import images

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import locations
from tests.fakes import image_api
from tests.unit.image_service import base

URL = 'cinder://fast/v'


class _Base(base.TestCase):

    def setUp(self):
        super().setUp()
        self.polls = 0
        self.api.overrides.append(('POST /v2/images/.*/locations', self._add))
        self.bodies = []

    def _add(self, api, request):
        # As Glance 33 does: anything but known validation data is refused.
        body = json.loads(request.read())
        self.bodies.append(body)
        if set(body['validation_data']) - {'os_hash_algo', 'os_hash_value'}:
            return request.answer(400, b'Additional properties')
        api.images[self.image_id]['os_glance_import_task'] = 'task'
        request.answer(202)

    def register(self, service=None, user=None, become='active', **kwargs):
        def sleep(seconds):
            self.polls += 1
            if self.polls == 2:
                image = self.api.images[self.image_id]
                image.pop('os_glance_import_task', None)
                image.update(status=become, stores='fast')

        return locations.register(
            service or base.client(self.api), user or base.client(self.api),
            self.image_id, URL, {'store': 'fast'}, sleep=sleep, **kwargs)


class TestOlderGlance(_Base):

    def test_an_older_glance_is_told_the_store_as_metadata(self):
        self.api.overrides.insert(0, (
            'GET /versions', lambda api, request: request.answer(
                200, {'versions': [{'id': 'v2.9'}]})))
        self.api.images[self.image_id]['locations'] = []
        patches = []

        def patch(api, request):
            patches.extend(json.loads(request.read()))
            api.images[self.image_id].update(status='active')
            request.answer(200, api.images[self.image_id])

        self.api.overrides.insert(0, ('PATCH .*', patch))
        self.assertEqual('active', self.register().status)
        self.assertEqual({'url': URL, 'metadata': {'store': 'fast'}},
                         patches[0]['value'])
        self.assertEqual([], self.bodies)


@unittest.skipUnless(hasattr(images.Controller, 'add_image_location'),
                     'glanceclient before 4.6 has no call for it')
@ddt.ddt
class TestRegister(_Base):

    def test_waits_until_glance_has_made_an_image_of_it(self):
        self.assertEqual('active', self.register().status)
        self.assertEqual([{'url': URL, 'validation_data': {}}], self.bodies)
        self.assertEqual(2, self.polls)

    def test_a_task_that_fails_is_an_error(self):
        error = self.assertRaises(errors.StoreUnavailable, self.register,
                                  become='queued')
        self.assertIn("is 'queued' after its location was added", str(error))

    def test_a_task_without_end_is_an_error(self):
        now = iter(range(0, 10000, 50))
        self.assertRaises(errors.StoreUnavailable, locations.register,
                          base.client(self.api), base.client(self.api),
                          self.image_id, URL, {}, lambda seconds: None,
                          lambda: next(now))

    def test_an_image_that_vanishes_is_an_error(self):
        self.api.overrides.insert(0, (
            'POST /v2/images/.*/locations', self._vanish))
        self.assertRaises(errors.ImageGone, self.register)

    def _vanish(self, api, request):
        del api.images[self.image_id]
        request.answer(202)

    def test_a_service_that_does_not_see_the_image_still_registers_it(self):
        # A user with the service role alone sees no private image, and
        # glanceclient asks for it after the call.
        class Service:
            def __init__(self, client):
                self.images = self
                self._client = client

            def add_image_location(self, *args):
                self._client.images.add_image_location(*args)
                raise exc.HTTPNotFound()

        service = Service(base.client(self.api))
        self.assertEqual('active', self.register(service).status)

    @ddt.data(400, 403, 409)
    def test_a_refusal_is_told_as_it_is(self, code):
        self.api.overrides.insert(0, (
            'POST .*', lambda api, request: request.answer(code, b'no')))
        error = self.assertRaises(exc.HTTPException, self.register)
        self.assertEqual(code, error.code)
        self.assertEqual('queued', self.api.images[self.image_id]['status'])

    def test_a_glance_that_goes_away_is_told(self):
        self.api.overrides.append(('GET /v2/images/.*', image_api.hang))

        def gone(api, request):
            api.overrides.append(
                ('GET /v2/images/.*', lambda api, request: request.reset()))
            request.reset()
        self.api.overrides.insert(0, ('POST .*', gone))
        self.assertRaises(exc.CommunicationError, self.register)
