"""The store manager, with real drivers over real files and servers."""

import functools
import hashlib
from http.server import SimpleHTTPRequestHandler
from http.server import ThreadingHTTPServer
import io
import os
from pathlib import Path
import threading
import unittest
from unittest import mock

import fixtures
from glance_store import exceptions
from glance_store._drivers import rbd
import glance_store.driver
import testtools

from cinder_glance_multistore.stores import errors
from cinder_glance_multistore.stores import loading
from cinder_glance_multistore.stores import manager
from tests.fakes import s3

DATA = os.urandom(3 << 19)
SHA512 = hashlib.sha512(DATA).hexdigest()
MD5 = hashlib.md5(DATA).hexdigest()


# Imported by name: eventlet leaves a green copy of the module in the package
# ``http`` once eventlet.wsgi was imported, as Cinder's tests do.
class _Quiet(SimpleHTTPRequestHandler):

    def log_message(self, *args):
        pass


class _Base(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.root = Path(self.useFixture(fixtures.TempDir()).path)
        self.config = self.root / 'glance-api.conf'
        self.useFixture(fixtures.FakeLogger())

    def manager(self, backends, sections, default='fast', **kwargs):
        self.config.write_text(
            f'[DEFAULT]\nenabled_backends = {backends}\n'
            f'[glance_store]\ndefault_backend = {default}\n{sections}')
        return manager.StoreManager([self.config], **kwargs)

    def files(self, extra_backends='', extra='', **kwargs):
        """A manager with a multidir store and a file store."""
        return self.manager(
            f'fast:multidir,old:file{extra_backends}',
            f'[backend_defaults]\nmultidir_fsync = false\n'
            f'[fast]\nstore_description = Fast\nweight = 7\n'
            f'multidir_directories = {self.root}/a:1\n'
            f'multidir_reservations = sqlite:///{self.root}/r.sqlite\n'
            f'[old]\nfilesystem_store_datadir = {self.root}/old\n{extra}',
            **kwargs)

    def content(self, stores, url, store_id):
        return b''.join(stores.get(url, store_id)[0])

    def assert_is_the_data(self, added):
        self.assertEqual((len(DATA), MD5, 'sha512', SHA512), (
            added.size, added.checksum, added.algorithm, added.multihash))


class ManagerTest(_Base):

    def test_own_and_in_tree_types_are_added_to_read_and_deleted(self):
        stores = self.files()
        for store_id in ('fast', 'old'):
            added = stores.add(store_id, 'i1', io.BytesIO(DATA), len(DATA))
            self.assert_is_the_data(added)
            self.assertEqual(store_id, added.metadata['store'])
            self.assertEqual(DATA,
                             self.content(stores, added.url, store_id))
            self.assertTrue(stores.exists(added.url, store_id))
            stores.delete(added.url, store_id)
            self.assertFalse(stores.exists(added.url, store_id))
            self.assertRaises(exceptions.NotFound, stores.delete, added.url,
                              store_id)

    def test_a_part_is_read(self):
        stores = self.files()
        added = stores.add('fast', 'i1', io.BytesIO(DATA))
        chunks, size = stores.get(added.url, 'fast', offset=5, length=10)
        self.assertEqual((DATA[5:15], 10), (b''.join(chunks), size))

    def test_each_store_is_told_with_its_state(self):
        found = self.files(',web:http').stores()
        self.assertEqual(
            [('fast', 'multidir', True, 'Fast', 7, 'available', ''),
             ('old', 'file', False, '', 0, 'available', ''),
             ('web', 'http', False, '', 0, 'read-only', '')],
            [(each.id, each.type, each.default, each.description,
              each.weight, each.state, each.reason) for each in found])

    def test_a_store_that_fails_is_kept_with_its_reason_and_tried_again(self):
        (self.root / 'late').write_text('in the way')
        stores = self.files(
            ',late:file,odd:nosuch',
            f'[late]\nfilesystem_store_datadir = {self.root}/late/x\n',
            retry_interval=0)
        status = {each.id: each for each in stores.stores()}
        self.assertEqual('available', status['fast'].state)
        self.assertEqual('unavailable', status['late'].state)
        self.assertIn(f'{self.root}/late/x', status['late'].reason)
        self.assertIn("no store of type 'nosuch'", status['odd'].reason)
        error = self.assertRaises(
            errors.StoreUnavailable, stores.add, 'late', 'i1',
            io.BytesIO(DATA))
        self.assertEqual('late', error.store_id)
        (self.root / 'late').unlink()
        self.assert_is_the_data(stores.add('late', 'i1', io.BytesIO(DATA)))
        self.assertEqual('available', stores.stores()[2].state)

    def test_a_store_that_failed_a_moment_ago_is_not_tried_again(self):
        (self.root / 'late').write_text('in the way')
        stores = self.files(
            ',late:file',
            f'[late]\nfilesystem_store_datadir = {self.root}/late/x\n')
        self.assertRaises(errors.StoreUnavailable, stores.driver, 'late')
        (self.root / 'late').unlink()
        self.assertRaises(errors.StoreUnavailable, stores.driver, 'late')

    def test_a_store_that_hangs_keeps_nobody_for_longer_than_that(self):
        hung, end = threading.Event(), threading.Event()
        self.addCleanup(end.set)
        start = loading.start

        def starts(store_id, *args):
            if store_id == 'old':
                hung.set()
                end.wait()
            return start(store_id, *args)

        self.useFixture(fixtures.MonkeyPatch(
            'cinder_glance_multistore.stores.loading.start', starts))
        stores = self.files(start_timeout=0.1)
        for _ in range(2):
            error = self.assertRaises(errors.StoreUnavailable, stores.driver,
                                      'old')
            self.assertIn('still starting', error.reason)
        self.assertTrue(hung.is_set())
        self.assertEqual(['available', 'unavailable'],
                         [each.state for each in stores.stores()])
        end.set()
        # It was not tried a second time meanwhile.
        stores._stores['old'].start().wait()
        self.assertEqual('available', stores.stores()[1].state)

    def test_without_an_id_the_default_store_is_taken(self):
        stores = self.files()
        self.assertEqual('fast', stores.default)
        self.assertEqual('fast', stores.add(
            None, 'i1', io.BytesIO(DATA)).metadata['store'])

    @unittest.skipUnless(
        hasattr(glance_store.driver, 'SHARED_CONF_GROUP'),
        'glance_store before 5 has no section for all stores')
    def test_defaults_of_all_stores_are_heeded(self):
        stores = self.files()
        self.assertFalse(stores.driver('fast')._durable)

    def test_an_unknown_store_is_refused_with_those_there_are(self):
        error = self.assertRaises(
            errors.UnknownStore, self.files().driver, 'fats')
        self.assertEqual(['fast', 'old'], error.known)
        self.assertIn('fast, old', str(error))

    def test_a_configuration_without_stores_is_refused(self):
        error = self.assertRaises(errors.NotConfigured, self.manager, '', '')
        self.assertIn(str(self.config), str(error))
        self.config.write_text('no section')
        self.assertRaises(errors.NotConfigured, manager.StoreManager,
                          [self.config])

    def test_a_second_image_of_an_id_is_refused(self):
        stores = self.files()
        stores.add('fast', 'i1', io.BytesIO(DATA))
        self.assertRaises(exceptions.Duplicate, stores.add, 'fast', 'i1',
                          io.BytesIO(DATA))

    def test_a_wrong_size_leaves_nothing(self):
        stores = self.files()
        for store_id, directory in (('fast', 'a'), ('old', 'old')):
            self.assertRaises(
                exceptions.Invalid, stores.add, store_id, 'i1',
                io.BytesIO(DATA), len(DATA) + 1)
            self.assertEqual([], os.listdir(self.root / directory))

    def test_an_unknown_hash_is_refused_before_a_byte_is_read(self):
        data = io.BytesIO(DATA)
        self.assertRaises(exceptions.UnknownHashingAlgo, self.files().add,
                          'fast', 'i1', data, algorithm='sha0')
        self.assertEqual(0, data.tell())

    def test_a_location_outside_the_store_is_refused(self):
        stores = self.files()
        secret = self.root / 'secret'
        secret.write_bytes(b'secret')
        for store_id in ('fast', 'old'):
            for url in (f'file://{secret}',
                        f'file://{self.root}/old/../secret',
                        f'file://{self.root}/old2/x', 'http://127.0.0.1/'):
                for call in (stores.get, stores.delete, stores.exists):
                    self.assertRaises(exceptions.BadStoreUri, call, url,
                                      store_id)
        self.assertEqual(b'secret', secret.read_bytes())

    def test_an_image_is_copied_to_another_store(self):
        stores = self.files()
        first = stores.add('fast', 'i1', io.BytesIO(DATA))
        second = stores.copy(first.url, 'fast', 'old', 'i1',
                             multihash=SHA512)
        self.assert_is_the_data(second)
        self.assertEqual(DATA, self.content(stores, second.url, 'old'))
        self.assertTrue(stores.exists(first.url, 'fast'))

    def test_a_copy_of_other_bytes_is_removed_again(self):
        stores = self.files()
        first = stores.add('fast', 'i1', io.BytesIO(DATA))
        error = self.assertRaises(
            errors.CopyMismatch, stores.copy, first.url, 'fast', 'old', 'i1',
            multihash='0' * 128)
        self.assertIn(SHA512, str(error))
        self.assertEqual([], os.listdir(self.root / 'old'))

    def test_an_image_on_a_web_server_is_read_and_not_written(self):
        (self.root / 'www').mkdir()
        (self.root / 'www' / 'image').write_bytes(DATA)
        server = ThreadingHTTPServer(
            ('127.0.0.1', 0), functools.partial(
                _Quiet, directory=str(self.root / 'www')))
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, args=(0.05,),
                         daemon=True).start()
        url = f'http://127.0.0.1:{server.server_port}/'
        stores = self.files(',web:http')
        self.assertEqual(DATA, self.content(stores, url + 'image', 'web'))
        self.assertTrue(stores.exists(url + 'image', 'web'))
        self.assertFalse(stores.exists(url + 'gone', 'web'))
        self.assertRaises(exceptions.StoreAddDisabled, stores.add, 'web',
                          'i1', io.BytesIO(DATA))
        self.assertRaises(exceptions.StoreDeleteNotSupported, stores.delete,
                          url + 'image', 'web')
        self.assert_is_the_data(
            stores.copy(url + 'image', 'web', 'fast', 'i1'))

    def test_a_store_of_type_swift_starts(self):
        # Keystone is asked for by its first use; the functional tests have
        # one, and a Swift.
        stores = self.files(
            ',far:swift',
            '[far]\nswift_store_auth_address = http://127.0.0.1:9/v3\n'
            'swift_store_user = service:glance\nswift_store_key = x\n')
        self.assertEqual(('available', ''), (stores.stores()[2].state,
                                             stores.stores()[2].reason))
        error = self.assertRaises(errors.NotRegistrable,
                                  stores.check_registrable, 'far')
        self.assertIn('password', str(error))

    def test_what_was_left_in_ceph_is_named_as_its_driver_names_it(self):
        stores = self.files(',ceph:rbd')
        driver = mock.Mock(spec=rbd.Store, conf=None,
                           url_prefix='rbd://fsid/pool/')
        driver.get_schemes.return_value = ('rbd',)
        driver.get_store_location_class.return_value = rbd.StoreLocation
        self.useFixture(fixtures.MonkeyPatch(
            'cinder_glance_multistore.stores.loading.start',
            lambda *args: driver))
        stores.forget('ceph', 'i1', False)
        driver.delete.assert_not_called()
        stores.forget('ceph', 'i1', True)
        place = driver.delete.call_args.args[0].store_location
        self.assertEqual(('pool', 'i1', 'snap'),
                         (place.pool, place.image, place.snapshot))

    def test_two_managers_do_not_disturb_each_other(self):
        first = self.files()
        first.stores()
        other = self.manager('fast:file', f'[fast]\nfilesystem_store_datadir'
                                          f' = {self.root}/other\n')
        self.assertIn('/other/', other.add('fast', 'i1',
                                           io.BytesIO(DATA)).url)
        self.assertIn('/a/', first.add('fast', 'i1', io.BytesIO(DATA)).url)


