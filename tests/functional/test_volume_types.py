"""All that a volume type says, and a store that has another name by now."""

import copy

from cinder_glance_multistore.sandbox import layout
from tests.functional import base
from tests.functional import cloud

TRUE = '<is> True'


class TestExtraSpecs(base.TestCase):

    def _put(self, which, key, value):
        volume_type = which.volume_type(cacheable=TRUE)
        return volume_type, which.session.put(
            f'{which.url}/types/{volume_type.id}/extra_specs/{key}',
            json={key: value}, raise_exc=False)

    def test_one_key_against_those_that_are_stored(self):
        volume_type, answer = self._put(self.upstream, 'multiattach', TRUE)
        self.assertEqual(200, answer.status_code)
        self.assertEqual({'cacheable': TRUE, 'multiattach': TRUE},
                         volume_type.get_keys())
        volume_type, answer = self._put(self.ours, 'multiattach', TRUE)
        self.assertEqual(400, answer.status_code)
        self.assertIn('cannot be set together with cacheable', answer.text)
        self.assertEqual({'cacheable': TRUE}, volume_type.get_keys())

    def test_typos_of_any_vendor(self):
        specs = {'netapp:space_alocation': TRUE, 'multiatach': TRUE,
                 'vmware:vmdk_type': 'thn'}
        self.upstream.volume_type(**specs)
        code, message = self.ours.refused(
            self.ours.volume_type().set_keys, specs)
        self.assertEqual(400, code)
        for meant in ('netapp:space_allocation', 'multiattach', 'thin'):
            self.assertIn(f"Did you mean '{meant}'?", message)


class TestStoreThatHasAnotherName(base.TestCase):

    def test_a_type_in_use_is_not_stranded(self):
        told = {}
        for which in (self.ours, self.upstream):
            volume_type = which.volume_type('cheap')
            told[which] = volume_type, which.volume(volume_type)
            code, message = which.refused(volume_type.set_keys,
                                          {cloud.STORE_KEY: 'fast'})
            self.assertEqual(400, code)
            self.assertIn('in use', message)
        options = self.sandbox.options
        self.addCleanup(self.restart, 'cinder')
        self.addCleanup(options.update, cinder=copy.deepcopy(
            options['cinder']))
        options['cinder']['multistore']['store_aliases'] = \
            'older:cheap,cheap:fast'
        options['cinder']['multistore_store_fast'] = {
            'properties': 'hw_disk_bus:scsi,os_type:linux',
            'visibility': 'shared', 'disk_format': 'qcow2'}
        self.restart('cinder')
        volume_type, volume = told[self.ours]
        image_id = self.ours.uploaded(volume)
        self.assert_whole(self.ours, volume, image_id, 'fast')
        self.assertEqual(
            ('scsi', 'linux', 'private', 'raw'),
            tuple(self.ours.image(image_id)[name] for name in (
                'hw_disk_bus', 'os_type', 'visibility', 'disk_format')))
        self.assertEqual({cloud.STORE_KEY: 'cheap'}, volume_type.get_keys())
        _, volume = told[self.upstream]
        image_id = self.upstream.uploaded(volume)
        self.assertEqual(['cheap'], self.upstream.stores_with(image_id))
        self.record('C10', 'a store that has another name by now',
                    'types in use say the old one for good',
                    'store_aliases leads to the new one')

        # What the request leaves out.
        image_id = self._upload_of_few_words(told[self.ours][1])
        self.ours.wait_for_volume(told[self.ours][1], 'available')
        image = self.ours.image(image_id)
        self.assertEqual(('active', 'qcow2', 'shared', 'fast'), (
            image.status, image.disk_format, image.visibility, image.stores))

        # A new type is stored with the new name.
        self.assertEqual('fast', self.ours.volume_type('older').get_keys()[
            cloud.STORE_KEY])

    def _upload_of_few_words(self, volume):
        answer = self.ours.session.post(
            f'{self.ours.url}/volumes/{volume.id}/action',
            headers={'OpenStack-API-Version': 'volume 3.70'},
            json={'os-volume_upload_image': {'image_name': 'x'}})
        image_id = answer.json()['os-volume_upload_image']['image_id']
        self.addCleanup(self.ours.glance.images.delete, image_id)
        return image_id


class TestBackends(base.TestCase):

    def test_a_vendors_keys_against_the_back_end(self):
        options = self.sandbox.options['cinder']
        self.addCleanup(self.restart, 'cinder')
        self.addCleanup(options.update, multistore=dict(
            options['multistore']))
        options['multistore']['check_backends'] = 'true'
        # Silence would be let through; this machine may be busy.
        options['multistore']['backends_timeout'] = '60'
        self.restart('cinder')
        name = {'volume_backend_name': layout.BACKEND}
        volume_type = self.ours.volume_type(**name)
        for specs, meant in (({'sandbox:tier': 'glod'}, 'gold'),
                             ({'sandbox:teir': 'gold'}, 'sandbox:tier')):
            code, message = self.ours.refused(volume_type.set_keys, specs)
            self.assertEqual(400, code)
            self.assertIn(f"Did you mean '{meant}'?", message)
        volume_type.set_keys({'sandbox:tier': 'gold', 'sandbox:copies': '3'})
        self.ours.volume(volume_type, mib=None)
        # No live back end has this name: nobody knows.
        self.ours.volume_type(volume_backend_name='x',
                              **{'sandbox:tier': 'glod'})


class TestRetype(base.TestCase):

    def test_to_another_store_moves_nothing(self):
        for which, ends in ((self.upstream, 'fast'), (self.ours, 'cheap')):
            volume = which.volume(which.volume_type('fast'), mib=1)
            cheap = which.volume_type('cheap')
            which.cinder.volumes.retype(volume, cheap.name, 'never')
            cloud.wait_until(lambda v=volume, w=which: w.status(v) ==
                             'available', 'the retype to end')
            found = which.cinder.volumes.get(volume.id)
            self.assertEqual(
                ends, which.cinder.volume_types.find(
                    name=found.volume_type).get_keys()[cloud.STORE_KEY])
        self.record('C12', 'a retype from store to store',
                    'refused: it needs a migration', 'done, nothing moved')
