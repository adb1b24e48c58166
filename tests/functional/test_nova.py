"""Instances start where their image already lies: upstream beside ours."""

import inspect

import testtools

from tests.functional.nova import compute
from tests.functional.vcenter import fixture
from tests.functional.vcenter import simulator

GIB = simulator.GIB
MIB = simulator.MIB

DATASTORES = tuple(simulator.Datastore(f'ds{number}', capacity=100 * GIB,
                                       free=50 * GIB)
                   for number in range(5))


class TestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixture.NoProxies())
        self.vcenter = self.useFixture(fixture.SharedVCenter(
            DATASTORES, host_name='127.0.0.1')).vcenter
        self.nova = self.useFixture(compute.Nova(self.vcenter))
        self.images = self.nova.images

    def free(self, **gib):
        """Set what is free; datastores not named have nothing."""
        for datastore in DATASTORES:
            self.vcenter.change(
                datastore.name,
                free=int(gib.get(datastore.name, 0) * GIB))

    def home(self, which, instance):
        return which.disk(instance)[0].partition('] ')[0].strip('[')

    def cached(self, image_id):
        """Return the datastores that hold an image in their cache."""
        return {datastore for datastore, path in self.vcenter.files()
                if path == f'cache_base/{image_id}/{image_id}.vmdk'}


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
