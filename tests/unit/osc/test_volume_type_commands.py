"""The commands against each answer a cloud can give.

openstacksdk is real, the transport below it is not.
"""

import io
import json
import types

import ddt
from keystoneauth1 import session as ks_session
from keystoneauth1 import token_endpoint
import openstack
from osc_lib import exceptions
import requests
import testtools

from cinder_glance_multistore.osc import cloud
from cinder_glance_multistore.osc import volume_type_store
from cinder_glance_multistore.osc import volume_type_validate

URL = 'http://cloud.example'
KEY = cloud.STORE_KEY


def _versions(version, path):
    return {'versions': [{
        'id': version, 'status': 'CURRENT',
        'links': [{'rel': 'self', 'href': URL + path}]}]}


ANSWERS = {
    '/volume': _versions('v3.0', '/volume'),
    '/image': _versions('v2.9', '/image'),
    '/volume/types': {'volume_types': [
        {'id': '1', 'name': 'gold', 'extra_specs': {KEY: 'fast'}},
        {'id': '2', 'name': 'old', 'extra_specs': {KEY: 'old'}},
        {'id': '3', 'name': 'ill', 'extra_specs': {
            KEY: 'vc', 'multiattach': 'true', 'a\x1b[31m': 'b\x1b[31m'}},
        {'id': '4', 'name': 'lost', 'extra_specs': {KEY: 'nosuch'}},
        {'id': '5', 'name': 'plain', 'extra_specs': {}}]},
    '/volume/types/1': {'volume_type': {
        'id': '1', 'name': 'gold', 'extra_specs': {KEY: 'fast'}}},
    '/volume/cinder-glance-multistore': {'multistore': {
        'extra_specs_mode': 'standard', 'store_aliases': {'old': 'fast'}}},
    '/volume/os-availability-zone': {'availabilityZoneInfo': []},
    '/image/info/stores': {'stores': [
        {'id': 'fast'}, {'id': 'reliable', 'default': 'true'},
        {'id': 'vc', 'status': 'unavailable', 'reason': 'no answer'},
        {'id': 'web', 'read-only': 'true'}]},
}


class _Transport(requests.adapters.BaseAdapter):
    """Answers from a dictionary: a body, or (status, body)."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers
        self.asked = []

    def send(self, request, **kwargs):
        path = request.path_url.partition('?')[0]
        self.asked.append((request.method, path, request.body))
        answer = self.answers.get((request.method, path),
                                  self.answers.get(path, (404, {})))
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        response = requests.Response()
        response.status_code = status
        response.request, response.url = request, request.url
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        response.headers['Content-Type'] = 'application/json'
        response.raw = io.BytesIO(raw)
        return response

    def close(self):
        pass


class CommandTestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.transport = _Transport(dict(ANSWERS))
        http = requests.Session()
        http.mount('http://', self.transport)
        session = ks_session.Session(
            auth=token_endpoint.Token(URL, 'token'), session=http)
        connection = openstack.connection.Connection(
            session=session,
            block_storage_endpoint_override=f'{URL}/volume',
            image_endpoint_override=f'{URL}/image')
        self.app = types.SimpleNamespace(
            client_manager=types.SimpleNamespace(
                multistore=cloud.Cloud(connection)))

    def run_command(self, kind, *words):
        command = kind(self.app, None)
        return command.take_action(
            command.get_parser('test').parse_args(words))

    def fails(self, kind, *words):
        return str(self.assertRaises(exceptions.CommandError,
                                     self.run_command, kind, *words))


@ddt.ddt
class TestStores(CommandTestCase):

    def rows(self, *words):
        _, rows = self.run_command(volume_type_store.ListVolumeTypeStore,
                                   *words)
        return {row[0]: row[1:] for row in rows}

    def test_each_type_has_a_store_a_reason_and_a_state(self):
        self.assertEqual({
            'gold': ('fast', 'extra spec', 'available'),
            'ill': ('vc', 'extra spec', 'unavailable (no answer)'),
            'lost': ('nosuch', 'extra spec', 'missing'),
            'old': ('fast', "alias 'old'", 'available'),
            'plain': ('reliable', 'default store', 'available'),
        }, self.rows())
        self.assertEqual(['gold', 'old'], sorted(self.rows(
            '--store', 'fast')))

    @ddt.data(
        ('/volume/cinder-glance-multistore', (403, {}), 'read_sensitive'),
        ('/volume/cinder-glance-multistore', b'{}', 'nonsense'),
        ('/volume/cinder-glance-multistore', b'nonsense', 'nonsense'),
        ('/image/info/stores', (404, {}), 'one image store only'),
        ('/image/info/stores', (500, b'oh'), "Glance's stores"),
        ('/image/info/stores', (200, b'[]'), 'could not be read'),
        ('/image/info/stores', (200, b'<html>'), 'could not be read'),
        ('/image/info/stores', requests.ConnectionError('gone'),
         "Glance's stores could not be read"),
        ('/volume/types', (500, b'{}'), 'The volume types'))
    @ddt.unpack
    def test_a_cloud_that_does_not_answer_is_a_sentence(self, path, answer,
                                                        text):
        self.transport.answers[path] = answer
        self.assertIn(text, self.fails(
            volume_type_store.ListVolumeTypeStore))

    def test_a_store_that_will_not_do_is_not_sent(self):
        for store in ('vc', 'web', 'nosuch', '', 'x' * 256):
            self.fails(volume_type_store.SetVolumeTypeStore, 'gold', store)
        self.assertEqual({'GET'}, {
            method for method, _, _ in self.transport.asked})

    def test_cinders_refusal_is_told_with_what_to_do(self):
        self.transport.answers['POST', '/volume/types/1/extra_specs'] = (
            400, {'badRequest': {'code': 400,
                                 'message': 'Volume Type is currently in '
                                            'use.'}})
        message = self.fails(volume_type_store.SetVolumeTypeStore, 'gold',
                             'old')
        self.assertIn('currently in use', message)
        self.assertIn('[multistore] store_aliases', message)
        body = self.transport.asked[-1][2]
        self.assertEqual({'extra_specs': {KEY: 'fast'}}, json.loads(body))


class TestValidate(CommandTestCase):

    def test_the_status_is_1_when_something_is_wrong(self):
        columns, rows = self.run_command(
            volume_type_validate.ValidateVolumeType)
        self.assertEqual(
            [('ill', KEY, 'unavailable-store'),
             ('ill', 'multiattach', 'wrong-value'),
             ('ill', 'a\\x1b[31m', 'foreign-key'),
             ('lost', KEY, 'unknown-store')],
            [(row[0], row[1], row[4]) for row in rows])
        self.assertNotIn('\x1b', str(rows))

    def test_an_alias_is_no_mistake(self):
        command = volume_type_validate.ValidateVolumeType(self.app, None)
        self.transport.answers['/volume/types'] = {
            'volume_types': ANSWERS['/volume/types']['volume_types'][:2]}
        _, rows = command.take_action(
            command.get_parser('test').parse_args([]))
        self.assertEqual([], rows)
        self.assertFalse(command._refused)
