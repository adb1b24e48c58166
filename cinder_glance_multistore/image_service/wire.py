"""Bodies that lie in a file go to the socket in native threads.

An adapter for ``requests`` whose connections know what to do with a
:class:`~cinder_glance_multistore.transfer.sockets.Part`. Everything else of
an HTTP request stays as it is: authentication, redirects, time-outs.
"""

from keystoneauth1 import session as ks_session
from requests import adapters
from requests import utils
from urllib3 import connection
from urllib3 import connectionpool

from cinder_glance_multistore.image_service import body as bodies
from cinder_glance_multistore.transfer import sockets


class _Connection(connection.HTTPConnection):

    def send(self, data):
        try:
            if isinstance(data, sockets.Part):
                data.send(self.sock)
            else:
                super().send(data)
        except ConnectionResetError as e:
            # Who refuses early has answered already. urllib3 1.26 (up to
            # 2025.2) looks for an answer after this error only.
            raise BrokenPipeError(*e.args) from e


class _Pool(connectionpool.HTTPConnectionPool):

    ConnectionCls = _Connection


class Adapter(ks_session.TCPKeepAliveAdapter):
    """keystoneauth's adapter, for ``http`` URLs.

    TLS needs every byte encrypted in this process, and a proxy may be
    anything: there the body is sent in chunks as everywhere else.
    """

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            **self.poolmanager.pool_classes_by_scheme, 'http': _Pool}

    def send(self, request, stream=False, timeout=None, verify=True,
             cert=None, proxies=None):
        body = request.body
        # In chunked encoding each chunk is framed, as bytes, by the library.
        if (isinstance(body, bodies.Body) and
                'Content-Length' in request.headers and
                not utils.select_proxy(request.url, proxies)):
            request = request.copy()
            request.body = body.parts()
        return super().send(request, stream=stream, timeout=timeout,
                            verify=verify, cert=cert, proxies=proxies)


def mount(session):
    """Have a ``requests.Session`` send bodies of files natively.

    Not where somebody has mounted an adapter of their own. Other threads may
    use the session meanwhile.
    """
    mounted = session.adapters.get('http://')
    if type(mounted) in (adapters.HTTPAdapter,
                         ks_session.TCPKeepAliveAdapter):
        session.mount('http://', Adapter())


