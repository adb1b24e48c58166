"""HTTP to the vCenter: where the files of datastores are written and read.

Nothing of the environment counts here: neither proxies nor certificates nor
``.netrc``. The cookie of the session goes to the one host, and no redirect
is followed.
"""

import contextlib
import http.client
import os
import re
import socket
import ssl
import threading
import time
import urllib.parse
import weakref

import requests.certs

from cinder_glance_multistore.vsphere import errors

#: Connections that are kept for the next request.
_KEPT = 8

# What asks again for the same: a connection that was kept may be closed.
_STALE = (http.client.RemoteDisconnected, BrokenPipeError,
          ConnectionResetError, ConnectionAbortedError, ssl.SSLEOFError)

# Seconds for the answer of a server that has stopped listening.
_LAST_WORD = 5.0

# Seconds for a server to say that it takes a file, before its first byte, and
# for which one that did not is not asked again.
_FIRST_WORD = 1.0
_SILENT = 600.0

#: Seconds to connect at most; an answer may take longer.
CONNECT_TIMEOUT = 10.0

_CONTINUE = 100
_EXPECTATION_FAILED = 417


def tls(verify):
    """Return how to check the certificate.

    :param verify: the path of a CA file, True for those that requests
        brings (as upstream's driver does), or False: believe anybody
    :raises OSError: when the file cannot be read or is none
    """
    if verify is False:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    # With a file named, no SSL_CERT_FILE of the environment is looked at.
    return ssl.create_default_context(
        cafile=requests.certs.where() if verify is True else verify)


def target(path, **query):
    """Return path and query of a URL, quoted.

    :param path: as a vCenter's user would write it: ``/folder/a b/c``
    """
    return (urllib.parse.quote(path) + '?' + urllib.parse.urlencode(
        query, quote_via=urllib.parse.quote))


