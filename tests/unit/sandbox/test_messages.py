import threading
import unittest

from oslo_config import cfg
import oslo_messaging
from oslo_messaging._drivers import impl_fake

from cinder_glance_multistore.sandbox import messages


class _Endpoint:
    def __init__(self):
        self.received = None

    def take(self, ctxt, content):
        self.received = content
        content['seen'] = True
        return content


class MessagesTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, impl_fake.FakeDriver, '_send',
                        impl_fake.FakeDriver._send)
        messages.register()
        transport = oslo_messaging.get_rpc_transport(cfg.CONF, 'fake://')
        target = oslo_messaging.Target(topic='t', server='s')
        self.endpoint = _Endpoint()
        server = oslo_messaging.get_rpc_server(
            transport, target, [self.endpoint], executor='threading')
        server.start()
        self.addCleanup(server.wait)
        self.addCleanup(server.stop)
        self.client = oslo_messaging.get_rpc_client(
            transport, oslo_messaging.Target(topic='t'))

    def test_neither_side_shares_an_object_with_the_other(self):
        sent = {'a': [1]}
        answer = self.client.call({}, 'take', content=sent)
        self.assertEqual({'a': [1]}, sent)
        self.assertEqual({'a': [1], 'seen': True}, answer)
        self.assertIsNot(answer, self.endpoint.received)

    def test_what_no_broker_carries_is_refused_at_the_sender(self):
        self.assertRaises(
            (TypeError, ValueError), self.client.call, {}, 'take',
            content=threading.Lock())

    def test_registering_twice_is_registering_once(self):
        messages.register()
        self.assertEqual({'seen': True},
                         self.client.call({}, 'take', content={}))
