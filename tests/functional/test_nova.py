"""Instances start where their image already lies: upstream beside ours."""

import functools
import inspect
import json
import threading
from unittest import mock

import ddt
import fixtures
import testtools

from cinder_glance_multistore.nova import held
from cinder_glance_multistore.placement import holders
from cinder_glance_multistore.placement import ledger
from tests import defects
from tests import quiet
from tests import turns
from tests.functional.nova import compute
from tests.functional.vcenter import fixture
from tests.functional.vcenter import simulator

GIB = simulator.GIB
MIB = simulator.MIB

DATASTORES = tuple(simulator.Datastore(f'ds{number}', capacity=100 * GIB,
                                       free=50 * GIB,
                                       type='VMFS' if number < 4 else 'NFS')
                   for number in range(5))


class TestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(quiet.Quiet())
        self.useFixture(fixture.NoProxies())
        self.vcenter = self.useFixture(fixture.SharedVCenter(
            DATASTORES, host_name='127.0.0.1')).vcenter
        self.nova = self.useFixture(compute.Nova(self.vcenter))
        self.images = self.nova.images

    def option(self, **options):
        self.nova.set('vmware_multistore', **options)

    def free(self, **gib):
        """Set what is free; datastores not named have nothing."""
        for datastore in DATASTORES:
            self.vcenter.change(
                datastore.name,
                free=int(gib.get(datastore.name, 0) * GIB))

    def home(self, which, instance):
        return which.disk(instance)[0].partition('] ')[0].strip('[')

    def started(self, found):
        """Return what ``spawn_all`` did, if all of it was started."""
        for one in found:
            if isinstance(one, Exception):
                raise one
        return found

    def base(self, which, instance):
        return which.disk(instance)[-1].partition('] ')[0].strip('[')

    def cached(self, image_id):
        """Return the datastores that hold an image in their cache."""
        return {datastore for datastore, path in self.vcenter.files()
                if path == f'cache_base/{image_id}/{image_id}.vmdk'}

    def content(self, datastore, image_id):
        path = (self.vcenter.directory(datastore) / 'cache_base' / image_id
                / f'{image_id}-flat.vmdk')
        return path.read_bytes()

    def temporary(self):
        return {(datastore, path) for datastore, path in self.vcenter.files()
                if path.startswith('vmware_temp/')}

    def machines(self):
        return {path.partition('/')[0] for _, path in self.vcenter.files()
                if path.endswith('.vmx')}

    def promises(self, which):
        return which.driver._vmops._selection.held.promised()

    def across(self):
        """Return (compute, instance): on ds1, its base on ds0."""
        self.option(link_across_datastores=True)
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=5, ds1=3)
        which.spawn(image_id)
        self.free(ds0=0.5, ds1=30)
        instance = which.spawn(image_id)
        self.assertEqual(('ds1', 'ds0'), (self.home(which, instance),
                                          self.base(which, instance)))
        return which, instance

    def record(self, defect, what, upstream, ours):
        defects.record('functional', defect, what, upstream, ours)


