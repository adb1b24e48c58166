"""Each door of the API, with each bad input, through Cinder's real router."""

import concurrent.futures
import time
import unittest
from unittest import mock

from cinder import exception
from cinder.db import api as db
from cinder.image import glance
from cinder.tests.unit import fake_constants
import ddt
from keystoneauth1 import noauth

from cinder_glance_multistore.cinder import discovery
from cinder_glance_multistore.cinder import glance_client
from tests import defects
from tests.fakes import image_api
from tests.unit.cinder import base
from tests.unit.cinder.base import KEY

# (value, sentences of the answer)
_BAD_VALUES = (
    ('nosuch', ["image_service:store_id='nosuch'",
                "there is no image store 'nosuch'",
                'Allowed: fast, reliable (default)']),
    ('FAST', ["='FAST'", "Did you mean 'fast'?"]),
    ('fast ', ["='fast '", "Did you mean 'fast'?"]),
    ('fsat', ["='fsat'", "Did you mean 'fast'?", 'Allowed: fast, reliable']),
    ('web', ["='web'", "the image store 'web' is read-only",
             'Allowed: fast, reliable']),
    ('', ['image_service:store_id', 'empty', 'Allowed: fast, reliable']),
    ('   ', ['image_service:store_id', 'blank', 'Allowed: fast, reliable']),
    ('x' * 256, ['image_service:store_id', 'has 256 characters',
                 'the limit is 255']),
    ('os_glance_staging_store', ['Glance keeps the store']),
    (7, ['image_service:store_id', 'must be a string, not a number']),
    (None, ['image_service:store_id', 'must be a string, not null']),
    (['fast'], ['must be a string, not a list']),
    ({'a': 1}, ['must be a string, not an object']),
    ('a\n\x1b[31mb', ["\\n\\x1b[31mb"]),
)
_BAD_KEYS = (
    ('image_service:storeid', ['image_service:storeid',
                               'there is no such key in image_service',
                               "Did you mean 'image_service:store_id'?"]),
    ('Image_Service:store_id', ['this is not how the key is spelled',
                                'image_service:store_id']),
    ('image_service:', ['image_service:']),
)
_BAD_DOCUMENTS = (
    b'', b'[]', b'null', b'{}', b'{"stores": 1}', b'{"stores": [{}]}',
    b'{"stores": [{"id": 1}]}', b'{', b'<html>', b'\xff', b'[' * 100000,
    b'{"stores": [{"id": "a"}, {"id": "a"}]}',
    b'{"stores": [{"id": "fast", "read-only": "maybe"}]}')


