"""What upstream's VMware store gets wrong, and ours does not.

Defects have their names in doc/source/reference/upstream-defects.rst.
"""

import concurrent.futures
import contextlib
import os
import threading
from unittest import mock

import fixtures
from glance_store import exceptions
from glance_store import location
from glance_store import multi_backend
from oslo_config import cfg

from tests.functional import cloud
from tests.functional.vcenter import fixture
from tests.functional.vcenter import stores

MIB = stores.MIB
Datastore = stores.Datastore


class _Base(stores.TestCase):

    UNPORTED = True
    DATASTORES = (Datastore('one'), Datastore('two'),
                  Datastore('co:lon', 'D:C'))


class TestOneOfSeveral(_Base):
    """G1."""

    def load(self, kind, host=None, **more):
        """Have glance_store make its stores, and return ours of them."""
        conf = cfg.ConfigOpts()
        conf.register_opt(cfg.DictOpt('enabled_backends'))
        conf([], default_config_files=[])
        conf.set_override('enabled_backends', {'vc': kind, 'web': 'http'})
        multi_backend.register_store_opts(conf)
        options = {
            'vmware_server_host': host or self.vcenter.host,
            'vmware_server_username': self.vcenter.user,
            'vmware_server_password': self.vcenter.password,
            'vmware_ca_file': self.vcenter.ca_file,
            'vmware_datastores': ['DC0:one:1'], **more}
        for name, value in options.items():
            conf.set_override(name, value, group='vc')
        with mock.patch.dict(location.SCHEME_TO_CLS_BACKEND_MAP,
                             clear=True):
            multi_backend.create_multi_stores(conf)
            with mock.patch.object(multi_backend, 'CONF', conf):
                return multi_backend.get_store_from_store_identifier('vc')

    def ours_options(self):
        return {'vsphere_reservations': f'sqlite:///{self.home}/ledger',
                'vsphere_sweep_interval': 0.0, 'vmware_api_retry_count': 1}

    def test_a_store_of_its_type_is_found(self):
        self.assertRaises(exceptions.UnknownScheme, self.load, 'vmware')
        store = self.load('vsphere', **self.ours_options())
        self.assertEqual({('one', 'image')}, self.added(store))
        self.record('G1', 'enabled_backends = vc:vmware, as the only change',
                    'UnknownScheme: glance-api does not find its store',
                    'vc:vsphere takes images')

    def added(self, store):
        stores.add(store, 'image', b'bits')
        return self.images()

    def test_a_vcenter_that_is_away_stops_nobody(self):
        self.vcenter.stop()
        self.addCleanup(
            lambda: self.vcenter.running or self.vcenter.start())
        # It would not return before the vCenter is back.
        theirs = threading.Thread(
            target=self.upstream, args=('DC0:one:1',), daemon=True)
        theirs.start()
        store = self.load('vsphere', **self.ours_options())
        error = self.assertRaises(
            exceptions.StorageWriteDenied, stores.add, store, 'i', b'bits')
        self.assertIn(self.vcenter.host, str(error))
        self.assertTrue(theirs.is_alive())
        self.vcenter.start()
        cloud.wait_until(lambda: self.works(store), 'the store to recover')
        self.assertEqual({('one', 'image')}, self.images())
        self.record('G2', 'The vCenter does not answer when glance-api starts',
                    'glance-api does not start before it does',
                    'it starts; the store says what is wrong, and works when '
                    'the vCenter is back')
        theirs.join(cloud.TIMEOUT)
        self.assertFalse(theirs.is_alive())

    def works(self, store):
        try:
            stores.add(store, 'image', b'bits')
        except exceptions.StorageWriteDenied:
            return False  # it asks one that does not answer only now and then
        return True