@ddt.ddt
class TestSpawn(TestCase):

    def test_an_image_is_downloaded_once_and_not_once_a_datastore(self):
        calls = {}
        for name, datastores in (('upstream', {'ds0', 'ds1'}),
                                 ('ours', {'ds0'})):
            which = self.nova.driver(name)
            image_id = self.images.add()
            self.images.forget()
            self.free(ds0=40, ds1=20)
            which.spawn(image_id)
            self.free(ds0=20, ds1=40)
            before = self.vcenter.stats()['calls']
            instance = which.spawn(image_id)
            calls[name] = self.vcenter.stats()['calls'] - before
            self.assertEqual([image_id] * len(datastores),
                             self.images.downloads)
            self.assertEqual(datastores, self.cached(image_id))
            self.assertEqual(max(datastores), self.home(which, instance))
        # Finding out costs less than downloading does.
        self.assertLess(calls['ours'], calls['upstream'])
        self.record('N1', 'an image that one datastore holds, another has '
                    'more room', 'downloaded again', 'not downloaded')

    def test_ten_at_once_of_a_new_image_download_it_once(self):
        for name in ('upstream', 'ours'):
            self.free(**{each.name: 30 for each in DATASTORES})
            which = self.nova.driver(name)
            image_id = self.images.add()
            self.images.forget()
            found = which.spawn_all([(image_id, 1 + number % 2)
                                     for number in range(10)])
            homes = {self.home(which, instance)
                     for instance in self.started(found)}
            if name == 'ours':
                self.assertEqual([image_id], self.images.downloads)
                self.assertEqual(1, len(homes))
                self.assertEqual({}, self.promises(which))
            self.assertEqual(self.cached(image_id), homes)
            self.assertEqual(set(), self.temporary())

    def test_at_once_where_no_datastore_has_room_for_all(self):
        # Each has room for the image and two instances of 2 GiB.
        self.free(ds0=7, ds1=7, ds2=7)
        which = self.nova.driver('ours')
        image_id = self.images.add()
        # None has begun to write before all have chosen.
        from nova.virt.vmwareapi import vm_util
        barrier = threading.Barrier(6)
        create = vm_util.create_vm

        def together(*args, **kwargs):
            barrier.wait(120)
            return create(*args, **kwargs)

        with mock.patch.object(vm_util, 'create_vm', together):
            found = which.spawn_all([(image_id, 2)] * 6)
        self.assertEqual(
            ['ds0', 'ds0', 'ds1', 'ds1', 'ds2', 'ds2'],
            sorted(self.home(which, instance)
                   for instance in self.started(found)))
        # One download; the others were copied inside the vCenter.
        self.assertEqual([image_id], self.images.downloads)
        for datastore in ('ds0', 'ds1', 'ds2'):
            self.assertEqual(self.images.data(image_id),
                             self.content(datastore, image_id))
        error = which.spawn_all([(image_id, 8)])[0]
        self.assertEqual('DatastoreNotFound', type(error).__name__)
        self.assertIn('ds1: has ', str(error))
        self.assertEqual({}, self.promises(which))

    def test_a_datastore_in_maintenance_is_left(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=40, ds1=20)
        which.spawn(image_id)
        self.vcenter.change('ds0', maintenance='inMaintenance')
        instance = which.spawn(image_id)
        self.assertEqual('ds1', self.home(which, instance))
        self.assertEqual(2, len(self.images.downloads))
        self.vcenter.change('ds1', accessible=False)
        error = which.spawn_all([(image_id,)])[0]
        self.assertIn('ds0: is in maintenance mode (inMaintenance)',
                      str(error))
        self.assertIn('ds1: is not accessible', str(error))

    def test_without_copying_it_is_downloaded(self):
        self.option(copy_between_datastores=False)
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=5)
        which.spawn(image_id)
        self.free(ds1=5)
        which.spawn(image_id)
        self.assertEqual(2, len(self.images.downloads))

    def test_a_copy_that_fails_becomes_a_download(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=5)
        which.spawn(image_id)
        self.free(ds1=5)
        self.vcenter.fault('CopyVirtualDisk_Task', fault='NoDiskSpace',
                           task=True)
        instance = which.spawn(image_id)
        self.assertEqual('ds1', self.home(which, instance))
        self.assertEqual(2, len(self.images.downloads))
        self.assertEqual(set(), self.temporary())

    def test_a_download_that_fails_is_not_believed_to_be_there(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=5)
        self.vcenter.fault('PUT', status=500, count=-1)
        error = which.spawn_all([(image_id,)])[0]
        self.assertIsInstance(error, Exception)
        self.assertEqual({}, self.promises(which))
        self.vcenter.reset()
        self.free(ds1=5)
        instance = which.spawn(image_id)
        self.assertEqual('ds1', self.home(which, instance))

    @ddt.data('CreateVM_Task', 'SearchDatastore_Task', 'MoveDatastoreFile_Task',
              'CopyVirtualDisk_Task', 'ExtendVirtualDisk_Task',
              'ReconfigVM_Task', 'PowerOnVM_Task')
    def test_a_spawn_that_fails_on_its_way_promises_nothing(self, method):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=12)
        self.vcenter.fault(method, fault='SystemError', task=True, count=-1)
        error = which.spawn_all([(image_id, 5)])[0]
        self.assertIsInstance(error, Exception)
        self.assertEqual({}, self.promises(which))
        self.vcenter.reset()
        self.free(ds0=12)
        instance = which.spawn(image_id, 5)
        self.assertEqual('ds0', self.home(which, instance))

    def test_a_base_that_is_broken_is_not_preferred_again(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=40, ds1=20)
        which.spawn(image_id)
        flat = (self.vcenter.directory('ds0') / 'cache_base' / image_id
                / f'{image_id}-flat.vmdk')
        flat.rename(flat.with_suffix('.lost'))
        error = which.spawn_all([(image_id, 2)])[0]
        self.assertIsInstance(error, Exception)
        instance = which.spawn(image_id, 2)
        self.assertEqual('ds1', self.home(which, instance))
        self.assertEqual(self.images.data(image_id),
                         self.content('ds1', image_id))
        # Where there is no other it is tried: it may be whole again.
        self.vcenter.change('ds1', maintenance='inMaintenance')
        flat.with_suffix('.lost').rename(flat)
        instance = which.spawn(image_id, 3)
        self.assertEqual('ds0', self.home(which, instance))

    def test_full_clones_are_copied_from_where_the_image_is(self):
        which = self.nova.driver('ours')
        image_id = self.images.add(img_linked_clone=False)
        self.free(ds0=5)
        which.spawn(image_id)
        self.free(ds1=5)
        instance = which.spawn(image_id)
        disk, = which.disk(instance)
        self.assertTrue(disk.startswith('[ds1] '))
        self.assertEqual({'ds0'}, self.cached(image_id))
        self.assertEqual([image_id], self.images.downloads)


    def test_only_what_the_storage_policy_matches(self):
        from nova import exception
        # In the simulator that is NFS, which is ds4.
        policy = {'vmware:storage_policy': 'VM Encryption Policy'}
        self.nova.set(pbm_enabled=True,
                      pbm_default_policy='vSAN Default Storage Policy')
        image_id = self.images.add()
        self.free(ds0=40, ds4=20)
        upstream = self.nova.driver('upstream')
        self.assertRaises(AttributeError, upstream.spawn, image_id,
                          extra_specs=policy)
        which = self.nova.driver('ours')
        instance = which.spawn(image_id)
        self.assertEqual('ds0', self.home(which, instance))
        instance = which.spawn(image_id, extra_specs=policy)
        self.assertEqual('ds4', self.home(which, instance))
        error = self.assertRaises(
            exception.DatastoreNotFound, which.spawn, image_id, 20,
            extra_specs=policy)
        self.assertNotIn('ds0', str(error))
        error = self.assertRaises(
            exception.DatastoreNotFound, which.spawn, image_id,
            extra_specs={'vmware:storage_policy': 'Glod'})
        self.assertIn("no storage policy 'Glod'", str(error))
        self.record('N7', 'an instance with a storage policy',
                    'AttributeError', 'goes where the policy allows')


    def test_an_image_where_no_instance_may_go_is_copied_from_there(self):
        image_id = self.images.add()
        self.free(ds0=40)
        self.nova.driver('ours').spawn(image_id)
        self.nova.set(datastore_regex='ds[1-9]')
        self.free(ds0=40, ds1=20)
        which = self.nova.driver('ours')
        instance = which.spawn(image_id)
        self.assertEqual('ds1', self.home(which, instance))
        self.assertEqual([image_id], self.images.downloads)
        self.assertEqual(self.images.data(image_id),
                         self.content('ds1', image_id))


