"""Stores on a simulated vCenter: ours, and upstream's."""

import contextlib
import io
import os

import fixtures
from glance_store import exceptions
from glance_store import location
from glance_store._drivers import vmware_datastore
from oslo_config import cfg
import testtools

from cinder_glance_multistore.stores import vsphere
from cinder_glance_multistore.transfer import leftovers
from tests import defects
from tests import quiet
from tests.functional.vcenter import fixture
from tests.functional.vcenter import simulator

Datastore = simulator.Datastore
MIB = simulator.MIB
TIB = simulator.TIB
FOLDER = 'openstack_glance'

#: What ``add`` may raise, and what the others may.
ADD_ERRORS = (
    exceptions.Duplicate, exceptions.Invalid, exceptions.StorageFull,
    exceptions.StorageWriteDenied)
READ_ERRORS = (
    exceptions.NotFound, exceptions.BadStoreUri, exceptions.Forbidden,
    exceptions.RemoteServiceUnavailable, exceptions.BackendException)


def _configure(kind, vcenter, options):
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    store = kind.Store(conf, backend='vc')
    for name, value in options.items():
        conf.set_override(name, value, group='vc')
    store.configure(re_raise_bsc=True)
    return store


def _options(vcenter, datastores, host):
    return {
        'vmware_server_host': host,
        'vmware_server_username': vcenter.user,
        'vmware_server_password': vcenter.password,
        'vmware_ca_file': vcenter.ca_file,
        'vmware_task_poll_interval': 1,
        'vmware_datastores': list(datastores)}


def ours(vcenter, home, *datastores, **more):
    """Return a configured store of type ``vsphere``, called ``vc``.

    It gives up sooner than by default, for tests in which nothing answers.

    :param home: directory of the reservations
    :param more: options
    """
    host = (vcenter.host if vcenter.port == 443 else vcenter.address)
    return _configure(vsphere, vcenter, {
        **_options(vcenter, datastores, host),
        'vmware_api_retry_count': 2,
        'vsphere_timeout': 30.0,
        'vsphere_sweep_interval': 0.0,
        'vsphere_inventory_age': 0.5,
        'vsphere_reservations': f'sqlite:///{home}/ledger.sqlite', **more})


def upstream(vcenter, *datastores, **more):
    """Return a configured store of upstream's type ``vmware``."""
    return _configure(vmware_datastore, vcenter, {
        **_options(vcenter, datastores, vcenter.host), **more})


def locate(store, uri):
    """Return the Location that Glance makes of a URI."""
    return location.Location(
        'vsphere', store.get_store_location_class(), store.conf, uri=uri,
        backend='vc')


def add(store, name, data, size=None):
    """Store bytes, their size said before; return what ``add`` returns."""
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    return store.add(name, source, len(data) if size is None else size,
                     'sha512')


def read(store, uri):
    """Return all bytes of an image."""
    return b''.join(store.get(locate(store, uri))[0])


class Once:
    """An image as Glance hands it over: it can be read once."""

    def __init__(self, data):
        self._data = io.BytesIO(data)

    def read(self, size=-1):
        return self._data.read(size)


class TestCase(testtools.TestCase):
    """A test with a simulated vCenter, ``vcenter``, shared by its class.

    :cvar DATASTORES: a tuple of :class:`Datastore`
    :cvar UNPORTED: upstream's driver takes part, which takes no port
    """

    DATASTORES = (Datastore('one'), Datastore('two'))
    UNPORTED = False

    def setUp(self):
        super().setUp()
        self.useFixture(quiet.Quiet())
        self.useFixture(fixtures.Timeout(
            int(os.environ.get('OS_TEST_TIMEOUT') or 900), gentle=True))
        self.useFixture(fixture.NoProxies())
        fixture.require()
        self.vcenter = self.useFixture(fixture.SharedVCenter(
            self.DATASTORES, without_port=self.UNPORTED)).vcenter
        self.home = self.useFixture(fixtures.TempDir()).path

    def ours(self, *datastores, **more):
        store = ours(self.vcenter, self.home, *datastores, **more)
        self.addCleanup(store.ledger.close)
        # What it deletes later would log in while the next test counts.
        self.addCleanup(store.end)
        return store

    def upstream(self, *datastores, **more):
        return upstream(self.vcenter, *datastores, **more)

    def calls(self):
        """Return how many SOAP calls there were."""
        return self.vcenter.stats()['calls']

    def soap(self, method):
        return self.vcenter.stats()['soap'].get(method, 0)

    @contextlib.contextmanager
    def at_most(self, calls):
        before = self.calls()
        yield
        made = self.calls() - before
        self.assertLessEqual(made, calls)

    def images(self):
        """Return what is in the image folders: (datastore, name) pairs."""
        return {(datastore, os.path.relpath(path, FOLDER))
                for datastore, path in self.vcenter.files()}

    def temporary(self):
        return {(datastore, name) for datastore, name in self.images()
                if name.startswith(leftovers.PREFIX)}

    def record(self, defect, what, upstream, ours):
        """Note what both did; called when both have been asserted."""
        defects.record('functional', defect, what, upstream, ours)
