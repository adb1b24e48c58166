"""What a ``vsphere`` store's section and locations say."""

import ddt
import testtools

from cinder_glance_multistore.stores import vsphere_config
from cinder_glance_multistore.stores.vsphere_config import Entry
from cinder_glance_multistore.stores.vsphere_config import Location


@ddt.ddt
class DatastoresTest(testtools.TestCase):

    @ddt.data(
        ('DC0:ds:10', Entry('DC0', '', 'ds', 10)),
        ('DC0:ds', Entry('DC0', '', 'ds', 0)),
        ('DC0:ds:', Entry('DC0', '', 'ds', 0)),
        (' a/b/DC0 : my ds : -7 ', Entry('a/b/DC0', '', 'my ds', -7)),
        ('/DC0:ds:+3', Entry('/DC0', '', 'ds', 3)),
        (r'D\:C:d\:s:1', Entry('D:C', '', 'd:s', 1)),
        (r'DC0:ds\\:1', Entry('DC0', '', 'ds\\', 1)),
        (r'DC0:ds\\\:x:1', Entry('DC0', '', 'ds\\:x', 1)),
        ('DC0:pod/ds:5', Entry('DC0', 'pod', 'ds', 5)),
        ('DC0:pod/:5', Entry('DC0', 'pod', '', 5)),
        ('DC0:pod/', Entry('DC0', 'pod', '', 0)),
        (r'DC0:a\/b/c\/d', Entry('DC0', 'a/b', 'c/d', 0)),
        ('DC0:dsé%2f"\':1', Entry('DC0', '', 'dsé%2f"\'', 1)),
        (f'DC0:ds:{10 ** 30}', Entry('DC0', '', 'ds', 10 ** 30)),
    )
    @ddt.unpack
    def test_a_line_is_understood(self, line, expected):
        self.assertEqual([expected],
                         vsphere_config.parse_datastores([line]))

    @ddt.data(
        ('DC0', 'no colon'), ('', 'no colon'), ('a:b:c:1', '3 colons'),
        (':ds:1', 'datacenter is empty'), ('/:ds:1', 'datacenter is empty'),
        ('DC0::1', 'datastore is empty'), ('DC0:/ds:1', 'pod is empty'),
        ('DC0:/:1', 'pod is empty'), ('DC0:a/b/c:1', 'more than one slash'),
        ('DC0:ds:x', "weight 'x'"), ('DC0:ds:1.5', "weight '1.5'"),
        ('DC0:ds:٣', 'weight'), ('DC0:ds:1 2', "weight '1 2'"),
        ('DC0:d\\s:1', "before 's'"), ('DC0:ds\\', "before 'nothing'"),
    )
    @ddt.unpack
    def test_a_mistake_names_line_part_and_right_form(self, line, part):
        error = self.assertRaises(
            ValueError, vsphere_config.parse_datastores, ['DC0:ok', line])
        self.assertIn('line 2 of vmware_datastores', str(error))
        self.assertIn(part, str(error))
        self.assertIn('<datacenter path>:<datastore>:<weight>', str(error))

    @ddt.data(['DC0:ds:1', '/DC0/:ds:2'], ['DC0:p/:1', 'DC0:p/:2'],
              ['DC0:p/ds:1', 'DC0:ds:1'],
              # As the vSphere Client shows it, and as its API has it.
              ['DC0:90%:1', 'DC0:90%25:1'], [r'DC0:a\/b:1', 'DC0:a%2fb:1'],
              ['D%25:ds:1', 'D%:ds:1'], ['DC0:p%25/:1', 'DC0:p%/:1'])
    def test_one_datastore_is_not_two(self, lines):
        error = self.assertRaises(
            ValueError, vsphere_config.parse_datastores, lines)
        self.assertIn('named twice', str(error))

    def test_the_same_line_twice_is_one(self):
        self.assertEqual(1, len(vsphere_config.parse_datastores(
            ['DC0:ds:1', 'DC0:ds:1'])))

    @ddt.data('ds', 'd:s', 'a/b', 'x\\y', ':/\\')
    def test_what_is_escaped_is_understood(self, name):
        [entry] = vsphere_config.parse_datastores(
            [f'DC0:{vsphere_config.escape(name)}:4'])
        self.assertEqual(Entry('DC0', '', name, 4), entry)