class Answer:
    """An answer whose body is read piece by piece; :meth:`close` it.

    :ivar status: HTTP's
    :ivar length: bytes of the body as the server said, or None
    """

    def __init__(self, server, connection, response):
        self._server = server
        self._connection = connection
        self._response = response
        self.status = response.status
        self.length = response.length

    def header(self, name):
        """Return a header's value, or None."""
        return self._response.headers.get(name)

    @property
    def total(self):
        """Bytes of the file by ``Content-Range``, or None."""
        match = re.fullmatch(r'bytes [^/]*/(\d+)',
                             self.header('Content-Range') or '')
        return int(match[1]) if match else None

    def read(self, size):
        """Return at most ``size`` bytes, ``b''`` at the end.

        :raises OSError: when the connection breaks
        """
        try:
            return self._response.read(size)
        except http.client.HTTPException as exc:
            raise ConnectionError(str(exc) or type(exc).__name__) from exc

    def close(self):
        """Keep the connection if the body was read, else close it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._response.length == 0:
            # There is none, and http.client has not noticed.
            self._response.read()
        if self._response.isclosed():
            self._server.keep(connection)
        else:
            connection.close()


class Server:
    """The HTTPS side of a vCenter.

    Threads share one.

    :raises OSError: when the CA file is none
    """

    def __init__(self, host, port, verify, timeout):
        self.host = host
        self.port = port
        self.timeout = timeout
        self._silent_until = 0.0
        self._tls = tls(verify)
        self._begin()
        _servers.add(self)

    def _begin(self):
        self._kept = []
        self._lock = threading.Lock()

    @property
    def answers_first(self):
        """Whether it says that it takes a file before the first byte comes.

        True until it did not.
        """
        return time.monotonic() >= self._silent_until

    def is_silent(self):
        """Remember that it does not."""
        self._silent_until = time.monotonic() + _SILENT

    def connect(self, timeout=CONNECT_TIMEOUT):
        """Return a new connection.

        :param timeout: seconds at most
        :raises OSError: when there is none to be had
        """
        connection = http.client.HTTPSConnection(
            self.host, self.port, context=self._tls,
            timeout=min(self.timeout, timeout, CONNECT_TIMEOUT))
        connection.connect()
        connection.sock.settimeout(self.timeout)
        connection.sock.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def keep(self, connection):
        """Take back a connection on which nothing is under way."""
        with self._lock:
            if connection.sock is not None and len(self._kept) < _KEPT:
                self._kept.append(connection)
                return
        connection.close()

    def request(self, method, target, headers, timeout=None):
        """Return the :class:`Answer` to a request without a body.

        :param timeout: seconds that it may take to answer, where that is
            less than the server's
        :raises OSError: when the connection fails
        """
        timeout = min(self.timeout,
                      self.timeout if timeout is None else timeout)
        if timeout <= 0:
            raise TimeoutError
        while True:
            with self._lock:
                connection = self._kept.pop() if self._kept else None
            kept = connection is not None
            try:
                connection = connection or self.connect(timeout)
                connection.sock.settimeout(timeout)
                connection.request(method, target, headers=headers)
                return Answer(self, connection, connection.getresponse())
            except BaseException as exc:
                if connection is not None:
                    connection.close()
                if kept and isinstance(exc, _STALE):
                    continue
                if isinstance(exc, http.client.HTTPException) and (
                        not isinstance(exc, OSError)):
                    raise ConnectionError(
                        f'no HTTP ({type(exc).__name__})') from exc
                raise


class Put:
    """A file that is being sent. Not for several threads at once.

    The server is asked whether it takes it (``Expect: 100-continue``) before
    :meth:`write`: what it refuses costs no byte of an image that comes once.

    :param size: bytes that will be written, or None when that is not known
    :ivar position: bytes written so far
    :raises HTTPFailed: when it cannot begin
    """

    def __init__(self, server, target, headers, size=None):
        self.position = 0
        self._server = server
        self._target = target
        self._headers = headers
        self._size = size
        self._chunked = size is None
        self._what = 'Writing to the datastore failed'
        self._connection = None
        try:
            status = self._begin(expect=server.answers_first)
            if status == _EXPECTATION_FAILED:
                server.is_silent()
                self._connection.close()
                status = self._begin(expect=False)
        except (OSError, http.client.HTTPException, ValueError) as exc:
            self.abort()
            raise errors.HTTPFailed(self._what, why=words(exc)) from exc
        if status != _CONTINUE:
            self.abort()
            raise errors.HTTPFailed(self._what, status)

    def _begin(self, expect):
        """Send what comes before the first byte; return the status."""
        connection = self._connection = self._server.connect()
        connection.putrequest('PUT', self._target)
        for name, value in self._headers.items():
            connection.putheader(name, value)
        connection.putheader('Content-Type', 'application/octet-stream')
        if self._chunked:
            connection.putheader('Transfer-Encoding', 'chunked')
        else:
            connection.putheader('Content-Length', str(self._size))
        if expect:
            connection.putheader('Expect', '100-continue')
        connection.endheaders()
        return self._first_word() if expect else _CONTINUE

    def _first_word(self):
        """Return the status that comes before the first byte is sent.

        By hand: ``http.client`` passes over those that are not the last.
        """
        sock = self._connection.sock
        sock.settimeout(_FIRST_WORD)
        head = b''
        try:
            while not head.endswith(b'\r\n\r\n'):
                byte = sock.recv(1)
                if not byte or len(head) > 1 << 16:
                    raise ConnectionError('it closed the connection')
                head += byte
        except TimeoutError:
            if head:
                raise
            # It is one that waits for the file.
            self._server.is_silent()
            return _CONTINUE
        finally:
            sock.settimeout(self._server.timeout)
        match = re.match(rb'HTTP/1\.[01] ([0-9]{3})', head)
        if not match:
            raise ConnectionError('it answered what is no HTTP')
        return int(match[1])

    def write(self, buf):
        """Send ``buf``.

        :raises HTTPFailed: when the server does not take it
        """
        if not len(buf):
            return
        try:
            if self._chunked:
                self._connection.send(b'%x\r\n' % len(buf))
            self._connection.send(buf)
            if self._chunked:
                self._connection.send(b'\r\n')
        except OSError as exc:
            raise self._refused(exc) from exc
        self.position += len(buf)

    def skip(self, size):
        """Send ``size`` zeros: HTTP has no holes."""
        zeros = bytes(min(size, 1 << 20))
        while size:
            part = min(size, len(zeros))
            self.write(memoryview(zeros)[:part])
            size -= part

    def finish(self):
        """Return when the server has it all.

        :raises HTTPFailed: when it says otherwise
        """
        try:
            if self._chunked:
                self._connection.send(b'0\r\n\r\n')
        except OSError as exc:
            raise self._refused(exc) from exc
        try:
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as exc:
            raise errors.HTTPFailed(self._what, why=words(exc)) from exc
        finally:
            self.abort()
        if response.status not in (200, 201, 204):
            raise errors.HTTPFailed(self._what, response.status)

    def abort(self):
        """Break off; nothing happens after :meth:`finish`."""
        if self._connection is not None:
            self._connection.close()

    def _refused(self, exc):
        """Return the error, with what the server said before it left."""
        with contextlib.suppress(OSError, http.client.HTTPException,
                                 AttributeError):
            self._connection.sock.settimeout(_LAST_WORD)
            response = self._connection.getresponse()
            if response.status >= 300:
                return errors.HTTPFailed(self._what, response.status)
        return errors.HTTPFailed(self._what, why=words(exc))


def words(exc):
    """Return a few words for an error of a connection."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f'its certificate was not accepted ({exc.verify_message})'
    if isinstance(exc, TimeoutError):
        return 'it did not answer in time'
    return getattr(exc, 'strerror', None) or str(exc) or type(exc).__name__


_servers = weakref.WeakSet()
_inherited = []


def _after_fork():
    for server in list(_servers):
        # Kept, not closed: they are the parent's.
        _inherited.append(server._kept)
        server._begin()


os.register_at_fork(after_in_child=_after_fork)