class TestChoice(_Base):
    """G2, before the first byte."""

    def test_a_datastore_in_maintenance(self):
        self.vcenter.change('one', maintenance='inMaintenance')
        weights = 'DC0:one:2', 'DC0:two:1'
        stores.add(self.upstream(*weights), 'theirs', b'bits')
        stores.add(self.ours(*weights), 'ours', b'bits')
        self.assertEqual({('one', 'theirs'), ('two', 'ours')}, self.images())
        self.record('G2', 'The datastore with most weight is in maintenance',
                    'the image is written to it', 'the next one takes it')

    def test_a_datastore_that_is_not_accessible(self):
        self.vcenter.change('one', accessible=False)
        weights = 'DC0:one:2', 'DC0:two:1'
        self.assertRaises(exceptions.BackendException, stores.add,
                          self.upstream(*weights), 'theirs', b'bits')
        stores.add(self.ours(*weights), 'ours', b'bits')
        self.assertEqual({('two', 'ours')}, self.images())
        self.record('G2', 'The datastore with most weight is not accessible',
                    'the upload fails', 'the next one takes it')

    def test_a_datastore_that_is_not_there(self):
        lines = 'DC0:gone:2', 'DC0:two:1'
        self.assertRaises(exceptions.BadStoreConfiguration, self.upstream,
                          *lines)
        stores.add(self.ours(*lines), 'ours', b'bits')
        self.assertEqual({('two', 'ours')}, self.images())
        self.record('G2', 'One of two datastores does not exist',
                    'the store takes no image at all',
                    'the other one takes them; the log names the missing one')

    def test_colons_in_names(self):
        line = r'D\:C:co\:lon:7'
        self.assertRaises(ValueError, self.upstream, line)
        stores.add(self.ours(line), 'ours', b'bits')
        self.assertEqual({('co:lon', 'ours')}, self.images())
        self.record('G2', 'A colon in the names of datacenter and datastore',
                    'cannot be written', r'\: is a colon of the name')

    def test_one_datastore_the_old_way(self):
        old = {'vmware_datastores': None, 'vmware_datastore_name': 'two',
               'vmware_datacenter_path': 'DC0'}
        self.assertRaises(cfg.NoSuchOptError, self.upstream, **old)
        stores.add(self.ours(**old), 'ours', b'bits')
        self.assertEqual({('two', 'ours')}, self.images())
        self.record('G2', 'vmware_datastore_name instead of vmware_datastores',
                    'is not known any more',
                    'is taken, with a warning that tells the new form')


class TestUploads(_Base):
    """G2, from the first byte on."""

    LINE = 'DC0:one:1'

    def both(self, name, data, upstream, ours):
        """Upload with both; each is an error that must come, or None."""
        for store, kind, error in (
                (self.upstream(self.LINE), 'theirs', upstream),
                (self.ours(self.LINE), 'ours', ours)):
            if error:
                self.assertRaises(error, stores.add, store, kind, data)
            else:
                stores.add(store, kind, data)

    def test_a_connection_that_breaks_leaves_nothing(self):
        self.vcenter.fault('PUT', drop=True, after=MIB, count=-1)
        self.both('image', bytes(2 * MIB), exceptions.BackendException,
                  stores.ADD_ERRORS)
        self.assertEqual({('one', 'theirs')}, self.images())
        self.record('G2', 'The connection breaks in the middle of an upload',
                    'a part of the image stays under its name for good',
                    'nothing is left')

    def test_what_arrived_is_compared_with_what_was_sent(self):
        self.vcenter.fault('PUT', keep=MIB, count=-1)
        self.both('image', bytes(2 * MIB), None, stores.ADD_ERRORS)
        self.assertEqual({('one', 'theirs')}, self.images())
        path = (self.vcenter.directory('one') / stores.FOLDER / 'theirs')
        self.assertEqual(MIB, path.stat().st_size)
        self.record('G2', 'The datastore keeps half of what was sent',
                    'success; the image is half',
                    'an error; nothing is left')

    def test_an_id_that_is_taken(self):
        results = {}
        for kind, store in (('theirs', self.upstream(self.LINE)),
                            ('ours', self.ours(self.LINE))):
            stores.add(store, kind, b'first')
            with contextlib.suppress(exceptions.Duplicate):
                stores.add(store, kind, b'second')
            uri = f'vsphere://{self.vcenter.host}/folder/{stores.FOLDER}/'
            results[kind] = stores.read(
                store, f'{uri}{kind}?dsName=one&dcPath=DC0')
        self.assertEqual({'theirs': b'second', 'ours': b'first'}, results)
        self.record('G2', 'A second upload of an id',
                    'replaces the image, without a word', 'Duplicate')

    def test_uploads_at_once_do_not_promise_the_same_room(self):
        weights = 'DC0:one:2', 'DC0:two:1'
        data = os.urandom(30 * MIB)

        def uploads(store, prefix):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                return [future.exception() for future in [
                    pool.submit(stores.add, store, f'{prefix}-{number}', data)
                    for number in range(8)]]

        # None ends before the last has begun.
        self.vcenter.change('one', free=100 * MIB)
        self.vcenter.rate(40 * MIB)
        theirs = uploads(self.upstream(*weights), 'theirs')
        self.vcenter.clear()
        self.vcenter.change('one', free=100 * MIB)
        self.vcenter.rate(0)
        ours = uploads(self.ours(*weights), 'ours')
        self.assertTrue(any(theirs))
        self.assertEqual([None] * 8, ours)
        held = [datastore for datastore, _ in self.images()]
        self.assertEqual((3, 5), (held.count('one'), held.count('two')))
        failed = sum(error is not None for error in theirs)
        self.record('G2', '8 uploads of 30 MiB at once, the first datastore '
                    'with room for 3, the second with 512 GiB',
                    f'{failed} failed, for want of room', '8 succeeded')

    def test_certificates_of_the_environment(self):
        bundle = os.path.join(self.home, 'bundle.pem')
        with open(self.other().ca_file) as source, open(bundle, 'w') as copy:
            copy.write(source.read())
        theirs, ours = self.upstream(self.LINE), self.ours(self.LINE)
        self.useFixture(
            fixtures.EnvironmentVariable('REQUESTS_CA_BUNDLE', bundle))
        self.assertRaises(exceptions.BackendException, stores.add, theirs,
                          'theirs', b'bits')
        stores.add(ours, 'ours', b'bits')
        stores.add(self.ours(self.LINE), 'later', b'bits')
        self.record('G2', 'REQUESTS_CA_BUNDLE is set, and so is '
                    'vmware_ca_file', 'the environment wins; the upload fails',
                    'vmware_ca_file counts')

    def other(self):
        return self.useFixture(
            fixture.SharedVCenter((Datastore('elsewhere'),))).vcenter