@ddt.ddt
class TestDownload(TestCase):

    def cut(self, which, image_id, **how):
        """Start an instance; the transfer ends after half of the image.

        All of it is sent by then: it is small.
        """
        self.free(ds0=40)
        self.vcenter.fault('PUT', after=len(self.images.data(image_id)) // 2,
                           **how)
        return which.spawn_all([(image_id,)])[0]

    def left(self, image_id):
        """Return what a download has left behind."""
        home = self.vcenter.directory('ds0')
        return [*home.glob('vmware_temp/*'),
                *home.glob(f'cache_base/{image_id}')]

    @ddt.data({'drop': True}, {'status': 507})
    def test_a_part_of_an_image_is_not_kept(self, how):
        image_id = self.images.add(12 << 10)
        self.started([self.cut(self.nova.driver('upstream'), image_id,
                               **how)])
        self.assertEqual(self.images.data(image_id)[:6 << 10],
                         self.content('ds0', image_id))

        which = self.nova.driver('ours')
        image_id = self.images.add(12 << 10)
        error = self.cut(which, image_id, **how)
        self.assertEqual('CouldNotFetchImage', type(error).__name__, error)
        self.assertIn(f'Of the 12288 bytes of image {image_id}, 6144 have '
                      f'arrived on the datastore ds0', str(error))
        self.assertEqual([], self.left(image_id))
        self.assertEqual({}, self.promises(which))
        which.spawn(image_id)
        self.assertEqual(self.images.data(image_id),
                         self.content('ds0', image_id))
        self.record('N8', 'a download to a datastore, ended after the half '
                    f'by {"its connection" if "drop" in how else "HTTP 507"}',
                    'the half is the image in the cache',
                    'CouldNotFetchImage, nothing is left')

    def test_of_an_image_that_is_converted_neither(self):
        which = self.nova.driver('ours')
        image_id = self.images.add(12 << 10, hw_disk_type='sparse')
        error = self.cut(which, image_id, drop=True)
        self.assertEqual('CouldNotFetchImage', type(error).__name__, error)
        self.assertEqual([], self.left(image_id))

    def test_of_one_that_is_refused_at_once_nothing_is_kept(self):
        which = self.nova.driver('ours')
        image_id = self.images.add(12 << 10)
        self.free(ds0=40)
        self.vcenter.fault('PUT', status=503)
        error = which.spawn_all([(image_id,)])[0]
        self.assertIsInstance(error, Exception)
        self.assertEqual([], self.left(image_id))

    def test_what_is_left_when_it_cannot_be_removed_is_told(self):
        which = self.nova.driver('ours')
        image_id = self.images.add(12 << 10)
        logged = self.useFixture(fixtures.FakeLogger(
            'cinder_glance_multistore.nova.vmops'))
        # Upstream deletes the empty disk first, whose place it takes.
        self.vcenter.fault('DeleteDatastoreFile_Task', skip=1,
                           fault='NoPermission', task=True)
        error = self.cut(which, image_id, drop=True)
        self.assertEqual('CouldNotFetchImage', type(error).__name__, error)
        self.assertIn('cannot be removed; do it in vCenter', logged.output)


