"""The direct path, with real Keystone: service tokens, and users without.

A sandbox of its own, for the tests of this file.
"""

import contextlib
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import time

import ddt
import fixtures
from glance_store import exceptions
from glanceclient import exc
import testtools

from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import proxy
from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.stores import manager
from tests import needs
from tests.fakes import s3
from tests.functional import base
from tests.functional import cloud
from tests.functional.swift import fixture as swift
from tests.functional.vcenter import fixture
from tests.functional.vcenter import simulator

DIRECTORY = base.DIRECTORY.with_name(base.DIRECTORY.name + '-direct')
LOCATIONS = r'/v2/images/[^/]+/locations$'
#: How each store is told what lies in it.
REGISTERS = {'fast': ('PUT', base.UPLOAD), 'far': ('POST', LOCATIONS),
             'vc': ('POST', LOCATIONS)}


class _Stage(fixtures.Fixture):

    def _setUp(self):
        self.s3 = self.useFixture(s3.Server())
        self.swift = self.useFixture(swift.Server())
        self.useFixture(fixture.NoProxies())
        vcenter = self.vcenter = self.useFixture(fixture.VCenter(
            [simulator.Datastore('first')])).vcenter
        sandbox = self.sandbox = stack.Sandbox(DIRECTORY, keystone=True)
        sandbox.down()
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        ports = sandbox.allot_ports()
        self.proxy = proxy.Proxy(ports['glance'])
        self.addCleanup(self.proxy.close)
        self.swift_key = credentials.load(sandbox.layout, False)['glance']
        sandbox.options = {
            'glance': {
                'DEFAULT': {'enabled_backends':
                            'cheap:file,far:s3,fast:multidir,sw:swift,'
                            'vc:vsphere'},
                'glance_store': {'default_backend': 'fast'},
                'cheap': {'filesystem_store_datadir':
                          sandbox.layout.store('reliable')},
                'fast': {'multidir_adopt': True},
                'far': self.s3.options(),
                'sw': self.swift.options(
                    f'http://127.0.0.1:{ports["keystone"]}/v3', 'glance',
                    credentials.SERVICE_PROJECT, self.swift_key),
                'vc': {'vmware_server_host': vcenter.address,
                       'vmware_server_username': vcenter.user,
                       'vmware_server_password': vcenter.password,
                       'vmware_ca_file': vcenter.ca_file,
                       'vmware_datastores': 'DC0:first:1',
                       'vmware_task_poll_interval': 1,
                       'vsphere_reservations':
                       f'sqlite:///{sandbox.layout.reservations()}'}},
            'cinder': {
                'DEFAULT': {'glance_api_servers': self.proxy.url,
                            'glance_num_retries': 0},
                'multistore': {
                    'upload_path': 'direct',
                    'upload_without_size': 'sw',
                    'glance_config_files':
                        sandbox.layout.config_dir('glance')
                        / 'glance-api.conf',
                    'cleanup_interval': '2', 'upload_settle_time': '5'}}}
        self.addCleanup(shutil.rmtree, DIRECTORY, ignore_errors=True)
        self.addCleanup(self._down)
        sandbox.up()
        self._enter_swift()
        self.admin = cloud.Cloud(sandbox, 'cinder')
        self.types = {store: self.admin.volume_type(store)
                      for store in ('cheap', 'sw', *REGISTERS)}
        self.member = _Member(sandbox, 'cinder', 'member')
        # The image that a sandbox has for tempest.
        self.own = {image.id for image in self.admin.glance.images.list()}

    def _enter_swift(self):
        # Its driver looks it up to delete, whatever swift_store_endpoint is.
        admin = self.sandbox.session('admin')
        keystone = self.sandbox.endpoints['keystone']
        service = admin.post(f'{keystone}/services', json={'service': {
            'type': 'object-store', 'name': 'swift'}}).json()['service']
        admin.post(f'{keystone}/endpoints', json={'endpoint': {
            'service_id': service['id'], 'interface': 'public',
            'region_id': credentials.REGION, 'url': self.swift.account}})

    def _down(self):
        subprocess.run([sys.executable, '-m',
                        'cinder_glance_multistore.cmd.sandbox', 'down',
                        '--dir', str(DIRECTORY)], check=True, timeout=300,
                       stdout=subprocess.DEVNULL)


