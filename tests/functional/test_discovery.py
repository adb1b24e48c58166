"""What Glance says of its stores, and what it refuses to those drained."""

import io
import os
import urllib.error

import glanceclient

from tests.functional import base
from tests.functional import cloud

MIB = cloud.MIB


class _Base(base.TestCase):

    def setUp(self):
        super().setUp()
        self.glance = self.ours.glance

    def create(self, data=None, store_id=None):
        image = self.glance.images.create(
            name=f'image-{os.urandom(4).hex()}', disk_format='raw',
            container_format='bare')
        self.addCleanup(self._forget, image.id)
        if data is not None:
            self.glance.images.upload(image.id, io.BytesIO(data),
                                      backend=store_id)
        return image.id

    def _forget(self, image_id):
        if self.ours.image(image_id):
            self.glance.images.delete(image_id)

    def refused(self, call, *args, **kwargs):
        """Make a call that must fail; return (HTTP status, text)."""
        error = self.assertRaises(glanceclient.exc.HTTPException, call, *args,
                                  **kwargs)
        return error.code, str(error)


class TestDiscovery(_Base):

    def test_the_status_of_each_store_is_told(self):
        for name in ('cheap', 'fast', 'reliable'):
            self.wait_for_store(name, 'available')
        stores = self.stores()
        self.assertEqual(
            {'cheap': 'available', 'fast': 'available',
             'reliable': 'available', 'web': 'read-only'},
            {name: stores[name]['status']
             for name in ('cheap', 'fast', 'reliable', 'web')})
        self.assertEqual('true', stores['reliable']['default'])
        self.assertEqual([], [name for name in stores
                              if name.startswith('os_glance_')])

    def test_g7_details_of_every_type(self):
        # Each is looked at for the first time when Glance is first asked.
        cloud.wait_until(lambda: all(
            'places' in self.stores(detail=True)[name]
            for name in ('cheap', 'fast', 'reliable')), 'the first looks')
        ours = self.stores(detail=True)
        self.assertEqual(
            [str(path) for path in self.sandbox.store_directories('fast')],
            [place['name'] for place in ours['fast']['places']])
        for name in ('cheap', 'fast', 'reliable'):
            for place in ours[name]['places']:
                self.assertEqual('usable', place['state'])
                self.assertGreater(place['total'], place['free'])
        self.assertEqual(('multidir', 'file', 'http'), tuple(
            ours[name]['type'] for name in ('fast', 'reliable', 'web')))
        self.assertIn('data_dir', ours['reliable']['properties'])

        # Upstream's Glance, without the filter.
        configuration = self.sandbox.layout.config_dir('glance')
        text = (configuration / 'glance-api-paste.ini').read_text()
        plain = self.sandbox.layout.root / 'plain-paste.ini'
        plain.write_text(text.replace('context multistore', 'context'))
        self.addCleanup(plain.unlink)
        self.with_options({'paste_deploy': {'config_file': plain}})
        error = self.assertRaises(urllib.error.HTTPError, self.stores,
                                  detail=True)
        error.close()
        self.assertEqual(500, error.code)
        self.assertNotIn('status', self.stores()['fast'])
        # Cinder does with what plain Glance says.
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=1)
        self.assert_whole(self.ours, volume, self.ours.uploaded(volume),
                          'fast')
        code, text = self.ours.refused(
            self.ours.volume_type().set_keys, {cloud.STORE_KEY: 'web'})
        self.assertEqual(400, code, text)
        self.record('G7', '/v2/info/stores/detail with a store of a type '
                    'that Glance does not know', '500',
                    'type, weight and places of every store')


class TestDraining(_Base):

    def test_a_store_that_is_drained_takes_nothing_and_gives_everything(self):
        data = os.urandom(MIB)
        inside = self.create(data, 'cheap')
        outside = self.create(data, 'fast')
        self.with_options({'multistore_discovery': {
            'draining_stores': 'cheap'}})

        told = self.stores()['cheap']
        self.assertEqual(('draining', 'true'),
                         (told['status'], told['read-only']))
        self._cinder_refuses()
        self._glance_refuses(outside)

        self.assertEqual(data, b''.join(self.glance.images.data(inside)))
        self.glance.images.image_import(inside, 'copy-image',
                                        stores=['fast'])
        self.ours.wait_for_copy(inside, 'cheap', 'fast')
        self.glance.images.delete_from_store('cheap', inside)
        self.assertEqual(['fast'], self.ours.stores_with(inside))

    def _cinder_refuses(self):
        volume_type = self.ours.volume_type()
        code, text = self.ours.refused(
            volume_type.set_keys, {cloud.STORE_KEY: 'cheap'})
        self.assertEqual(400, code)
        self.assertIn('is being drained and takes no new images', text)
        # Plain Cinder knows read-only stores.
        code, text = self.upstream.refused(
            self.upstream.volume_type().set_keys,
            {cloud.STORE_KEY: 'cheap'})
        self.assertEqual(400, code)

    def _glance_refuses(self, outside):
        upload = self.glance.images.upload
        new = self.create()
        for call in (
                lambda: upload(new, io.BytesIO(b'bits'), backend='cheap'),
                lambda: self._import(new, stores=['cheap']),
                lambda: self._import(new, stores=['fast', 'cheap']),
                lambda: self._import(new, all_stores=True),
                lambda: self._import(new, backend='cheap'),
                lambda: self.glance.images.image_import(
                    outside, 'copy-image', stores=['cheap']),
                lambda: self.glance.images.image_import(
                    outside, 'copy-image', all_stores=True)):
            code, text = self.refused(call)
            self.assertEqual(409, code, text)
            self.assertIn("The store 'cheap' is being drained", text)
        self.assertEqual([], self.ours.stores_with(new))
        self._import(new, stores=['fast'])
        cloud.wait_until(lambda: self.ours.image(new).status == 'active',
                         'the import')

    def _import(self, image_id, **where):
        if self.ours.image(image_id).status == 'queued':
            self.glance.images.stage(image_id, io.BytesIO(b'bits'))
        self.glance.images.image_import(image_id, 'glance-direct', **where)

    def test_the_default_store_can_be_drained(self):
        self.with_options({'multistore_discovery': {
            'draining_stores': 'reliable'}})
        code, text = self.refused(self.glance.images.upload, self.create(),
                                  io.BytesIO(b'bits'))
        self.assertEqual(409, code)
        self.assertIn("The store 'reliable' is being drained", text)
        staged = self.create()
        code, text = self.refused(self._import, staged)
        self.assertEqual(409, code, text)
        # Bits that somebody else put there.
        home = self.sandbox.layout.store('reliable')
        code, text = self.refused(self.glance.images.add_image_location,
                                  self.create(), f'file://{home}/bits', {})
        self.assertEqual(409, code, text)
        self.assertIn("The store 'reliable' is being drained", text)