class TestThreads(TestCase):

    def test_each_gets_its_own_answers(self):
        from nova.virt.vmwareapi import ds_util
        from oslo_vmware import vim_util
        session = compute.connect(self.vcenter)
        self.addCleanup(session.logout)
        self.nova.share(session)
        got = {}
        for name in ('upstream', 'ours'):
            driver = self.nova.driver(name).driver
            one, other, *_ = ds_util.get_available_datastores(
                session, driver._cluster_ref)
            got[name] = turns.two_at_once(*(
                functools.partial(session._call_method, vim_util,
                                  'get_object_property', each.ref, 'name')
                for each in (one, other)))
        self.assertEqual({'upstream': (other.name, other.name),
                          'ours': (one.name, other.name)}, got)
        self.record('N6', 'two threads ask a vCenter over one session',
                    "one is given the other's answer",
                    'each is given its own')


class TestKnown(TestCase):

    def test_what_is_believed_is_looked_at_before_it_is_used(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=40, ds1=20)
        which.spawn(image_id)
        # Somebody else empties the cache.
        from oslo_vmware.objects import datastore as ds_obj
        ops = which.driver._vmops
        seen = ops._selection.datastores()['ds0'].datastore
        from nova.virt.vmwareapi import ds_util
        ds_util.file_delete(
            ops._session, ds_obj.DatastorePath('ds0', 'cache_base'),
            ops.get_datacenter_ref_and_name(seen.ref).ref)
        self.free(ds0=20, ds1=40)
        instance = which.spawn(image_id)
        self.assertEqual('ds1', self.home(which, instance))
        self.assertEqual({'ds1'}, self.cached(image_id))

    def test_the_caches_are_listed_once(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(**{each.name: 30 for each in DATASTORES})
        searches = []
        for _ in range(3):
            before = self.vcenter.stats()['soap'].get(
                'SearchDatastore_Task', 0)
            which.spawn(image_id)
            searches.append(self.vcenter.stats()['soap'][
                'SearchDatastore_Task'] - before)
        # Five lists, and one that looks at what was downloaded; then a look,
        # and the three that upstream makes.
        self.assertEqual([9, 4, 4], searches)

    def test_what_another_compute_has_cached_is_found(self):
        one = self.nova.driver('ours')
        other = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=20, ds1=10)
        one.spawn(image_id)
        self.free(ds0=10, ds1=20)
        instance = other.spawn(image_id)
        self.assertEqual('ds0', self.home(other, instance))
        self.assertEqual([image_id], self.images.downloads)


    def test_a_copy_that_another_compute_makes_is_waited_for(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=20)
        which.spawn(image_id)
        place = which.driver._vmops._selection.place(
            which.driver._vmops._selection.datastores()['ds0'])
        other = ledger.Ledger(
            self.nova.conf.vmware_multistore.reservations,
            holder=holders.Holder('other', 'realm', 1, 1),
            alive=lambda who: True)
        copies = self.vcenter.stats()['soap']['CopyVirtualDisk_Task']
        waits = threading.Event()
        wait = held.Held.wait_for_others

        def wait_for_others(itself, datastore, what):
            if what.endswith('.2.vmdk'):
                waits.set()
            wait(itself, datastore, what)

        # Whose host it is cannot be looked at; its lease counts.
        which.driver._vmops._selection.held._ledger._alive = lambda who: True
        with mock.patch.object(held.Held, 'wait_for_others',
                               wait_for_others):
            with other.reserve(
                    lambda: [place], GIB, scope=which.driver._vmops._selection
                    .held._scope,
                    key=held.cache_key(f'{image_id}.2.vmdk')):
                got = []
                thread = threading.Thread(
                    target=lambda: got.append(which.spawn(image_id, 2)))
                thread.start()
                self.assertTrue(waits.wait(120))
                self.assertEqual(copies, self.vcenter.stats()['soap'][
                    'CopyVirtualDisk_Task'])
            thread.join(120)
        self.assertEqual('ds0', self.home(which, got[0]))


    def test_two_computes_that_begin_at_once_give_way(self):
        from cinder_glance_multistore.nova import selection
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=20)
        on_the_way = held.Held.on_the_way
        seen = []

        def another(itself, what):
            # Two looks before the choice; then both have promised.
            seen.append(itself.promised())
            return {'ds0'} if len(seen) == 3 else on_the_way(itself, what)

        with mock.patch.object(held.Held, 'on_the_way', another), \
                mock.patch.object(selection, '_APART', 0):
            instance = which.spawn(image_id)
        self.assertEqual('ds0', self.home(which, instance))
        self.assertEqual([False, False, True, False, False, True],
                         [bool(promised) for promised in seen[:6]])


