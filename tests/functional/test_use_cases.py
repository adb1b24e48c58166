"""What operators use several stores for, from end to end.

The page doc/source/admin/use-cases.rst tells the same, with commands.
"""

import hashlib
import io
import json
import os
import subprocess

import requests

from cinder_glance_multistore.sandbox import layout
from tests.functional import base
from tests.functional import cloud

MIB = cloud.MIB


class _Base(base.TestCase):

    def setUp(self):
        super().setUp()
        self.glance = self.ours.glance

    def run_command(self, *words, status=0):
        """Run a command as an operator; return what it prints."""
        environment = dict(os.environ)
        for name, value in self.sandbox.client_environment().items():
            environment[name] = value
            if value is None:
                del environment[name]
        done = subprocess.run(words, env=environment, text=True,
                              capture_output=True, timeout=300, check=False)
        self.assertEqual(status, done.returncode, done.stderr)
        return done.stdout

    def create(self, data, store_id, **record):
        image = self.glance.images.create(
            **{'name': f'image-{os.urandom(4).hex()}', 'disk_format': 'raw',
               'container_format': 'bare', **record})
        self.addCleanup(self._forget, image.id)
        if data is not None:
            self.glance.images.upload(image.id, io.BytesIO(data),
                                      backend=store_id)
        return image.id

    def _forget(self, image_id):
        if self.ours.image(image_id):
            self.glance.images.update(image_id, protected=False)
            self.glance.images.delete(image_id)

    def where(self, image_id):
        return self.ours.image(image_id).stores.split(',')

    def download(self, image_id):
        return b''.join(self.glance.images.data(image_id))

    def read_from(self, store_id, image_id):
        """Ask for the bits in one store; return (HTTP status, bits)."""
        answer = requests.get(
            f'{self.sandbox.endpoints["glance"]}/v2/images/{image_id}/file',
            headers={'X-Image-Meta-Store': store_id}, timeout=120)
        return answer.status_code, answer.content


class TestUseCases(_Base):

    def test_tiers_by_cost(self):
        for tier, store_id in (('gold', 'fast'), ('bronze', 'cheap')):
            volume = self.ours.volume(self.ours.volume_type(store_id), mib=1)
            image_id = self.ours.uploaded(volume)
            self.assertEqual([store_id], self.where(image_id), tier)

    def test_images_of_operators_apart_from_those_of_users(self):
        private = self.ours.cinder.volume_types.create(
            f'type-{os.urandom(4).hex()}', is_public=False)
        private.set_keys({cloud.STORE_KEY: 'cheap'})
        of_operators = self.ours.uploaded(self.ours.volume(private, mib=1))
        of_users = self.ours.uploaded(
            self.ours.volume(self.ours.volume_type(), mib=1))
        self.assertEqual((['cheap'], ['reliable']),
                         (self.where(of_operators), self.where(of_users)))

    def test_each_hypervisor_from_a_store_of_its_own(self):
        for disk_format, store_id in (('vmdk', 'cheap'), ('qcow2', 'fast')):
            volume = self.ours.volume(self.ours.volume_type(store_id), mib=1)
            image = self.ours.image(self.ours.uploaded(
                volume, disk_format=disk_format))
            self.assertEqual((disk_format, store_id),
                             (image.disk_format, image.stores))

    def test_the_local_store_of_a_site(self):
        local = self.ours.volume_type(
            'fast', **{'RESKEY:availability_zones': 'nova'})
        volume = self.ours.volume(local, mib=1)
        self.assertEqual('nova', volume.availability_zone)
        self.assertEqual(['fast'], self.where(self.ours.uploaded(volume)))

    def test_a_replica_serves_when_the_first_store_is_gone(self):
        data = os.urandom(MIB)
        image_id = self.create(data, 'fast')
        self.run_command('openstack', 'image', 'import', '--method',
                         'copy-image', image_id, '--store', 'cheap')
        self.ours.wait_for_copy(image_id, 'cheap')
        shown = json.loads(self.run_command(
            'openstack', 'image', 'show', '-f', 'json', image_id))
        self.assertEqual(
            {'cheap', 'fast'}, set(shown['properties']['stores'].split(',')))

        directories = self.sandbox.store_directories('fast')
        for path in directories:
            path.rename(path.with_name(f'{path.name}-away'))
        try:
            self.assertEqual(data, self.download(image_id))
            self.assertEqual((200, data), self.read_from('cheap', image_id))
            # Its disks may come back: it is not lost.
            self.assertEqual(503, self.read_from('fast', image_id)[0])
            self.wait_for_store('fast', 'unavailable')
        finally:
            for path in directories:
                path.with_name(f'{path.name}-away').rename(path)
        self.wait_for_store('fast', 'available')