class TestLocations(_Base):

    def test_a_location_of_another_server_is_asked_nothing(self):
        other = self.useFixture(
            fixture.SharedVCenter((Datastore('one'),))).vcenter
        uri = (f'vsphere://{other.address}/folder/{stores.FOLDER}/image'
               f'?dsName=one&dcPath=DC0')
        insecure = {'vmware_insecure': True, 'vmware_ca_file': None}
        theirs = self.upstream('DC0:one:1', vmware_api_retry_count=1,
                               **insecure)
        # It is 401 there, whatever the cookie; upstream takes that for the
        # image.
        stores.read(theirs, uri)
        asked = other.stats()['http']
        self.assertTrue(asked)
        ours = self.ours('DC0:one:1', **insecure)
        for call in (ours.get, ours.get_size, ours.delete):
            self.assertRaises(exceptions.BadStoreUri, call,
                              stores.locate(ours, uri))
        self.assertEqual(asked, other.stats()['http'])
        self.record('G2', 'An image location on another server',
                    'it gets a request with the session cookie',
                    'refused before any request')

    def test_other_folders_and_datastores(self):
        directory = self.vcenter.directory('two')
        for path in ('secret/vm.vmdk', 'openstack_glance/image'):
            (directory / path).parent.mkdir(exist_ok=True)
            (directory / path).write_bytes(b'precious')
        uris = [
            f'vsphere://{self.vcenter.host}/folder/{path}?{query}'
            for path, query in (
                ('secret/vm.vmdk', 'dsName=two&dcPath=DC0'),
                ('openstack_glance/../secret/vm.vmdk',
                 'dsName=two&dcPath=DC0'),
                ('openstack_glance/%2e%2e/secret/vm.vmdk',
                 'dsName=two&dcPath=DC0'),
                ('openstack_glance/image', 'dsName=two&dcPath=DC0'))]
        theirs, ours = self.upstream('DC0:one:1'), self.ours('DC0:one:1')
        self.assertEqual(b'precious', stores.read(theirs, uris[0]))
        for uri in uris:
            for call in (ours.get, ours.get_size, ours.delete):
                with self.at_most(0):
                    self.assertRaises(exceptions.BadStoreUri, call,
                                      stores.locate(ours, uri))
        self.assertEqual({('two', 'secret/vm.vmdk'),
                          ('two', 'openstack_glance/image')},
                         self.vcenter.files())
        self.record('G2', 'An image location that names the disk of a '
                    'virtual machine', 'it is read out, or deleted',
                    'refused before any request')

    def test_images_of_both_are_read_and_deleted_by_both(self):
        data = os.urandom(MIB)
        theirs, ours = self.upstream('DC0:one:1'), self.ours('DC0:one:1')
        for writer, reader in ((theirs, ours), (ours, theirs)):
            uri = stores.add(writer, 'image', data)[0]
            self.assertEqual(data, stores.read(reader, uri))
            self.assertEqual(
                MIB, reader.get_size(stores.locate(reader, uri)))
            reader.delete(stores.locate(reader, uri))
            self.assertEqual(set(), self.images())


class TestCalls(stores.TestCase):

    UNPORTED = True
    DATASTORES = tuple(Datastore(f'datastore{number}')
                       for number in range(20))

    def test_calls_to_configure_and_to_upload(self):
        lines = [f'DC0:{datastore.name}:1' for datastore in self.DATASTORES]
        made = {}
        for kind, make in (('upstream', self.upstream), ('ours', self.ours)):
            before = self.calls()
            store = make(*lines)
            configured = self.calls()
            stores.add(store, kind, b'bits')
            made[kind] = (configured - before, self.calls() - configured)
        self.assertLessEqual(made['ours'][0], 10)
        self.assertGreater(made['upstream'][0], 200)
        self.assertGreater(made['upstream'][1], 20)
        self.assertLess(made['ours'][1], 8)
        self.record(
            'G2', 'SOAP calls with 20 datastores of one weight', *(
                '{} to configure, {} an upload'.format(*made[kind])
                for kind in ('upstream', 'ours')))
