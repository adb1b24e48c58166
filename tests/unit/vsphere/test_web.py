"""HTTP to the vCenter."""

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