@ddt.ddt
class ServerTest(testtools.TestCase):

    @ddt.data(
        ('vcenter.example.org', ('vcenter.example.org', None)),
        (' vc:8443 ', ('vc', 8443)), ('192.0.2.5', ('192.0.2.5', None)),
        ('192.0.2.5:443', ('192.0.2.5', None)),
        ('2001:db8::5', ('2001:db8::5', None)),
        ('[2001:db8::5]', ('2001:db8::5', None)),
        ('[2001:db8::5]:8443', ('2001:db8::5', 8443)))
    @ddt.unpack
    def test_an_address_is_understood(self, value, expected):
        self.assertEqual(expected, vsphere_config.parse_server(value))

    @ddt.data(None, '', 'https://vc', 'vc:', 'vc:0', 'vc:65536', 'vc:x',
              'vc/sdk', 'a b', 'u@vc', '192.0.2', '192.0.2.256', '[vc]',
              '[2001:db8::5', '[2001:db8::5]8443', '[]:1', 'fe80::1%eth0',
              'a:b:c', '-', 'vc:٣')
    def test_what_is_no_address_is_refused(self, value):
        error = self.assertRaises(
            ValueError, vsphere_config.parse_server, value)
        self.assertIn('vmware_server_host', str(error))


@ddt.ddt
class FolderTest(testtools.TestCase):

    @ddt.data(('/openstack_glance', 'openstack_glance'), ('a', 'a'),
              ('/a//b c/', 'a/b c'))
    @ddt.unpack
    def test_a_folder_is_understood(self, value, expected):
        self.assertEqual(expected, vsphere_config.parse_folder(value))

    @ddt.data('', '/', 'a/../b', '.', 'a?b', 'a#b', 'a%2fb', '[x] a',
              'a\nb')
    def test_what_no_location_can_name_is_refused(self, value):
        error = self.assertRaises(
            ValueError, vsphere_config.parse_folder, value)
        self.assertIn('vmware_store_image_dir', str(error))


@ddt.ddt
class LocationTest(testtools.TestCase):

    @ddt.data(
        ('vsphere://vc/folder/openstack_glance/id?dsName=ds&dcPath=DC0',
         Location('vc', '/folder/openstack_glance/id', 'DC0', 'ds')),
        ('vsphere://vc:8443/folder/g/id?dsName=d%3As+x&dcPath=a%2FDC%25',
         Location('vc:8443', '/folder/g/id', 'a/DC%', 'd:s x')),
        ('vsphere://[2001:db8::5]/folder/g/id?dsName=ds%C3%A9',
         Location('[2001:db8::5]', '/folder/g/id', '', 'dsé')))
    @ddt.unpack
    def test_upstreams_uri_is_read_and_written_the_same(self, uri, expected):
        self.assertEqual(expected, vsphere_config.parse_location(uri))
        self.assertEqual(uri, vsphere_config.make_uri(expected))

    @ddt.data(
        'https://vc/folder/g/id?dsName=ds', 'vsphere:/vc/folder/g/id',
        'vsphere:///folder/g/id?dsName=ds', 'vsphere://vc/folder/g/id',
        'vsphere://u@vc/folder/g/id?dsName=ds', 'vsphere://vc?dsName=ds',
        'vsphere://vc/folder/g/id?dcPath=DC0',
        'vsphere://vc/folder/g/id?dsName=',
        'vsphere://vc/folder/g/id?dsName=a&dsName=b',
        'vsphere://vc/folder/g/id?dsName=a&other=b',
        'vsphere://vc/folder/g/id?dsName=%ff', 'vsphere://vc/folder/g/id?')
    def test_what_is_no_location_is_refused(self, uri):
        self.assertRaises(ValueError, vsphere_config.parse_location, uri)

    @ddt.data('4f0b1c9e-0000-4000-8000-000000000000', 'a', 'image 1')
    def test_a_name_that_an_image_may_have(self, name):
        self.assertTrue(vsphere_config.is_image_name(name))

    @ddt.data('', '.', '..', 'a/b', 'a\\b', 'a%2fb', 'a?b', 'a#b', '[ds] x',
              'a\0b', 'x' * 256, '.multistore~x', ' a', 'é' * 128)
    def test_a_name_that_none_may_have(self, name):
        self.assertFalse(vsphere_config.is_image_name(name))
