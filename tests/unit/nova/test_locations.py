"""Image locations that may be believed, and those that may not."""

import ddt
import testtools

from cinder_glance_multistore.nova import locations

IMAGE = '0f0e1c2d-0000-4000-8000-000000000001'
GOOD = (f'vsphere://vc.example.org/folder/openstack_glance/{IMAGE}'
        f'?dcPath=east/DC1&dsName=ds1')


@ddt.ddt
class TestBelieve(testtools.TestCase):

    def believe(self, url, hosts=('10.0.0.1', 'VC.example.org'),
                directories=('/openstack_glance',)):
        return locations.believe(url, IMAGE, hosts, directories)

    def test_the_images_own_file_in_this_vcenter(self):
        self.assertEqual(locations.Location(GOOD, 'east/DC1', 'ds1'),
                         self.believe(GOOD))

    @ddt.data(
        ('vc.example.org', '10.0.0.1'), ('vc.example.org', '[fd00::1]'),
        ('vc.example.org', 'VC.Example.Org'), ('?dcPath', '/x?dcPath'))
    @ddt.unpack
    def test_other_spellings(self, old, new):
        found = self.believe(GOOD.replace(old, new),
                             hosts=['10.0.0.1', 'fd00::1', 'vc.example.org'])
        self.assertEqual(old != '?dcPath', found is not None)

    def test_quoted_names(self):
        found = self.believe(GOOD.replace('ds1', 'my+ds%251'))
        self.assertEqual('my ds%1', found.datastore)

    @ddt.data(
        GOOD.replace('vc.example', 'vc2.example'),
        GOOD.replace('vc.example.org', 'vc.example.org.evil'),
        GOOD.replace('vc.example.org', 'vc.example.org@evil'),
        GOOD.replace('vc.example.org', 'x@vc.example.org'),
        GOOD.replace('vsphere:', 'https:'),
        GOOD.replace(IMAGE, 'another'),
        GOOD.replace('openstack_glance', 'vms'),
        GOOD.replace('openstack_glance', 'openstack_glance/../vms'),
        GOOD.replace('openstack_glance', 'openstack_glance/%2e%2e/vms'),
        GOOD.replace('/folder/', '/'),
        GOOD.replace('dsName=ds1', ''),
        GOOD.replace('dcPath=east/DC1&', ''),
        GOOD + '&dsName=ds2',
        GOOD.replace('ds1', 'ds1%5D+secret/disk.vmdk+%5B'),
        GOOD.replace('ds1', 'ds%0A1'),
        GOOD + '#fragment', 'vsphere://[', '', 'file:///etc/passwd')
    def test_anything_else_is_not_believed(self, url):
        self.assertIsNone(self.believe(url))

    def test_without_directories_nothing_is(self):
        self.assertIsNone(self.believe(GOOD, directories=[]))
