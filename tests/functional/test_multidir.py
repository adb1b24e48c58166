"""The ``multidir`` store in a real Glance."""

import concurrent.futures
import io
import json
import os
import subprocess
import sys

import glanceclient

from cinder_glance_multistore.sandbox import logs
from tests import needs
from tests.functional import base
from tests.functional import cloud

MIB = cloud.MIB


class _Base(base.TestCase):

    def setUp(self):
        super().setUp()
        self.glance = self.ours.glance

    def images_of(self, store_id):
        """Return the names in each of a store's directories."""
        return [set(os.listdir(path)) if path.is_dir() else set()
                for path in self.sandbox.store_directories(store_id)]

    def create(self):
        image = self.glance.images.create(
            name=f'image-{os.urandom(4).hex()}', disk_format='raw',
            container_format='bare')
        self.addCleanup(self._forget, image.id)
        return image.id

    def _forget(self, image_id):
        if self.ours.image(image_id):
            self.glance.images.delete(image_id)

    def store(self, data, store_id='fast'):
        """Store an image, its size said before; return its id."""
        image_id = self.create()
        self.glance.images.upload(image_id, io.BytesIO(data),
                                  image_size=len(data), backend=store_id)
        return image_id

    def download(self, image_id):
        return b''.join(self.glance.images.data(image_id))

    def directory_of(self, image_id, store_id='fast'):
        """Return the name of the one directory that holds an image's file.

        Whoever else is in the store, this image is once and whole.
        """
        path, = self.sandbox.image_files(store_id, image_id)
        self.assertEqual(image_id, path.name)
        return path.parent.name

    def choice(self, image_id):
        """Return what Glance's log says: (directory, policy, the rest)."""
        directory, why = logs.choice(self.sandbox.log('glance'), image_id)
        policy, _, order = why.removeprefix('by ').partition(': ')
        return directory, policy, order


class TestChoice(_Base):

    def test_the_higher_weight_takes_the_image_and_the_log_says_why(self):
        images = [self.store(os.urandom(MIB)) for _ in range(3)]
        for image_id in images:
            self.assertEqual('a', self.directory_of(image_id))
            directory, policy, order = self.choice(image_id)
            self.assertEqual(
                self.sandbox.image_file('fast', image_id).parent.as_posix(),
                directory)
            self.assertEqual('weight', policy)
            self.assertRegex(
                order, r'fast/a \(weight 200, .*fast/b \(weight 100, ')

    def test_directories_of_one_weight_share_the_images(self):
        images = [self.store(os.urandom(MIB), 'cheap') for _ in range(4)]
        taken = [self.directory_of(image_id, 'cheap') for image_id in images]
        self.assertEqual(['a', 'a', 'b', 'b'], sorted(taken))
        self.assertNotEqual(taken[0], taken[1])

    def test_a_full_directory_is_passed_over_in_favour_of_the_next(self):
        needs.skip_if(self.sandbox.small_refusal)
        # The file system of the store "small" has 16 MiB.
        full = self.sandbox.layout.store('small') / 'directory'
        other = self.sandbox.store_directories('fast')[1]
        self.with_options({'fast': {
            'multidir_directories': [f'{full}:200', f'{other}:100']}})
        seen = self.sandbox.store_path('small') / 'directory'
        self.addCleanup(seen.rmdir)
        small, large = self.store(b'small'), self.store(bytes(24 * MIB))
        self.assertEqual([small], os.listdir(seen))
        self.assertEqual(b'small', self.download(small))
        self.assertEqual('b', self.directory_of(large))
        directory, _, order = self.choice(large)
        self.assertEqual(str(other), directory)
        self.assertRegex(order, rf'left out: {full}: has [\d.]+ MiB')
        self.glance.images.delete(small)
        self.assertEqual([], os.listdir(seen))

    def test_a_directory_that_goes_and_comes_back(self):
        first = self.sandbox.store_directories('fast')[0]
        there = self.store(b'there')
        away = first.with_name('away')
        first.rename(away)
        self.addCleanup(lambda: away.exists() and away.rename(first))
        # Neither 204 nor 404: it is not lost.
        for ask in (self.download, self.glance.images.delete):
            error = self.assertRaises(glanceclient.exc.HTTPException, ask,
                                      there)
            self.assertEqual(503, error.code)
        meanwhile = self.store(b'meanwhile')
        self.assertEqual('b', self.directory_of(meanwhile))
        self.assertIn(f'left out: {first}: does not exist',
                      self.choice(meanwhile)[2])
        away.rename(first)
        later = self.store(b'later')
        self.assertEqual('a', self.directory_of(later))
        self.assertEqual(
            [b'there', b'meanwhile', b'later'],
            [self.download(image_id)
             for image_id in (there, meanwhile, later)])

    def test_no_directory_left_is_an_answer_and_not_the_end(self):
        directories = self.sandbox.store_directories('fast')
        for path in directories:
            path.rename(path.with_name(f'{path.name}-away'))
        image_id = self.create()
        try:
            error = self.assertRaises(
                glanceclient.exc.HTTPException, self.glance.images.upload,
                image_id, io.BytesIO(b'bits'), backend='fast')
            self.wait_for_store('fast', 'unavailable')
            self.assertIn('does not exist', self.stores()['fast']['reason'])
        finally:
            for path in directories:
                path.with_name(f'{path.name}-away').rename(path)
        self.wait_for_store('fast', 'available')
        self.assertEqual(503, error.code)
        self.assertEqual([], self.sandbox.image_files('fast', image_id))
        self.assertEqual('a', self.directory_of(self.store(b'bits')))