class DoorsTestCase(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.gold = self.type()

    def doors(self):
        """Each way to give a type an extra spec, as a function."""
        return (
            lambda specs, **kw: self.set_specs(self.gold, specs, **kw),
            lambda specs, **kw: self.put_spec(
                self.gold, *next(iter(specs.items())), **kw),
            lambda specs, **kw: self.create_type(specs, **kw))

    def assertRefused(self, status, texts, specs):
        for door in self.doors():
            self.assertAnswer(status, texts, door(specs))
        self.assertEqual({}, self.specs(self.gold))
        self.assertNotIn('silver', db.volume_type_get_all(self.admin))


@ddt.ddt
class TestTypes(DoorsTestCase):

    @ddt.data(*_BAD_VALUES)
    @ddt.unpack
    def test_a_bad_value_is_refused_at_each_door(self, value, texts):
        self.assertRefused(400, texts, {KEY: value})

    @ddt.data(*_BAD_KEYS)
    @ddt.unpack
    def test_a_bad_key_is_refused_at_each_door(self, key, texts):
        self.assertRefused(400, texts, {key: 'fast'})

    @ddt.data('true', 'True', True, 'TRUE', 1, '1')
    def test_read_only_is_read_in_every_spelling(self, flag):
        # Upstream takes anything but "true" for writable (C3).
        self.api.stores['stores'][2]['read-only'] = flag
        self.assertRefused(400, ["'web' is read-only"], {KEY: 'web'})

    def test_a_store_known_as_unavailable_is_refused(self):
        self.api.stores['stores'][1].update(
            status='unavailable', reason='no answer from vc1')
        self.assertRefused(400, [
            "the image store 'fast' is unavailable (no answer from vc1)",
            'Allowed: reliable (default)'], {KEY: 'fast'})

    @ddt.data(*_BAD_DOCUMENTS)
    def test_a_malformed_document_is_503_with_a_plain_sentence(self, body):
        self.api.stores = body
        self.assertRefused(503, [
            "cannot be checked now: the image service's list of stores is "
            'not', 'Try again later.'], {KEY: 'fast'})

    @ddt.data(
        (500, b'x', {}), (502, b'<html>', {'Content-Type': 'text/html'}),
        (503, b'[]', {'Content-Type': 'application/json'}),
        (504, b'\xff', {'Content-Type': 'text/plain'}), (300, b'', {}),
        (401, b'no', {'Content-Type': 'text/plain'}),
        (403, b'no', {'Content-Type': 'text/plain'}))
    @ddt.unpack
    def test_an_error_of_glance_is_503(self, code, body, headers):
        self.api.stores = lambda request: request.answer(code, body, headers)
        self.assertRefused(503, ['the image service', 'Try again later.'],
                           {KEY: 'fast'})

    def test_glance_down_is_503_at_each_door(self):
        self.api.down()
        self.assertRefused(503, [
            'the image service (Glance) could not be asked for its stores'],
            {KEY: 'fast'})

    def test_glance_gone_since_the_list_was_remembered_is_503(self):
        # Cinder's own check asks again right after ours, and answers 500.
        self.assertEqual(200, self.create_type({KEY: 'fast'})[0])
        self.api.down()
        for door in self.doors()[:2]:
            self.assertAnswer(503, ['could not be asked'],
                              door({KEY: 'fast'}))

    def test_a_type_is_made_from_memory_when_glance_is_gone(self):
        self.assertEqual(200, self.create_type({KEY: 'fast'})[0])
        self.api.down()
        self.assertEqual(
            200, self.create_type({KEY: 'reliable'}, name='b')[0])

    def test_glance_slow_is_503_in_time(self):
        self.override_config('stores_timeout', 0.3, 'multistore')
        self.api.stores = lambda request: image_api.hang(self.api, request)
        started = time.monotonic()
        self.assertAnswer(503, ['did not say within 0.3 seconds'],
                          self.set_specs(self.gold, {KEY: 'fast'}))
        # Long before Glance gives up.
        self.assertLess(time.monotonic() - started, 60)

    def test_glance_that_drips_is_503_in_time(self):
        self.override_config('stores_timeout', 0.3, 'multistore')
        self.api.stores = lambda request: image_api.drip(self.api, request)
        started = time.monotonic()
        self.assertAnswer(503, ['did not say within 0.3 seconds'],
                          self.set_specs(self.gold, {KEY: 'fast'}))
        # Long before Glance gives up.
        self.assertLess(time.monotonic() - started, 60)

    def test_a_glance_with_one_store_is_400(self):
        self.api.stores = lambda request: request.answer(404, b'no')
        self.assertRefused(400, ['has only one image store'], {KEY: 'fast'})

    def test_glance_not_configured_is_503(self):
        self.override_config('glance_api_servers', None)
        self.assertRefused(503, ['no image service (Glance) is configured'],
                           {KEY: 'fast'})

    def test_a_catalog_without_the_endpoint_is_503(self):
        # get_api_servers() meets None where it takes a URL for granted.
        self.override_config('glance_api_servers', None)
        for user in (self.admin, self.member):
            user.service_catalog = [{'type': 'image', 'endpoints': [{}]}]
        self.assertRefused(503, ['is not configured as it should be'],
                           {KEY: 'fast'})

    def test_a_good_store_is_accepted_at_each_door(self):
        for door in self.doors():
            status, body = door({KEY: 'fast'})
            self.assertEqual(200, status, body)
        self.assertEqual({KEY: 'fast'}, self.specs(self.gold))
        self.assertEqual(
            {KEY: 'fast'},
            db.volume_type_get_by_name(self.admin, 'silver')['extra_specs'])

    def test_a_new_store_is_found_at_once(self):
        self.assertEqual(200, self.create_type({KEY: 'fast'})[0])
        self.api.stores['stores'].append({'id': 'new'})
        self.assertEqual(200, self.create_type({KEY: 'new'}, name='b')[0])

    def test_other_specs_are_not_ours(self):
        self.api.down()
        specs = {'volume_backend_name': 'lvm', 'quality': '',
                 'hpe3par:cpg': 'x', 'capabilities:a': '<is> True'}
        self.assertEqual(200, self.set_specs(self.gold, specs)[0])
        self.assertEqual(200, self.create_type(specs)[0])
        self.assertEqual(0, self.stores_asked())

    def test_a_hundred_types_at_once_ask_glance_once(self):
        def slow(request):
            time.sleep(0.5)
            request.answer(200, {'stores': [{'id': 'fast'}]})

        self.api.stores = slow
        # The database in memory has one connection; what is looked at here
        # comes before it.
        with mock.patch('cinder.volume.volume_types.create',
                        side_effect=ValueError), \
                concurrent.futures.ThreadPoolExecutor(100) as pool:
            app = self.app()
            list(pool.map(
                lambda n: self.create_type({KEY: 'fast'}, f't{n}', app=app),
                range(100)))
        self.assertEqual(1, self.stores_asked())

    def test_one_server_that_hangs_does_not_use_up_the_time(self):
        self.override_config('stores_timeout', 8.0, 'multistore')
        self.patch('cinder.image.glance.random.shuffle')
        other = self.useFixture(image_api.ImageApi())
        other.overrides.append(('GET .*', image_api.hang))
        self.override_config('glance_api_servers',
                             [other.url, other.url, self.api.url])

        def slow(request):
            time.sleep(0.5)
            request.answer(200, {'stores': [{'id': 'fast'}]})

        self.api.stores = slow
        self.assertEqual(200, self.create_type({KEY: 'fast'})[0])
        self.assertEqual(1, len(other.requests))

    def test_whoever_comes_first_shares_one_memory(self):
        def build(*args):
            time.sleep(0.1)
            return object()

        with mock.patch.object(discovery.stores, 'StoresDirectory', build), \
                concurrent.futures.ThreadPoolExecutor(20) as pool:
            found = [pool.submit(discovery._directory) for _ in range(20)]
            self.assertEqual(1, len({future.result() for future in found}))


@ddt.ddt
class TestWhoMay(DoorsTestCase):

    def test_a_member_gets_cinders_own_403_and_glance_is_not_asked(self):
        for specs in ({KEY: 'fast'}, {KEY: 'nosuch'}, {'image_service:x': ''}):
            for door in self.doors():
                self.assertAnswer(403, ["Policy doesn't allow"],
                                  door(specs, user=self.member))
        self.assertEqual([], self.api.requests)

    def test_an_unknown_type_gets_cinders_own_404(self):
        unknown = mock.Mock(id=fake_constants.WILL_NOT_BE_FOUND_ID)
        for specs in ({KEY: 'fast'}, {KEY: 'nosuch'}):
            self.assertAnswer(404, ['could not be found'],
                              self.set_specs(unknown, specs))
            self.assertAnswer(404, ['could not be found'],
                              self.put_spec(unknown, KEY, specs[KEY]))
        self.assertEqual([], self.api.requests)

    @ddt.data(
        None, b'', b'{', b'[]', b'null', b'7', b'"x"', b'{}', b'\xff',
        b'{"extra_specs": null}', b'{"extra_specs": []}',
        b'{"extra_specs": 7}', b'{"extra_specs": {"": ""}}',
        b'{"extra_specs": {"image_service:store_id": {"a": []}}}',
        b'{"volume_type": null}', b'{"volume_type": []}',
        b'{"volume_type": {"name": "x", "extra_specs": []}}',
        b'{"volume_type": {"name": "x", "extra_specs": null}}',
        b'{"volume_type": {"name": 7, "extra_specs": {}}}',
        b'{"volume_type": {"extra_specs": {"image_service:store_id": 1}}}',
        b'{"os-volume_upload_image": null}', b'{"os-volume_upload_image": []}',
        b'{"os-volume_upload_image": 7}', b'{"os-volume_upload_image": {}}',
        b'{"os-volume_upload_image": {"image_name": 7}}',
        b'{"os-volume_upload_image": {"image_name": "x", "force": "maybe"}}',
        b'{"os-volume_upload_image": {"image_name": "x", "force": [1]}}',
        b'{"os-volume_upload_image": {"image_name": "x", '
        b'"container_format": ["compressed"]}}',
        b'{"image_service:store_id": 7}')
    def test_a_malformed_body_is_refused_and_never_a_500(self, raw):
        volume = self.volume()
        paths = (
            ('POST', '/types'),
            ('POST', f'/types/{self.gold.id}/extra_specs'),
            ('PUT', f'/types/{self.gold.id}/extra_specs/{KEY}'),
            ('POST', f'/volumes/{volume.id}/action'))
        for method, path in paths:
            status, body = self.request(method, path, raw=raw)
            self.assertIn(status, (400, 404), (path, body))
        self.assertEqual('available', self.status(volume))


@ddt.ddt
class TestUpload(base.ApiTestCase):

    def setUp(self):
        super().setUp()
        self.cast = self.patch(
            'cinder.volume.rpcapi.VolumeAPI.copy_volume_to_image')

    def assertNothingMade(self, volume, status='available'):
        self.assertEqual(status, self.status(volume))
        self.assertEqual({}, self.api.images)
        self.cast.assert_not_called()

    def test_a_good_upload_goes_its_way(self):
        volume = self.volume()
        status, body = self.upload(volume)
        self.assertEqual(202, status, body)
        image_id, = self.api.images
        self.assertEqual(image_id,
                         body['os-volume_upload_image']['image_id'])
        self.assertEqual('uploading', self.status(volume))
        self.cast.assert_called_once()

    @ddt.data(404, 200)
    def test_a_type_without_the_spec_needs_a_glance_not_its_stores(
            self, status):
        # One store only (404), or a list that is none.
        self.api.stores = lambda request: request.answer(status, b'{}')
        self.assertEqual(202, self.upload(self.volume(store=None))[0])

    def test_without_glance_no_upload_begins_whatever_the_type(self):
        self.api.down()
        for store in (None, 'fast'):
            volume = self.volume(store=store)
            self.assertAnswer(503, ['(Glance)', 'Try again later.'],
                              self.upload(volume))
            self.assertNothingMade(volume)

    def test_an_upload_does_not_trust_what_is_remembered(self):
        self.assertEqual(202, self.upload(self.volume(store='fast'))[0])
        self.api.down()
        self.assertEqual(503, self.upload(self.volume(store='fast'))[0])

    @ddt.data(('nosuch', "there is no image store 'nosuch'"),
              ('web', "the image store 'web' is read-only"),
              ('', 'empty'))
    @ddt.unpack
    def test_a_store_that_is_gone_by_now_is_refused(self, store, text):
        volume = self.volume(store=store)
        self.assertAnswer(400, [
            "The volume's type 'of ", 'cannot be used to upload', text,
            'Allowed: fast, reliable (default)'], self.upload(volume))
        self.assertNothingMade(volume)

    def test_a_store_that_is_unavailable_by_now_is_refused(self):
        self.api.stores['stores'][1]['status'] = 'unavailable'
        volume = self.volume()
        self.assertAnswer(400, ['is unavailable'], self.upload(volume))
        self.assertNothingMade(volume)

    def test_glance_down_is_503(self):
        self.api.down()
        volume = self.volume()
        self.assertAnswer(503, ['could not be asked', 'Try again later.'],
                          self.upload(volume))
        self.assertNothingMade(volume)

    @ddt.data('in-use', 'creating', 'uploading', 'error', 'deleting')
    def test_a_busy_volume_is_refused_before_glance_is_asked(self, status):
        volume = self.volume(status=status)
        self.assertAnswer(
            400, [f'Volume {volume.id} status must be available'],
            self.upload(volume))
        self.assertNothingMade(volume, status)
        self.assertEqual([], self.api.requests)

    @ddt.data(True, 'true', 'True', '1')
    def test_force_uploads_a_volume_in_use_where_that_is_allowed(self, force):
        volume = self.volume(status='in-use')
        self.override_config('enable_force_upload', True)
        self.assertEqual(202, self.upload(volume, force=force)[0])

    def test_force_is_ignored_where_it_is_not_allowed(self):
        volume = self.volume(status='in-use')
        self.assertAnswer(400, ['status must be available'],
                          self.upload(volume, force=True))
        self.assertNothingMade(volume, 'in-use')

    @ddt.data('uploading', 'error')
    def test_the_key_of_a_busy_encrypted_volume_is_not_cloned(self, status):
        clone = self.patch('cinder.volume.volume_utils.clone_encryption_key',
                           return_value=fake_constants.ENCRYPTION_KEY2_ID)
        volume = self.volume(
            status=status, encryption_key_id=fake_constants.ENCRYPTION_KEY_ID)
        self.assertEqual(400, self.upload(volume)[0])
        clone.assert_not_called()

        # The same without us: cloned first, and the clone never deleted.
        self.override_config('osapi_volume_extension',
                             list(self.EXTENSIONS[:1]))
        self._router = None
        self.assertEqual(400, self.upload(volume)[0])
        clone.assert_called_once()
        defects.record(
            'unit', 'C11', f'upload of an encrypted volume that is {status}',
            '400, and a clone of its key is left', '400, no key is cloned')

    def test_the_key_of_an_encrypted_volume_is_cloned(self):
        clone = self.patch('cinder.volume.volume_utils.clone_encryption_key',
                           return_value=fake_constants.ENCRYPTION_KEY2_ID)
        volume = self.volume(
            encryption_key_id=fake_constants.ENCRYPTION_KEY_ID)
        self.assertEqual(202, self.upload(volume)[0])
        clone.assert_called_once()

    def test_a_compressed_upload_that_is_not_allowed_leaves_no_image(self):
        self.override_config('allow_compression_on_image_upload', False)
        volume = self.volume()
        answer = self.upload(volume, container_format='compressed')
        self.assertAnswer(400, ['compress'], answer)
        self.assertNothingMade(volume)

    def test_a_compressed_upload_that_is_allowed_goes_its_way(self):
        self.override_config('allow_compression_on_image_upload', True)
        self.assertEqual(202, self.upload(
            self.volume(), container_format='compressed')[0])

    def test_the_parameters_of_3_1_go_through(self):
        status, body = self.upload(self.volume(), version='3.1',
                                   visibility='shared', protected='true')
        self.assertEqual(202, status, body)
        image, = self.api.images.values()
        self.assertEqual(('shared', True),
                         (image['visibility'], image['protected']))

    def test_who_may_not_upload_gets_cinders_own_403(self):
        volume = self.volume(store='nosuch')
        self.patch('cinder.volume.api.API.get', return_value=volume)
        policy = self.patch('cinder.context.RequestContext.authorize')

        def authorize(action, *args, fatal=True, **kwargs):
            if 'upload_image' not in action:
                return True
            if fatal:
                raise exception.PolicyNotAuthorized(action=action)
            return False
        policy.side_effect = authorize
        self.assertAnswer(403, ["Policy doesn't allow"], self.upload(volume))
        self.assertEqual([], self.api.requests)

    def test_a_volume_of_another_project_gets_cinders_own_404(self):
        volume = self.volume(store='nosuch')
        self.member.project_id = volume.project_id
        other = self.volume(store='nosuch')
        other.project_id = fake_constants.PROJECT2_ID
        other.save()
        self.assertAnswer(404, ['could not be found'],
                          self.upload(other, user=self.member))
        self.assertEqual([], self.api.requests)

    def test_an_unknown_volume_gets_cinders_own_404(self):
        unknown = mock.Mock(id=fake_constants.WILL_NOT_BE_FOUND_ID)
        self.assertAnswer(404, ['could not be found'], self.upload(unknown))
        self.assertEqual([], self.api.requests)

    def test_a_member_uploads_own_volumes(self):
        self.assertEqual(202, self.upload(self.volume(),
                                          user=self.member)[0])


class TestServers(base.TestCase):

    def test_each_server_is_found_once_however_often_it_is_listed(self):
        self.override_config('glance_api_servers', [
            'http://a:1', 'http://a:1', 'https://b:2/image', 'c:3'])
        self.assertEqual(
            {('a:1', False), ('b:2/image', True), ('c:3', False)},
            set(glance_client.servers(self.admin)))
        self.assertEqual(3, len(glance_client.servers(self.admin)))

    def test_noauth_over_https_checks_certificates(self):
        # glanceclient takes cacert=None for "do not verify".
        client = glance_client.client(self.admin, ('a:1', True))
        self.assertIs(True, client.http_client.session.verify)
        self.override_config('glance_ca_certificates_file', '/ca')
        client = glance_client.client(self.admin, ('a:1', True))
        self.assertEqual('/ca', client.http_client.session.verify)
        self.override_config('glance_api_insecure', True)
        client = glance_client.client(self.admin, ('a:1', True))
        self.assertIs(False, client.http_client.session.verify)

    def test_a_time_out_of_its_own_or_cinders(self):
        self.override_config('glance_request_timeout', 33)
        for strategy in ('noauth', 'keystone'):
            self.override_config('auth_strategy', strategy)
            for asked, expected in ((None, 33), (2.5, 2.5)):
                http = glance_client.client(
                    self.admin, ('a:1', False), asked).http_client
                self.assertEqual(expected, getattr(
                    http, 'timeout', None) or http.session.timeout)

    def test_a_cinder_without_a_glance_section_is_served(self):
        # Cinder 2024.1 to 2025.1 has none.
        with mock.patch.object(glance_client, 'CONF',
                               mock.Mock(spec=['auth_strategy'],
                                         auth_strategy='keystone')):
            self.assertFalse(glance_client.has_service_credentials())

    @unittest.skipUnless(hasattr(glance, 'GLANCE_GROUP'),
                         'Cinder before 2025.2 has no service user for Glance')
    def test_the_service_finds_glance_in_its_own_catalog(self):
        self.override_config('auth_strategy', 'keystone')
        self.override_config('glance_api_servers', None)
        self.assertEqual([], glance_client.servers(self.admin, True))
        self.override_config('auth_type', 'none', 'glance')
        with mock.patch.object(
                glance_client, '_own_auth',
                return_value=noauth.NoAuth(endpoint='https://g:1/image')):
            self.assertEqual([('g:1/image', True)],
                             glance_client.servers(self.admin, True))
            self.assertEqual([], glance_client.servers(self.admin))
