"""A volume type sends its images to its store."""

import concurrent.futures
import gzip
from importlib import metadata
import json
import os
import subprocess

import ddt

from tests.functional import base
from tests.functional import cloud


def qemu_img(*args):
    return subprocess.run(['qemu-img', *args], check=True, text=True,
                          capture_output=True).stdout


@ddt.ddt
class TestMainJob(base.TestCase):

    @ddt.data('cheap', 'fast', 'reliable')
    def test_an_image_is_in_the_store_of_the_volumes_type(self, store_id):
        volume = self.ours.volume(self.ours.volume_type(store_id))
        image_id = self.ours.uploaded(volume)
        self.assert_whole(self.ours, volume, image_id, store_id)
        self.assertEqual([], self.ours.messages(volume))

    def test_a_whole_gibibyte_arrives(self):
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=1024)
        image_id = self.ours.uploaded(volume)
        self.assert_whole(self.ours, volume, image_id, 'fast')
        self.assertEqual(1024 ** 3, self.ours.image(image_id).size)

    def test_without_the_extra_spec_the_default_store_is_taken(self):
        volume = self.ours.volume(self.ours.volume_type())
        image_id = self.ours.uploaded(volume)
        self.assert_whole(self.ours, volume, image_id, 'reliable')

    def test_the_store_and_the_store_learn_the_size_first(self):
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=3)
        self.ours.uploaded(volume)
        (headers, size), = self.sent(self.ours)
        self.assertEqual(3 * cloud.MIB, size)
        self.assertEqual(str(size), headers['content-length'])
        self.assertEqual(str(size), headers['x-openstack-image-size'])
        self.assertEqual('fast', headers['x-image-meta-store'])
        self.assertNotIn('transfer-encoding', headers)

    def test_two_types_at_once_keep_to_their_stores(self):
        volumes = {store_id: self.ours.volume(
            self.ours.volume_type(store_id), mib=128)
            for store_id in ('cheap', 'fast')}
        images = {store_id: self.ours.upload(volume)
                  for store_id, volume in volumes.items()}
        for store_id, volume in volumes.items():
            self.ours.wait_for_volume(volume, 'available')
            self.assert_whole(self.ours, volume, images[store_id], store_id)

    def test_twenty_at_once_keep_to_their_stores(self):
        types = {store_id: self.ours.volume_type(store_id)
                 for store_id in ('cheap', 'fast', 'reliable')}
        stores = [sorted(types)[i % 3] for i in range(20)]
        volumes = [self.ours.volume(types[store_id], mib=16)
                   for store_id in stores]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            images = list(pool.map(self.ours.upload, volumes))
        for volume, store_id, image_id in zip(volumes, stores, images,
                                              strict=True):
            self.ours.wait_for_volume(volume, 'available')
            self.assert_whole(self.ours, volume, image_id, store_id)

    def test_a_type_may_lose_its_store_again(self):
        volume_type = self.ours.volume_type('fast')
        volume_type.unset_keys([cloud.STORE_KEY])
        volume = self.ours.volume(volume_type)
        self.assert_whole(self.ours, volume, self.ours.uploaded(volume),
                          'reliable')

    @ddt.data('qcow2', 'vmdk')
    def test_a_converted_image_is_in_the_store_too(self, disk_format):
        volume = self.ours.volume(self.ours.volume_type('fast'))
        image_id = self.ours.uploaded(volume, disk_format=disk_format)
        self.assertEqual(['fast'], self.ours.stores_with(image_id))
        self.assertEqual('active', self.ours.image(image_id).status)
        qemu_img('compare', '-f', 'raw', '-F', disk_format,
                 str(self.ours.file(volume)),
                 str(self.sandbox.image_file('fast', image_id)))

    def test_a_compressed_image_is_in_the_store_too(self):
        volume = self.ours.volume(self.ours.volume_type('cheap'))
        image_id = self.ours.uploaded(volume, container_format='compressed',
                                      disk_format='qcow2')
        path = self.sandbox.image_file('cheap', image_id)
        self.assertEqual(['cheap'], self.ours.stores_with(image_id))
        self.assertEqual('compressed',
                         self.ours.image(image_id).container_format)
        with gzip.open(path) as f:
            self.assertEqual(b'QFI\xfb', f.read(4))

    def test_an_attached_volume_is_uploaded_with_force(self):
        volume = self.ours.volume(self.ours.volume_type('fast'))
        self.ours.cinder.volumes.attach(volume.id, None, '/dev/vdb',
                                        mode='rw', host_name='nobody')
        self.ours.wait_for_volume(volume, 'in-use')
        self.assertEqual(400, self.ours.refused(
            self.ours.upload, volume)[0])
        image_id = self.ours.upload(volume, force=True)
        self.ours.wait_for_volume(volume, 'in-use')
        self.assert_whole(self.ours, volume, image_id, 'fast')

    def test_visibility_and_protection_are_kept(self):
        volume = self.ours.volume(self.ours.volume_type('fast'))
        image_id = self.ours.uploaded(volume, visibility='public',
                                      protected=True)
        image = self.ours.image(image_id)
        self.assertEqual('public', image.visibility)
        self.assertTrue(image.protected)
        self.assert_whole(self.ours, volume, image_id, 'fast')

    def test_the_commands_that_users_type_do_it(self):
        environment = dict(os.environ)
        for name, value in self.sandbox.client_environment().items():
            environment[name] = value
            if value is None:
                del environment[name]

        def run(*command):
            return subprocess.run(command, env=environment, check=True,
                                  text=True, capture_output=True,
                                  timeout=300).stdout

        name = f'gold-{os.urandom(4).hex()}'
        run('cinder', 'type-create', name)
        run('cinder', 'type-key', name, 'set', f'{cloud.STORE_KEY}=cheap')
        self.assertIn('cheap', run('cinder', 'extra-specs-list'))
        volume = self.ours.volume(
            self.ours.cinder.volume_types.find(name=name))
        run('cinder', 'upload-to-image', volume.id, name)
        self.ours.wait_for_volume(volume, 'available')
        image_id, = (image['ID'] for image in json.loads(
            run('openstack', 'image', 'list', '-f', 'json'))
            if image['Name'] == name)
        self.assert_whole(self.ours, volume, image_id, 'cheap')
        self.assertIn('fast', run('glance', 'stores-info'))
        # Before 2026.2 it asks no Cinder without Keystone.
        if int(metadata.version('python-openstackclient').split('.')[0]) > 9:
            self.assertIn(name, run('openstack', 'volume', 'type', 'list'))