class TestAge(TestCase):

    def test_a_base_that_another_computes_instance_is_linked_to_stays(self):
        kept = {}
        for name in ('upstream', 'ours'):
            self.free(ds0=40)
            one, other = self.nova.driver(name), self.nova.driver(name)
            image_id = self.images.add()
            instance = one.spawn(image_id)
            for _ in range(2):
                other.age()
            kept[name] = bool(self.cached(image_id))
            one.destroy(instance)
            for _ in range(2):
                other.age()
            self.assertEqual(set(), self.cached(image_id))
        self.assertEqual({'upstream': False, 'ours': True}, kept)
        self.record('N2', 'an image in the cache that an instance of another '
                    'nova-compute is linked to', 'removed', 'kept')

    def test_a_base_on_another_datastore_stays_until_nobody_is_linked(self):
        which, instance = self.across()
        image_id = instance.image_ref
        linked = which.disk(instance)
        for _ in range(2):
            which.age()
        self.assertEqual(linked, which.disk(instance))
        self.assertEqual({'ds0'}, self.cached(image_id))

    def test_an_image_that_aged_is_downloaded_again(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=40, ds1=20)
        which.destroy(which.spawn(image_id))
        for _ in range(2):
            which.age()
        self.assertEqual(set(), self.cached(image_id))
        self.free(ds0=20, ds1=40)
        instance = which.spawn(image_id)
        self.assertEqual('ds1', self.home(which, instance))
        self.assertEqual(2, len(self.images.downloads))

    def test_nothing_ages_while_a_machine_cannot_be_read(self):
        from cinder_glance_multistore.nova import links
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=40)
        which.destroy(which.spawn(image_id))
        with mock.patch.object(links, 'linked_bases',
                               side_effect=links.CannotTell('it is lost')):
            for _ in range(2):
                which.age()
        self.assertEqual({'ds0'}, self.cached(image_id))