class TestImages(_Base):

    def test_what_is_downloaded_is_what_was_uploaded(self):
        data = os.urandom(5 * MIB + 7)
        image_id = self.store(data)
        self.assertEqual(data, self.download(image_id))
        self.assertEqual(data,
                         self.sandbox.image_file('fast', image_id)
                         .read_bytes())
        self.assertEqual(len(data), self.ours.image(image_id).size)

    def test_an_empty_image(self):
        image_id = self.store(b'')
        self.assertEqual(0, self.ours.image(image_id).size)
        self.assertEqual(b'', self.download(image_id))

    def test_a_deleted_image_leaves_nothing(self):
        before = self.images_of('fast')
        image_id = self.store(os.urandom(MIB))
        self.assertNotEqual(before, self.images_of('fast'))
        self.glance.images.delete(image_id)
        self.assertEqual(before, self.images_of('fast'))

    def test_uploads_at_once_do_not_meet(self):
        data = [os.urandom(8 * MIB) for _ in range(4)]
        stores = ['fast', 'cheap', 'fast', 'cheap']
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            images = list(pool.map(self.store, data, stores))
        for store_id, content, image_id in zip(stores, data, images,
                                               strict=True):
            self.directory_of(image_id, store_id)
            self.assertEqual([store_id], self.ours.stores_with(image_id))
            self.assertEqual(content, self.download(image_id))

    def test_volumes_of_both_types_at_once(self):
        volumes = {store_id: self.ours.volume(
            self.ours.volume_type(store_id), mib=16)
            for store_id in ('fast', 'cheap')}
        images = {store_id: self.ours.upload(volume)
                  for store_id, volume in volumes.items()}
        for store_id, volume in volumes.items():
            self.ours.wait_for_volume(volume, 'available')
            self.assert_whole(self.ours, volume, images[store_id], store_id)


class TestPlaces(_Base):
    """``multistore-places`` with the configuration of a real Glance."""

    def places(self, *words):
        config = self.sandbox.layout.config_dir('glance') / 'glance-api.conf'
        return json.loads(subprocess.run(
            [sys.executable, '-m', 'cinder_glance_multistore.cmd.places',
             '--json', '--config-file', str(config), *words], check=True,
            capture_output=True, timeout=300).stdout)

    def test_directories_are_those_of_the_stores(self):
        rows = self.places()
        self.assertEqual(
            [(store_id, str(path), 'usable', 0)
             for store_id in ('cheap', 'fast')
             for path in self.sandbox.store_directories(store_id)],
            [(row['store'], row['place'], row['state'], row['promised'])
             for row in rows])
        self.assertEqual([100, 100, 200, 100],
                         [row['weight'] for row in rows])

    def test_what_is_under_way_is_no_image_yet(self):
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=64)
        # It goes no further before the command has looked.
        self.break_uploads(self.ours, action='hang', after=16 * MIB)
        image_id = self.ours.upload(volume)
        cloud.wait_until(lambda: self.ours.arrived('fast', image_id),
                         'bytes to arrive')
        first = str(self.sandbox.store_directories('fast')[0])
        images = self.places('images', 'fast', first)['images']
        self.assertEqual('uploading', self.ours.status(volume))
        self.assertNotIn(image_id, images)
        self.proxy(self.ours).heal()
        self.ours.wait_for_volume(volume, 'available')
        self.assert_whole(self.ours, volume, image_id, 'fast')
        self.assertEqual([0] * 4, [row['promised'] for row in self.places()])

    def test_images_are_where_they_were_put(self):
        image_id = self.store(b'bits')
        first, second = (
            self.places('images', 'fast', str(path))['images']
            for path in self.sandbox.store_directories('fast'))
        self.assertIn(image_id, first)
        self.assertNotIn(image_id, second)


class TestGlanceThatDies(_Base):

    def test_what_it_leaves_has_no_images_name_and_goes_at_its_start(self):
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=1024)
        image_id = self.ours.upload(volume)
        cloud.wait_until(
            lambda: self.ours.arrived('fast', image_id) > 64 * MIB,
            'bytes to arrive')
        self.sandbox.kill('glance')
        left, = self.sandbox.image_files('fast', image_id)
        self.assertNotEqual(image_id, left.name)
        self.assertGreater(left.stat().st_size, 64 * MIB)
        self.sandbox.start('glance')
        cloud.wait_until(
            lambda: not self.sandbox.image_files('fast', image_id),
            'what was left to be swept')
        self.ours.wait_for_volume(volume, 'available')
        self.ours.wait_until_gone(image_id)
        # What was promised to it went with it: all is to be had again.
        self.ours.fill(volume, 16)
        again = self.ours.uploaded(volume)
        self.assert_whole(self.ours, volume, again, 'fast')


class TestMoving(_Base):

    def test_from_file_to_multidir_and_back_is_one_word(self):
        directories = self.sandbox.store_directories('fast')
        section = {
            'multidir_directories': None,
            # Upstream's has a default, and takes one of both only.
            'filesystem_store_datadir': '',
            'filesystem_store_datadirs': [
                f'{path}:{number}' for path, number in
                zip(directories, (200, 100), strict=True)]}
        data = {}
        for kind in ('file', 'multidir', 'file', 'multidir'):
            self.with_options({
                'fast': section,
                'DEFAULT': {'enabled_backends':
                            f'cheap:multidir,fast:{kind},reliable:file'}})
            for image_id, content in data.items():
                self.assertEqual(content, self.download(image_id))
            # One of those that the other driver wrote, each time.
            if data:
                image_id, _ = data.popitem()
                self.glance.images.delete(image_id)
                self.assertEqual(
                    [], self.sandbox.image_files('fast', image_id))
            for _ in range(2):
                content = os.urandom(MIB)
                image_id = self.store(content)
                self.assertEqual('a', self.directory_of(image_id))
                data[image_id] = content