class S3Test(_Base):
    """Type ``s3``, which Glance makes anew for each use."""

    def test_an_image_in_s3(self):
        server = self.useFixture(s3.Server())
        stores = self.manager(
            'far:s3,gone:s3', server.section('far') + server.section(
                'gone').replace(server.secret, ''), default='far')
        self.assertEqual(['available', 'unavailable'],
                         [each.state for each in stores.stores()])
        self.assertIn('s3_store_secret_key', stores.stores()[1].reason)
        added = stores.add('far', 'i1', io.BytesIO(DATA), len(DATA))
        self.assert_is_the_data(added)
        # Before glance_store 5 the credentials are in it.
        self.assertRegex(added.url, r'^s3(\+http)?://(.+@)?(http://)?'
                                    r'127\.0\.0\.1:')
        self.assertNotIn(server.secret, repr(added))
        self.assertTrue(stores.exists(added.url, 'far'))
        self.assertEqual(DATA, self.content(stores, added.url, 'far'))
        self.assertRaises(exceptions.Duplicate, stores.add, 'far', 'i1',
                          io.BytesIO(DATA))
        self.assertRaises(
            exceptions.BadStoreUri, stores.get,
            added.url.replace('images', 'others'), 'far')
        stores.delete(added.url, 'far')
        self.assertFalse(stores.exists(added.url, 'far'))

    def test_two_stores_that_glance_cannot_tell_by_a_location(self):
        server = self.useFixture(s3.Server())
        other = server.section('b').replace('= images', '= other')
        stores = self.manager('a:s3,b:s3', server.section('a') + other, 'a')
        self.assertFalse(stores.check_registrable('a'))
        self.assertFalse(stores.check_registrable('b'))
        stores = self.manager('a:s3,b:s3', server.section('a')
                              + server.section('b'), 'a')
        for store_id, told in (('a', 'store b,'), ('b', 'store a,')):
            error = self.assertRaises(errors.NotRegistrable,
                                      stores.check_registrable, store_id)
            self.assertIn(told, str(error))