class TestLocations(TestCase):

    def locate(self, image_id, host, directory='openstack_glance',
               content=None):
        """Put an image where Glance would, on ds2; return its location."""
        path = self.vcenter.directory('ds2') / directory / image_id
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.images.data(image_id)
                         if content is None else content)
        url = (f'vsphere://{host}/folder/{directory}/{image_id}'
               f'?dcPath=DC0&dsName=ds2')
        self.images._images[image_id]['locations'].append(
            {'url': url, 'metadata': {}})

    def test_the_datastore_that_glance_uses_comes_first(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.locate(image_id, self.vcenter.host)
        self.free(ds0=40, ds2=20)
        instance = which.spawn(image_id)
        self.assertEqual('ds2', self.home(which, instance))
        self.assertEqual([], self.images.downloads)
        self.assertEqual(self.images.data(image_id),
                         self.content('ds2', image_id))

    def test_it_is_copied_inside_the_vcenter(self):
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.locate(image_id, self.vcenter.host)
        self.free(ds0=40)
        which.spawn(image_id)
        self.assertEqual([], self.images.downloads)
        self.assertEqual(self.images.data(image_id),
                         self.content('ds0', image_id))

    def test_a_location_of_another_vcenter_is_not_believed(self):
        theirs = b'not the image' * 1000
        for name in ('upstream', 'ours'):
            which = self.nova.driver(name)
            image_id = self.images.add()
            self.locate(image_id, 'other.example.org', content=theirs)
            self.free(ds0=40)
            which.spawn(image_id)
            self.assertEqual(
                theirs if name == 'upstream' else self.images.data(image_id),
                self.content('ds0', image_id))
        self.record('N3', 'an image location of another vCenter',
                    'taken for a file of this one', 'not believed')

    def test_a_second_location_that_is_ours_is_taken(self):
        which = self.nova.driver('ours')
        self.option(glance_vcenter_hosts=['vc.example.org'])
        image_id = self.images.add()
        self.locate(image_id, 'other.example.org', content=b'theirs')
        self.locate(image_id, 'vc.example.org')
        self.free(ds0=40)
        which.spawn(image_id)
        self.assertEqual([], self.images.downloads)
        self.assertEqual(self.images.data(image_id),
                         self.content('ds0', image_id))

    def test_a_rescue_does_not_believe_it_either(self):
        which = self.nova.driver('ours')
        self.free(ds0=40)
        instance = which.spawn(self.images.add())
        image_id = self.images.add()
        self.locate(image_id, 'other.example.org', content=b'theirs')
        which.rescue(instance, image_id)
        self.assertEqual(self.images.data(image_id),
                         self.content('ds0', image_id))


class TestAcross(TestCase):
    """Instances on ds1, linked to an image on ds0."""

    def test_nothing_is_downloaded_or_copied(self):
        self.across()
        self.assertEqual(1, len(self.images.downloads))
        self.assertEqual(
            1, self.vcenter.stats()['soap']['CopyVirtualDisk_Task'])

    def test_not_where_a_host_does_not_see_both(self):
        import dataclasses

        from cinder_glance_multistore.nova import datastores
        self.option(link_across_datastores=True)
        which = self.nova.driver('ours')
        image_id = self.images.add()
        self.free(ds0=5)
        which.spawn(image_id)
        self.free(ds1=30)
        allowed = datastores.allowed

        def one_host_less(*args, **how):
            seen = allowed(*args, **how)
            self.assertEqual(3, len(seen['ds0'].hosts))
            seen['ds0'] = dataclasses.replace(
                seen['ds0'], hosts=frozenset(sorted(seen['ds0'].hosts)[1:]))
            return seen

        with mock.patch.object(datastores, 'allowed', one_host_less):
            instance = which.spawn(image_id)
        self.assertEqual('ds1', self.base(which, instance))

    def test_destroy_leaves_the_base(self):
        which, instance = self.across()
        before = self.vcenter.files()
        which.destroy(instance)
        gone = before - self.vcenter.files()
        self.assertEqual({'ds1'}, {datastore for datastore, _ in gone})
        self.assertEqual(
            {instance.uuid}, {path.partition('/')[0] for _, path in gone})

    def test_resize_gives_it_a_disk_of_its_own(self):
        which, instance = self.across()
        which.resize(instance, root_gb=2)
        disk, = which.disk(instance)
        self.assertTrue(disk.startswith(f'[ds1] {instance.uuid}/'), disk)
        self.assertEqual({'ds0'}, self.cached(instance.image_ref))

    def test_resize_is_refused_where_it_has_no_room(self):
        from nova import exception
        which, instance = self.across()
        self.free(ds1=1.5)
        power = which.power(instance)
        error = self.assertRaises(exception.InstanceFaultRollback,
                                  which.resize, instance, root_gb=2)
        self.assertIn('on the datastore ds1, which has 1.5 GiB',
                      str(error.inner_exception))
        self.assertEqual(power, which.power(instance))

    def test_rescue_and_unrescue(self):
        which, instance = self.across()
        before = which.disk(instance)
        which.rescue(instance, instance.image_ref)
        self.assertIn(
            ('ds1', f'{instance.uuid}/{instance.image_ref}-rescue.vmdk'),
            self.vcenter.files())
        self.assertEqual(1, len(self.images.downloads))
        which.driver.unrescue(which.context, instance)
        self.assertEqual(before, which.disk(instance))

    def test_snapshot_is_refused_while_the_base_is_away(self):
        from nova import exception
        which, instance = self.across()
        self.vcenter.change('ds0', maintenance='inMaintenance')
        error = self.assertRaises(exception.InstanceUnacceptable,
                                  which.snapshot, instance)
        self.assertIn('ds0, which is in maintenance mode', str(error))


    def test_a_snapshot_has_the_bytes_of_the_base(self):
        which, instance = self.across()
        before = which.disk(instance), self.machines(), self.vcenter.files()
        metadata, content = which.snapshot(instance)
        self.assertEqual(self.images.data(instance.image_ref), content)
        self.assertEqual('streamOptimized',
                         metadata['properties']['vmware_disktype'])
        self.assertEqual(
            before,
            (which.disk(instance), self.machines(), self.vcenter.files()))
        self.assertNotIn('ConsolidateVMDisks_Task',
                         self.vcenter.stats()['soap'])

    def test_after_a_snapshot_the_disk_is_what_it_was(self):
        which, instance = self.across()
        session = which.driver._session
        before = which.disk(instance), self.vcenter.files()
        call = session._call_method

        def keeping_children(module, method, *args, **kwargs):
            # As where vSphere cannot merge them at once.
            if method == 'RemoveSnapshot_Task':
                kwargs['consolidate'] = False
            return call(module, method, *args, **kwargs)

        with mock.patch.object(session, '_call_method', keeping_children):
            which.snapshot(instance)
        self.assertEqual(
            1, self.vcenter.stats()['soap']['ConsolidateVMDisks_Task'])
        self.assertEqual(before,
                         (which.disk(instance), self.vcenter.files()))
        # That it cannot be consolidated does not cost the image.
        self.vcenter.fault('ConsolidateVMDisks_Task', fault='FileLocked',
                           task=True)
        with mock.patch.object(session, '_call_method', keeping_children):
            which.snapshot(instance)
        self.assertEqual(before[0], which.disk(instance)[1:])

    def test_swap_and_ephemeral_disks_are_at_home(self):
        which, first = self.across()
        self.free(ds0=3, ds1=30, ds2=2)
        instance = which.spawn(first.image_ref, ephemeral_gb=2, swap=512)
        self.assertEqual(('ds1', 'ds0'), (self.home(which, instance),
                                          self.base(which, instance)))
        self.assertEqual(
            {('ds1', f'{instance.uuid}/{name}')
             for name in ('ephemeral_0.vmdk', 'swap.vmdk')},
            {(datastore, path) for datastore, path in self.vcenter.files()
             if path.endswith(('/ephemeral_0.vmdk', '/swap.vmdk'))})


class TestRescue(TestCase):

    def test_another_image_is_that_image(self):
        for name in ('upstream', 'ours'):
            which = self.nova.driver(name)
            self.free(ds0=40)
            instance = which.spawn(self.images.add())
            image_id = self.images.add()
            which.rescue(instance, image_id)
            got = (instance.image_ref if name == 'upstream' else image_id)
            self.assertEqual(self.images.data(got),
                             self.content('ds0', image_id))
        self.record('N4', 'a rescue with another image than the instance has',
                    "the instance's image is cached under the other's id",
                    'the other image')


class TestOptions(TestCase):

    def test_a_mistake_is_named_at_the_start(self):
        from nova import exception
        for name, value, text in (
                ('keep_free', 'all', "keep_free is 'all'"),
                ('datastore_weights', ['ds1'], "datastore_weights has 'ds1'"),
                ('policy', 'wieght', "Did you mean 'weight'?"),
                ('reservations', 'oracle://u:secret@h/d',
                 '[vmware_multistore]reservations: ')):
            self.option(**{name: value})
            error = self.assertRaises(exception.InvalidInput,
                                      self.nova.driver, 'ours')
            self.assertIn(text, str(error))
            self.assertNotIn('secret', str(error))
            self.nova.conf.clear_override(name, 'vmware_multistore')

    def test_weights_and_what_is_kept_free(self):
        self.option(datastore_weights=['ds2:9', 'ds1:5'], keep_free='10G')
        which = self.nova.driver('ours')
        self.free(ds0=50, ds1=30, ds2=12)
        # ds2 could give 2 GiB; the instance needs that and the sized copy.
        instance = which.spawn(self.images.add(), 2)
        self.assertEqual('ds1', self.home(which, instance))


    def test_a_weight_of_no_datastore_is_told_once(self):
        self.option(datastore_weights=['ds1:1', 'sd2:9'])
        which = self.nova.driver('ours')
        self.free(ds0=50, ds1=30)
        logged = self.useFixture(fixtures.FakeLogger(
            'cinder_glance_multistore.nova.selection'))
        for _ in range(2):
            which.spawn(self.images.add())
        self.assertEqual(1, logged.output.count('names sd2, which is no'))
        self.assertNotIn('names ds1', logged.output)


class TestCapacity(TestCase):

    def inventory(self, which, known=None):
        from nova.compute import provider_tree
        tree = provider_tree.ProviderTree()
        tree.new_root(which.node, '1' * 8 + '-1111' * 3 + '-' + '1' * 12)
        if known:
            tree.update_inventory(which.node, known)
        which.driver.update_provider_tree(tree, which.node)
        return tree.data(which.node).inventory

    def test_all_usable_datastores_count(self):
        which = self.nova.driver('ours')
        self.option(capacity='usable', keep_free='5G')
        which = self.nova.driver('ours')
        self.free(ds0=40, ds1=20, ds2=30)
        self.vcenter.change('ds2', maintenance='inMaintenance')
        disk = self.inventory(which)['DISK_GB']
        self.assertEqual((400, 20, 35), (
            disk['total'], disk['reserved'], disk['max_unit']))
        found = which.driver.get_available_resource(which.node)
        self.assertEqual((400, 340), (found['local_gb'],
                                      found['local_gb_used']))
        upstream = self.nova.driver('upstream')
        self.assertEqual(100, upstream.driver.get_available_resource(
            upstream.node)['local_gb'])

    def test_no_usable_datastore_is_full_and_no_failure(self):
        upstream = self.nova.driver('upstream')
        self.option(capacity='usable')
        which = self.nova.driver('ours')
        known = json.loads(json.dumps(self.inventory(which)))
        for datastore in DATASTORES:
            self.vcenter.change(datastore.name, accessible=False)
        self.assertRaises(ValueError, self.inventory, upstream)
        disk = self.inventory(which, known)['DISK_GB']
        self.assertEqual(disk['total'], disk['reserved'])
        self.record('N5', 'capacity of a cluster without a usable datastore',
                    'ValueError, the old figures stay', 'reported as full')


class TestOverrides(TestCase):

    def test_every_override_is_in_the_table(self):
        from cinder_glance_multistore.nova import upstream
        listed = {name for name, what in upstream.FUNCTIONS.items()
                  if not what.startswith('relied on')}
        overridden = {
            f'{base.__module__.rpartition(".")[2]}.{base.__name__}.{name}'
            for _, base, name in self._overrides()}
        self.assertEqual(listed, overridden)

    def test_each_takes_what_upstream_passes(self):
        for ours, base, name in self._overrides():
            function = vars(ours)[name]
            if name != '__init__' and inspect.isfunction(function):
                self.assertEqual(
                    [*inspect.signature(vars(base)[name]).parameters],
                    [*inspect.signature(function).parameters], name)

    @staticmethod
    def _overrides():
        from cinder_glance_multistore.nova import config_info
        from cinder_glance_multistore.nova import driver
        from cinder_glance_multistore.nova import imagecache
        from cinder_glance_multistore.nova import vmops
        for ours in (config_info.InstanceConfigInfo, driver.VMwareVCDriver,
                     imagecache.ImageCacheManager, vmops.VMOps):
            base = ours.__mro__[1]
            for name in vars(ours):
                if name in vars(base) and (
                        not name.startswith('__') or name == '__init__'):
                    yield ours, base, name