class _Member(cloud.Cloud):
    """An ordinary user of the project, with one volume a store."""

    def __init__(self, sandbox, service, user):
        cloud.cloud.Cloud.__init__(self, sandbox, service, user)
        self._volumes = []
        self._images = []


@ddt.ddt
class TestDirectPath(testtools.TestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage = _Stage()
        cls.stage.setUp()

    @classmethod
    def tearDownClass(cls):
        cls.stage.cleanUp()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.Timeout(900, gentle=True))
        self.sandbox = self.stage.sandbox
        self.member = self.stage.member
        self.addCleanup(self._all_well)

    def _all_well(self):
        self.stage.proxy.heal()
        for name in ('glance', 'cinder'):
            if not self.sandbox.is_running(name):
                self.sandbox.start(name)
        self.member.forget()

    def volume(self, store_id, mib=8):
        return self.member.volume(self.stage.types[store_id], mib=mib)

    def requests(self, method, path):
        return [request for request in self.stage.proxy.requests
                if request[0] == method and re.search(path, request[1])]

    def bits(self):
        """Return what lies in the stores, of images or not."""
        found = [path for store in ('fast', 'reliable')
                 for path in self.sandbox.layout.store(store).rglob('*')
                 if path.is_file() and path.name not in self.stage.own]
        return [path.name for path in found] + self.stage.s3.keys() + (
            self.stage.swift.keys()) + [
            name for _, name in self.stage.vcenter.files()
            if name.startswith('openstack_glance/')]

    def download(self, image_id):
        return b''.join(self.member.glance.images.data(image_id))

    def assert_image(self, image_id, volume, store_id):
        image = self.member.image(image_id)
        self.assertEqual(('active', store_id), (image.status, image.stores))
        with open(self.member.file(volume), 'rb') as file:
            data = file.read()
        # glanceclient compares it with the hash of the image as well.
        self.assertEqual(data, self.download(image_id))
        self.assertEqual(len(data), image.size)
        return image

    def what_it_is(self, image):
        return {name: image.get(name) for name in (
            'checksum', 'os_hash_algo', 'os_hash_value', 'size', 'status',
            'disk_format', 'container_format', 'min_disk', 'visibility',
            'owner')}

    @ddt.data('fast', 'far', 'vc')
    def test_an_image_is_as_by_the_image_service(self, store_id):
        volume = self.volume(store_id)
        image = self.assert_image(self.member.uploaded(volume), volume,
                                  store_id)
        # The body of no upload went to Glance.
        self.assertEqual([0] * len(self.requests('PUT', base.UPLOAD)), [
            size for _, _, _, size in self.requests('PUT', base.UPLOAD)])
        self.assertEqual(1, len(self.requests(*REGISTERS[store_id])))
        # The same bytes, the usual way.
        other = self.volume('cheap')
        shutil.copyfile(self.member.file(volume), self.member.file(other))
        usual = self.member.image(self.member.uploaded(other))
        self.assertEqual(self.what_it_is(usual), self.what_it_is(image))
        self.assertIsNotNone(image.checksum)

    def test_an_adopted_image_is_looked_at_by_glance(self):
        volume = self.volume('fast')
        image = self.member.image(self.member.uploaded(volume))
        self.assertEqual(image.size, image.virtual_size)

    @ddt.data('fast', 'far')
    def test_it_is_copied_and_deleted_as_any_other(self, store_id):
        volume = self.volume(store_id)
        image_id = self.member.uploaded(volume)
        self.stage.admin.glance.images.image_import(
            image_id, 'copy-image', stores=['cheap'])
        self.member.wait_for_copy(image_id, 'cheap', store_id)
        self.assertIn(image_id, self.bits())
        self.member.glance.images.delete(image_id)
        self.assertEqual([], self.bits())

    def test_a_store_glance_allows_no_location_of_goes_the_usual_way(self):
        for _ in range(2):
            volume = self.volume('cheap')
            self.assert_image(self.member.uploaded(volume), volume, 'cheap')
        # Once a process: other tests start it anew.
        process, = (service.pid for service in self.sandbox.status()
                    if service.name == 'cinder')
        told = [line for line in self.sandbox.log('cinder').read_text(
            errors='replace').splitlines()
            if f' {process} WARNING' in line and 'to store cheap' in line]
        self.assertEqual(1, len(told), told)

    def test_swift_in_segments_goes_the_usual_way_without_a_size(self):
        needs.skip_if(self.stage.swift.missing)
        volume = self.volume('sw')
        self.assert_image(self.member.uploaded(volume), volume, 'sw')

    def test_where_glance_refuses_it_the_usual_way_is_taken(self):
        self.stage.proxy.fail(proxy.Fault(
            'PUT', base.UPLOAD, 'status', status='403 Forbidden'))
        volume = self.volume('fast')
        # The store is not tried for a while.
        self.addCleanup(self.sandbox.start, 'cinder')
        self.addCleanup(self.sandbox.stop, 'cinder')
        self.assert_image(self.member.uploaded(volume), volume, 'fast')
        last = self.requests('PUT', base.UPLOAD)[-1]
        self.assertEqual(8 * cloud.MIB, last[3])

    def test_where_glance_refuses_one_image_the_next_is_tried(self):
        # An MBR without a partition is no safe image.
        volume = self.volume('fast')
        with open(self.member.file(volume), 'r+b') as file:
            file.write(bytes(510) + b'\x55\xaa')
        self.member.wait_until_gone(self.member.uploaded(volume), 60)
        cloud.wait_until(lambda: not self.bits(), 'the bits to be gone')
        self.stage.proxy.heal()
        volume = self.volume('fast')
        self.assert_image(self.member.uploaded(volume), volume, 'fast')
        self.assertEqual([0], [
            size for _, _, _, size in self.requests('PUT', base.UPLOAD)])

    def test_what_is_registered_twice_is_no_failure(self):
        self.stage.proxy.fail(proxy.Fault(*REGISTERS['far'], 'twice'))
        volume = self.volume('far')
        self.assert_image(self.member.uploaded(volume), volume, 'far')

    @ddt.data('fast', 'far')
    def test_a_registration_that_fails_leaves_nothing(self, store_id):
        method, path = REGISTERS[store_id]
        self.stage.proxy.fail(proxy.Fault(method, path, 'reset'))
        volume = self.volume(store_id)
        image_id = self.member.uploaded(volume)
        self.member.wait_until_gone(image_id)
        cloud.wait_until(lambda: not self.bits(), 'the bits to be gone')

    def test_the_store_manager_in_a_real_swift(self):
        needs.skip_if(self.stage.swift.missing)
        stores = manager.StoreManager([
            self.sandbox.layout.config_dir('glance') / 'glance-api.conf'])
        data = os.urandom(3 * cloud.MIB + 5)
        added = stores.add('sw', 'image', io.BytesIO(data), len(data))
        self.assertEqual(
            (len(data), hashlib.sha512(data).hexdigest()),
            (added.size, added.multihash))
        # Four segments, and what names them.
        self.assertEqual(5, len(self.stage.swift.keys()))
        self.assertEqual(data, b''.join(stores.get(added.url, 'sw')[0]))
        self.assertTrue(stores.exists(added.url, 'sw'))
        copied = stores.copy(added.url, 'sw', 'far', 'image',
                             multihash=added.multihash)
        self.assertRaises(exceptions.BadStoreUri, stores.get,
                          added.url.replace('images', 'others'), 'sw')
        for url, store_id in ((added.url, 'sw'), (copied.url, 'far')):
            stores.delete(url, store_id)
            self.assertFalse(stores.exists(url, store_id))
        self.assertEqual([], self.bits())

    # A process that dies.

    def die(self, volume, image_id):
        self.sandbox.kill('cinder')
        self.stage.proxy.heal()
        self.sandbox.start('cinder')
        self.member.wait_for_volume(volume, 'available')

    def assert_nothing_left(self, image_id):
        self.member.wait_until_gone(image_id)
        cloud.wait_until(lambda: not self.bits(), 'the bits to be gone')

    def test_killed_while_it_writes_nothing_is_left(self):
        volume = self.volume('fast', mib=1024)
        image_id = self.member.upload(volume)
        cloud.wait_until(self.bits, 'bytes to arrive')
        self.die(volume, image_id)
        self.assert_nothing_left(image_id)

    @ddt.data('fast', 'far', 'vc')
    def test_killed_before_glance_knows_nothing_is_left(self, store_id):
        method, path = REGISTERS[store_id]
        self.stage.proxy.fail(proxy.Fault(method, path, 'hang'))
        volume = self.volume(store_id)
        image_id = self.member.upload(volume)
        cloud.wait_until(lambda: self.requests(method, path),
                         'the registration')
        self.assertEqual(1, len(self.bits()))
        self.die(volume, image_id)
        self.assert_nothing_left(image_id)

    def test_killed_when_glance_knows_the_image_is_whole(self):
        # cinder-volume waits for an answer that says how the image is.
        self.stage.proxy.fail(proxy.Fault(
            'GET', r'/v2/images/[^/]+$', 'hang', times=None))
        volume = self.volume('far')
        image_id = self.member.upload(volume)
        cloud.wait_until(
            lambda: self.member.image(image_id).status == 'active',
            'the image to be active')
        self.die(volume, image_id)
        self.assert_image(image_id, volume, 'far')

    # Those who may not.

    def queued(self):
        image = self.member.glance.images.create(
            name='mine', disk_format='raw', container_format='bare')
        self.addCleanup(self._delete, image.id)
        return image

    def _delete(self, image_id):
        with contextlib.suppress(exc.HTTPNotFound):
            self.member.glance.images.delete(image_id)

    @ddt.data('member', 'admin')
    def test_nobody_without_the_service_role_has_a_file_adopted(self, user):
        image = self.queued()
        # As if it had guessed the token, of a file that is there.
        token = claims.new_token()
        folder = (self.sandbox.store_directories('fast')[0]
                  / '.multistore~incoming')
        file = folder / claims.file_name(image.id, token)
        file.write_bytes(b'secret')
        self.addCleanup(file.unlink)
        claim = claims.Claim(image.id, token, 6, '0' * 32, 'sha512',
                             '0' * 128)
        answer = self.sandbox.session(user).put(
            f'{self.sandbox.endpoints["glance"]}/v2/images/{image.id}/file',
            headers={claims.HEADER: claim.header(),
                     'content-type': claims.CONTENT_TYPE,
                     'x-image-meta-store': 'fast'},
            raise_exc=False)
        self.assertEqual(403, answer.status_code)
        self.assertTrue(file.exists())
        self.assertEqual('queued', self.member.image(image.id).status)

    def test_an_ordinary_user_registers_no_location(self):
        volume = self.volume('far')
        victim = self.member.uploaded(volume)
        image = self.queued()
        for url in (f's3://127.0.0.1:{self.stage.s3.port}/images/{victim}',
                    f'file://{self.sandbox.layout.passwords}',
                    f'multidir://{self.sandbox.layout.passwords}'):
            self.assertRaises(
                exc.HTTPForbidden, self.member.glance.images
                .add_image_location, image.id, url, {})
        time.sleep(0.1)
        self.assertEqual('queued', self.member.image(image.id).status)

    def test_an_ordinary_user_sees_which_stores_work_and_not_why(self):
        url = f'{self.sandbox.endpoints["glance"]}/v2/info/stores'
        admin, member = map(self.sandbox.session, ('admin', 'member'))

        def cheap(session):
            return next(store for store in session.get(url).json()['stores']
                        if store['id'] == 'cheap')

        path = self.sandbox.layout.store('reliable')
        away = path.with_name('away')
        path.rename(away)
        try:
            cloud.wait_until(lambda: cheap(admin)['status'] == 'unavailable',
                             'Glance to miss the directory')
            self.assertEqual(f'{path} does not exist', cheap(admin)['reason'])
            seen = cheap(member)
            self.assertEqual('unavailable', seen['status'])
            self.assertNotIn('reason', seen)
            self.assertEqual([200, 403], [
                session.get(f'{url}/detail', raise_exc=False).status_code
                for session in (admin, member)])
        finally:
            away.rename(path)
        cloud.wait_until(lambda: cheap(admin)['status'] == 'available',
                         'Glance to find the directory again')

    def test_nothing_of_secrets_is_in_the_logs(self):
        needs.skip_if(self.stage.swift.missing)
        for store_id in ('far', 'sw', 'vc'):
            self.member.uploaded(self.volume(store_id))
        volume = self.volume('fast')
        self.member.uploaded(volume)
        token = self.requests('PUT', base.UPLOAD)[-1][2][
            claims.HEADER].split()[2]
        for name in ('cinder', 'glance'):
            log = self.sandbox.log(name).read_text(errors='replace')
            self.assertNotIn(self.stage.s3.secret, log)
            self.assertNotIn(self.stage.swift_key, log)
            self.assertNotIn(self.stage.vcenter.password, log)
            self.assertNotIn(token, log)
