import socket
import unittest
from unittest import mock

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import ports


class PortsTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        patience = mock.patch.object(ports, '_PATIENCE', 0.0)
        patience.start()
        self.addCleanup(patience.stop)
        self.server = socket.socket()
        self.addCleanup(self.server.close)
        self.server.bind(('127.0.0.1', 0))
        self.server.listen()
        self.used = self.server.getsockname()[1]

    def test_a_chosen_port_is_taken(self):
        free = ports.choose('glance', None, None)
        self.assertEqual(free, ports.choose('glance', free, self.used))

    def test_a_chosen_port_in_use_is_refused_with_the_remedy(self):
        with self.assertRaisesRegex(errors.PortTaken, '--glance-port'):
            ports.choose('glance', self.used, None)

    def test_the_port_of_last_time_is_taken_again(self):
        free = ports.choose('glance', None, None)
        self.assertEqual(free, ports.choose('glance', None, free))

    def test_when_the_port_of_last_time_is_in_use_another_is_taken(self):
        port = ports.choose('glance', None, self.used)
        self.assertNotEqual(self.used, port)
        self.assertTrue(ports.is_free(port))

    def test_services_of_one_sandbox_do_not_get_the_same(self):
        first = ports.choose('glance', None, None)
        self.assertNotEqual(
            first, ports.choose('cinder', None, first, taken={first}))

    def test_none_is_from_the_range_of_outgoing_connections(self):
        with open('/proc/sys/net/ipv4/ip_local_port_range') as stream:
            lowest = int(stream.read().split()[0])
        for _ in range(20):
            self.assertLess(ports.choose('glance', None, None), lowest)
