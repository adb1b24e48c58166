"""The ``vsphere`` store keeps the driver contract, whole."""

import os

import testtools

from tests import quiet
from tests.contract import driver
from tests.contract import vsphere
from tests.functional.vcenter import fixture
from tests.functional.vcenter import simulator

FOLDER = 'openstack_glance'


class TestVsphereContract(driver.DriverContract, testtools.TestCase):
    module = 'tests.contract.vsphere'
    factory = 'make_store'
    scheme = 'vsphere'

    def setUp(self):
        self.useFixture(quiet.Quiet())
        super().setUp()

    def make_places(self):
        places = ('first', 'second')
        self.vcenter = self.useFixture(fixture.SharedVCenter(tuple(
            simulator.Datastore(name) for name in places))).vcenter
        self.folders = [
            self.vcenter.directory(name) / FOLDER for name in places]
        vsphere.describe(self.home, self.vcenter)
        return places

    def left(self):
        return sorted(str(path) for folder in self.folders
                      for path in folder.glob('*'))

    def put(self, place, name, data):
        folder = self.vcenter.directory(place) / FOLDER
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)

    def lies(self, place, name):
        return os.path.lexists(self.folders[place == 'second'] / name)

    def uri(self, place, name):
        return (f'vsphere://{self.vcenter.address}/folder/{FOLDER}/{name}'
                f'?dsName={place}&dcPath=DC0')