class TestRetiredStore(_Base):

    def setUp(self):
        super().setUp()
        self.home = self.sandbox.layout.store('old')
        self.home.mkdir(exist_ok=True)
        stores = {**layout.STORES, 'old': 'file'}
        if self.sandbox.small_refusal:
            del stores['small']
        self.with_options({
            'DEFAULT': {'enabled_backends': ','.join(
                f'{name}:{kind}' for name, kind in sorted(stores.items()))},
            'old': {'filesystem_store_datadir': self.home}})

    def drain(self, *options, status=0):
        found = json.loads(self.run_command(
            'openstack', 'image', 'store', 'drain', 'old', '--to', 'fast',
            '-f', 'json', *options, status=status))
        return {row['ID']: row for row in found}

    def retire(self):
        """Say so to Glance and to Cinder."""
        self.with_options({'multistore_discovery': {'draining_stores':
                                                    'old'}})
        options = self.sandbox.options['cinder']['multistore']
        options['store_aliases'] = 'old:fast'
        self.addCleanup(self.restart, 'cinder')
        self.addCleanup(options.pop, 'store_aliases')
        self.restart('cinder')

    def test_new_images_go_to_its_successor_and_old_ones_move(self):
        data = os.urandom(MIB)
        volume = self.ours.volume(self.ours.volume_type('old'), mib=1)
        of_volume = self.ours.uploaded(volume)
        self.assertEqual(['old'], self.where(of_volume))
        private, protected, community, hidden, twice, off = (
            self.create(data, 'old', **record) for record in (
                {'owner': 'ab' * 16}, {'protected': True},
                {'visibility': 'community', 'owner': 'ab' * 16},
                {'os_hidden': True}, {}, {}))
        queued = self.create(None, 'old')
        self.glance.images.image_import(twice, 'copy-image', stores=['fast'])
        self.ours.wait_for_copy(twice, 'fast')
        self.glance.images.deactivate(off)
        moved = {of_volume, private, protected, community, hidden, twice}
        before = {path.name for path in self.home.iterdir()}
        self.retire()

        self.assertEqual(['fast'], self.where(self.ours.uploaded(volume)))
        self.assertEqual(data, self.download(protected))

        planned = self.drain('--dry-run', status=1)
        self.assertEqual(moved | {off}, set(planned))
        self.assertEqual(before, {path.name for path in self.home.iterdir()})

        done = self.drain(status=1)
        self.assertEqual(
            {**dict.fromkeys(moved, 'moved'), off: 'failed'},
            {image_id: row['Result'] for image_id, row in done.items()})
        self.assertEqual('read back, sha512 compared',
                         done[private]['Detail'])
        self.assertIn('reactivate it first', done[off]['Detail'])
        for image_id in moved:
            self.assertEqual(['fast'], self.where(image_id))
        self.assertEqual(
            self.ours.image(of_volume).os_hash_value,
            hashlib.sha512(self.download(of_volume)).hexdigest())
        self.assertEqual(data, self.download(community))
        self.assertEqual('queued', self.ours.image(queued).status)

        self.glance.images.reactivate(off)
        self.assertEqual({off}, set(self.drain()))
        self.assertEqual({}, self.drain())
        self.assertEqual([], list(self.home.iterdir()))
