"""The simulated vCenter, as upstream's own clients see it."""

import io
import os

from glance_store import location
from glance_store._drivers import vmware_datastore
from oslo_config import cfg
from oslo_vmware import api
from oslo_vmware import exceptions
from oslo_vmware import vim_util
import testtools

from tests.functional.vcenter import fixture
from tests.functional.vcenter import simulator

MIB = simulator.MIB


def session(vcenter, **more):
    """Return oslo.vmware's session with a simulator."""
    return api.VMwareAPISession(
        vcenter.host, vcenter.user, vcenter.password, 1, 0.1,
        port=vcenter.port, cacert=vcenter.ca_file, **more)


class TestInventory(testtools.TestCase):

    NAMES = ['plain', 'with blank', 'a:colon', 'back\\slash', "quote'",
             'quote"', '100%25', 'ärgerlich-日本', '[bracket]']

    def test_names_folders_pods_and_pages(self):
        self.useFixture(fixture.NoProxies())
        vcenter = self.useFixture(fixture.VCenter([
            simulator.Datastore(
                name, 'east/DC: 1' if number % 2 else 'DC0',
                pod='gold' if number % 3 else '')
            for number, name in enumerate(self.NAMES)])).vcenter
        vim = session(vcenter)
        datacenter = vim.invoke_api(
            vim.vim, 'FindByInventoryPath',
            vim.vim.service_content.searchIndex,
            inventoryPath='east/DC: 1')
        self.assertEqual('DC: 1', vim.invoke_api(
            vim_util, 'get_object_property', vim.vim, datacenter, 'name'))
        vcenter.page(2)
        found, calls = [], vcenter.stats()['calls']
        answer = vim.invoke_api(
            vim_util, 'get_objects', vim.vim, 'Datastore', 100,
            ['summary.name'])
        while answer:
            found += [item.propSet[0].val for item in answer.objects]
            answer = vim.invoke_api(
                vim_util, 'continue_retrieval', vim.vim, answer)
        self.assertEqual(sorted(self.NAMES), sorted(found))
        self.assertLess(calls + 1, vcenter.stats()['calls'])


class TestUpstreamsDriver(testtools.TestCase):

    def store(self, vcenter, *datastores):
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        store = vmware_datastore.Store(conf, backend='vc')
        for name, value in (
                ('server_host', vcenter.host),
                ('server_username', vcenter.user),
                ('server_password', vcenter.password),
                ('ca_file', vcenter.ca_file),
                ('task_poll_interval', 1),
                ('datastores', list(datastores))):
            conf.set_override(f'vmware_{name}', value, group='vc')
        store.configure(re_raise_bsc=True)
        self.assertTrue(store.is_capable())
        return store

    def test_its_whole_way(self):
        fixture.require()
        self.useFixture(fixture.NoProxies())
        vcenter = self.useFixture(fixture.VCenter(
            [simulator.Datastore('one', free=MIB),
             simulator.Datastore('two')],
            fixture.unported())).vcenter
        store = self.store(vcenter, 'DC0:one:2', 'DC0:two:1')
        data = os.urandom(2 * MIB)
        uri, size, *_ = store.add('image', io.BytesIO(data), len(data),
                                  'sha512')
        self.assertEqual(len(data), size)
        self.assertEqual({('two', 'openstack_glance/image')},
                         vcenter.files())
        where = location.Location(
            'vsphere', vmware_datastore.StoreLocation, store.conf, uri=uri,
            backend='vc')
        self.assertEqual(len(data), store.get_size(where))
        self.assertEqual(data, b''.join(store.get(where)[0]))
        store.delete(where)
        self.assertEqual(set(), vcenter.files())


class TestFaults(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixture.NoProxies())
        self.vcenter = self.useFixture(fixture.SharedVCenter()).vcenter
        self.session = session(self.vcenter)
        self.addCleanup(self.session.logout)

    def call(self):
        """Return the datacenter."""
        vim = self.session.vim
        return self.session.invoke_api(
            vim, 'FindByInventoryPath', vim.service_content.searchIndex,
            inventoryPath='DC0')

    def move(self):
        vim, datacenter = self.session.vim, self.call()
        return self.session.wait_for_task(self.session.invoke_api(
            vim, 'MoveDatastoreFile_Task', vim.service_content.fileManager,
            sourceName='[datastore1] a', sourceDatacenter=datacenter,
            destinationName='[datastore1] b'))

    def test_once_and_always_and_not_after_a_reset(self):
        self.vcenter.fault('FindByInventoryPath', fault='NoPermission')
        self.assertRaises(exceptions.NoPermissionException, self.call)
        self.call()
        self.vcenter.fault('FindByInventoryPath', fault='NoPermission', count=-1)
        for _ in range(3):
            self.assertRaises(exceptions.NoPermissionException, self.call)
        self.vcenter.reset()
        self.call()

    def test_a_task_that_fails_and_one_whose_answer_is_lost(self):
        directory = self.vcenter.directory('datastore1')
        (directory / 'a').write_bytes(b'x')
        self.vcenter.fault('MoveDatastoreFile_Task', task=True,
                           fault='FileLocked', wait=300)
        self.assertRaises(exceptions.FileLockedException, self.move)
        self.assertEqual(['a'], os.listdir(directory))
        self.vcenter.fault('MoveDatastoreFile_Task', task=True, wait=300)
        self.move()
        self.assertEqual(['b'], os.listdir(directory))
        (directory / 'b').rename(directory / 'a')
        self.vcenter.fault('MoveDatastoreFile_Task', done=True,
                           fault='SystemError')
        self.assertRaises(exceptions.VimException, self.move)
        self.assertEqual(['b'], os.listdir(directory))

    def test_a_mistake_in_a_fault_is_told(self):
        error = self.assertRaises(
            ValueError, self.vcenter.fault, 'PUT', statsu=500)
        self.assertIn('statsu', str(error))

    def test_sessions_end(self):
        self.assertTrue(self.session.is_current_session_active())
        self.assertEqual(1, self.vcenter.expire())
        self.assertEqual(0, self.vcenter.stats()['sessions'])
        self.assertFalse(self.session.is_current_session_active())

    def test_a_restart_finds_its_certificate_and_its_files(self):
        (self.vcenter.directory('datastore1') / 'a').write_bytes(b'x')
        with open(self.vcenter.ca_file) as before:
            authority = before.read()
        address = self.vcenter.address
        self.vcenter.stop()
        self.vcenter.start()
        with open(self.vcenter.ca_file) as after:
            self.assertEqual(authority, after.read())
        self.assertEqual(address, self.vcenter.address)
        self.assertEqual({('datastore1', 'a')}, self.vcenter.files())
        again = session(self.vcenter)
        self.assertTrue(again.is_current_session_active())
        again.logout()

    def test_a_datastore_goes_and_comes_back(self):
        (self.vcenter.directory('datastore1') / 'a').write_bytes(b'x')
        for gone in (True, False):
            self.vcenter.change('datastore1', gone=gone)
            row, = self.vcenter.datastores()
            self.assertEqual(gone, row['gone'])
        self.vcenter.change('datastore1', gone=True, free=7)
        self.vcenter.reset()
        row, = self.vcenter.datastores()
        self.assertEqual((False, simulator.TIB // 2 - 1),
                         (row['gone'], row['free']))
        self.move()
        self.assertEqual({('datastore1', 'b')}, self.vcenter.files())
