"""HTTP to the vCenter."""

import http.client
import socket
import ssl
from unittest import mock

import testtools

from cinder_glance_multistore.vsphere import web


class ServerTest(testtools.TestCase):

    def test_a_kept_connection_that_was_closed_is_no_error(self):
        server = web.Server('vc.example.org', None, False, 1.0)
        kept, new = mock.Mock(), mock.Mock()
        kept.request.side_effect = ssl.SSLEOFError(8, 'EOF')
        server.keep(kept)
        with mock.patch.object(server, 'connect', return_value=new):
            server.request('GET', '/folder/x', {})
        kept.close.assert_called_once_with()
        new.request.assert_called_once_with('GET', '/folder/x', headers={})

    def test_a_connection_serves_one_head_after_the_other(self):
        server = web.Server('vc.example.org', None, False, 1.0)
        ours, theirs = socket.socketpair()
        self.addCleanup(theirs.close)
        connection = http.client.HTTPConnection('vc.example.org')
        connection.sock = ours
        self.addCleanup(connection.close)
        with mock.patch.object(server, 'connect',
                               side_effect=[connection]):
            for size in (7, 8):
                theirs.sendall(
                    b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % size)
                answer = server.request('HEAD', '/folder/x', {})
                self.assertEqual(str(size), answer.header('Content-Length'))
                answer.close()

    def test_a_request_does_not_take_longer_than_was_said(self):
        server = web.Server('vc.example.org', None, False, 60.0)
        connection = mock.Mock()
        server.keep(connection)
        server.request('HEAD', '/folder/x', {}, 0.5)
        connection.sock.settimeout.assert_called_once_with(0.5)
        self.assertRaises(TimeoutError, server.request, 'HEAD', '/folder/x',
                          {}, 0)
