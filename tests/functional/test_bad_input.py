"""What bad input gets, at each door, and what it leaves behind."""

import ddt

from cinder_glance_multistore.sandbox import proxy
from tests.functional import base
from tests.functional import cloud

STORES = r'/v2/info/stores$'
BAD = (
    ({cloud.STORE_KEY: 'fsat'}, "Did you mean 'fast'?"),
    ({cloud.STORE_KEY: 'FAST'}, "Did you mean 'fast'?"),
    ({cloud.STORE_KEY: 'fast '}, "Did you mean 'fast'?"),
    ({cloud.STORE_KEY: 'nosuch'}, 'Allowed: cheap, fast'),
    ({cloud.STORE_KEY: ''}, 'empty'),
    ({cloud.STORE_KEY: '   '}, 'blank'),
    ({cloud.STORE_KEY: 'web'}, 'read-only'),
    ({cloud.STORE_KEY: 'os_glance_staging_store'}, 'Allowed: cheap'),
    ({'image_service:storeid': 'fast'},
     "Did you mean 'image_service:store_id'?"),
    ({'image_service:': 'fast'}, 'image_service:store_id'),
)


@ddt.ddt
class TestStoreThatWillNotDo(base.TestCase):

    def _post(self, body):
        return self.ours.session.post(f'{self.ours.url}/types', json=body,
                                      raise_exc=False)

    def _assert_refused(self, answer, text):
        self.assertEqual(400, answer.status_code, answer.text)
        self.assertIn(text, answer.json()['badRequest']['message'])

    @ddt.data(*BAD)
    @ddt.unpack
    def test_type_key_says_what_is_allowed(self, specs, text):
        volume_type = self.ours.volume_type()
        code, message = self.ours.refused(volume_type.set_keys, specs)
        self.assertEqual(400, code, message)
        self.assertIn(text, message)
        self.assertEqual({}, volume_type.get_keys())

    @ddt.data(*BAD)
    @ddt.unpack
    def test_making_a_type_says_what_is_allowed(self, specs, text):
        self._assert_refused(self._post(
            {'volume_type': {'name': 'never', 'extra_specs': specs}}), text)
        self.assertNotIn('never', [
            each.name for each in self.ours.cinder.volume_types.list()])

    @ddt.data(*BAD)
    @ddt.unpack
    def test_setting_one_key_says_what_is_allowed(self, specs, text):
        volume_type = self.ours.volume_type('fast')
        (key, _), = specs.items()
        self._assert_refused(self.ours.session.put(
            f'{self.ours.url}/types/{volume_type.id}/extra_specs/{key}',
            json=specs, raise_exc=False), text)
        self.assertEqual({cloud.STORE_KEY: 'fast'}, volume_type.get_keys())

    def test_a_value_that_is_too_long_is_refused(self):
        volume_type = self.ours.volume_type()
        code, message = self.ours.refused(
            volume_type.set_keys, {cloud.STORE_KEY: 'x' * 256})
        self.assertEqual(400, code)
        self.assertIn('255', message)

    def test_keys_of_others_are_none_of_our_business(self):
        volume_type = self.ours.volume_type(**{'vendor': 'x', 'v:key': 'y'})
        self.assertEqual({'vendor': 'x', 'v:key': 'y'},
                         volume_type.get_keys())

    @ddt.data([], 'text', {'volume_type': []},
              {'volume_type': {'name': 'x', 'extra_specs': ['image_service']}},
              {'volume_type': {'name': 'x', 'extra_specs': {
                  cloud.STORE_KEY: {'a': 1}}}})
    def test_a_body_that_makes_no_sense_is_400(self, body):
        answer = self._post(body)
        self.assertEqual(400, answer.status_code, answer.text)


class TestGlanceThatCannotBeAsked(base.TestCase):

    def assert_503(self, answer):
        code, message = answer
        self.assertEqual(503, code, message)
        self.assertIn('Glance', message)
        self.assertNotIn('Traceback', message)

    def test_glance_down_at_type_key_is_503(self):
        volume_type = self.ours.volume_type()
        self.sandbox.kill('glance')
        self.assert_503(self.ours.refused(
            volume_type.set_keys, {cloud.STORE_KEY: 'fast'}))
        self.assertEqual({}, volume_type.get_keys())

    def test_glance_down_at_an_upload_is_503(self):
        volume = self.ours.volume(self.ours.volume_type('fast'))
        self.sandbox.kill('glance')
        self.assert_503(self.ours.refused(self.ours.upload, volume))
        self.assertEqual('available', self.ours.status(volume))

    def test_glance_that_hangs_at_type_key_is_503(self):
        volume_type = self.ours.volume_type()
        self.proxy(self.ours).fail(
            proxy.Fault('GET', STORES, 'hang', times=None))
        self.assert_503(self.ours.refused(
            volume_type.set_keys, {cloud.STORE_KEY: 'fast'}))

    def test_a_key_that_needs_no_glance_needs_no_glance(self):
        volume_type = self.ours.volume_type()
        self.sandbox.kill('glance')
        volume_type.set_keys({'vendor': 'x'})
        code, _ = self.ours.refused(
            volume_type.set_keys, {'image_service:storeid': 'fast'})
        self.assertEqual(400, code)


class TestUploadThatMayNotBegin(base.TestCase):

    def _images(self):
        return len(list(self.ours.glance.images.list()))

    def test_a_store_that_has_gone_is_refused_before_anything_is_made(self):
        volume = self.ours.volume(self.ours.volume_type('cheap'))
        self.sandbox.options['glance']['DEFAULT'] = {
            'enabled_backends': 'fast:multidir,reliable:file,web:http'}
        self.addCleanup(self.restart, 'glance')
        self.addCleanup(self.sandbox.options['glance'].pop, 'DEFAULT')
        self.restart('glance')
        before = self._images()
        code, message = self.ours.refused(self.ours.upload, volume)
        self.assertEqual(400, code, message)
        self.assertIn("there is no image store 'cheap'", message)
        self.assertIn('fast', message)
        self.assertEqual('available', self.ours.status(volume))
        self.assertEqual(before, self._images())

    def test_a_busy_volume_is_refused_before_anything_is_made(self):
        volume = self.ours.volume(self.ours.volume_type('fast'))
        before = self._images()
        self.ours.cinder.volumes.reset_state(volume, 'maintenance')
        code, message = self.ours.refused(self.ours.upload, volume)
        self.assertEqual(400, code)
        self.assertIn('status must be available', message)
        self.assertEqual(before, self._images())

    def test_a_volume_that_does_not_exist_is_404(self):
        answer = self.ours.session.post(
            f'{self.ours.url}/volumes/{"0" * 32}/action', raise_exc=False,
            json={'os-volume_upload_image': {'image_name': 'x'}})
        self.assertEqual(404, answer.status_code)

    def test_an_action_that_makes_no_sense_is_400(self):
        volume = self.ours.volume(self.ours.volume_type('fast'))
        for params in ([], 'text', {}, {'image_name': {'a': 1}},
                       {'image_name': 'x', 'force': {}}):
            answer = self.ours.session.post(
                f'{self.ours.url}/volumes/{volume.id}/action',
                raise_exc=False, json={'os-volume_upload_image': params})
            self.assertEqual(400, answer.status_code, params)
