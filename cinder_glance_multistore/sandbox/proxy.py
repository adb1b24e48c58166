"""A proxy between Cinder and Glance that breaks when told to.

The edge at which functional tests and the demo fake: what passes through it is
real traffic between real services, and what it does to it is what a load
balancer or a cable does.
"""

import contextlib
import dataclasses
import re
import socket
import struct
import threading

_BUFFER = 256 * 1024


@dataclasses.dataclass
class Fault:
    """What to do to the requests that match.

    :param method: of the requests to break
    :param path: a regular expression found in their path
    :param after: bytes of the body to let through first
    :param action: ``status`` answers with ``status`` and closes, ``reset``
        resets the connection, ``lose`` delivers the request whole and resets
        instead of passing on the answer, ``twice`` delivers it twice and
        passes on the second answer, ``hang`` neither reads nor answers
    :param body: JSON that an answer of ``status`` carries
    :param times: how many requests to break, None for all
    """

    method: str
    path: str
    action: str
    after: int = 0
    status: str = '503 Service Unavailable'
    body: bytes = b''
    times: int | None = 1


class Proxy:
    """Listens on a free port of 127.0.0.1 and passes on to another.

    :ivar port: where it listens
    :ivar requests: (method, path, headers, body bytes let through) of each
        request, in order; headers in lower case
    """

    def __init__(self, target_port):
        self._target = ('127.0.0.1', target_port)
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self.requests = []
        self._faults = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def close(self):
        self._released.set()
        # close() alone does not wake accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def fail(self, fault):
        """Break requests from now on."""
        with self._lock:
            self._faults.append(fault)

    def heal(self):
        """Break no more, and forget the requests seen."""
        with self._lock:
            self._faults.clear()
            self.requests = []
        self._released.set()
        self._released = threading.Event()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _fault_for(self, method, path):
        with self._lock:
            for fault in self._faults:
                if (fault.times != 0 and fault.method == method and
                        re.search(fault.path, path)):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def _serve(self, client):
        with client:
            head = b''
            while b'\r\n\r\n' not in head:
                data = client.recv(_BUFFER)
                if not data:
                    return
                head += data
            end = head.index(b'\r\n\r\n') + 4
            head, body = head[:end], head[end:]
            lines = head.decode('latin-1').split('\r\n')
            method, path, _ = lines[0].split(' ', 2)
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(':')
                                       for line in lines[1:] if line)}
            request = [method, path, headers, 0]
            with self._lock:
                self.requests.append(request)
            fault = self._fault_for(method, path)
            # One request a connection: the fault hits this one only.
            head = head[:-2] + b'Connection: close\r\n\r\n'
            try:
                if fault is not None and fault.action == 'twice':
                    left = int(headers.get('content-length', 0)) - len(body)
                    while left > 0 and (data := client.recv(_BUFFER)):
                        body += data
                        left -= len(data)
                    self._deliver(head + body)
                    fault = None
                server = socket.create_connection(self._target)
            except OSError:
                # Nothing listens behind: as if this did not either.
                self._reset(client)
                return
            with server:
                self._pass(client, server, head, body, request, fault)

    def _deliver(self, request):
        with socket.create_connection(self._target) as server:
            server.sendall(request)
            while server.recv(_BUFFER):
                pass

    def _pass(self, client, server, head, body, request, fault):
        if fault is None or fault.action == 'lose':
            request[3] += len(body)
            pump = threading.Thread(
                target=self._pump, args=(client, server, request),
                daemon=True)
            with contextlib.suppress(OSError):
                server.sendall(head + body)
                pump.start()
                answer = server.recv(_BUFFER)
                while answer and fault is None:
                    client.sendall(answer)
                    answer = server.recv(_BUFFER)
            self._shut(server)
            if fault is None:
                self._shut(client)
            else:
                # The pump is to let go of it before it can be reset.
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RD)
                pump.join()
                self._reset(client)
            return
        if fault.after:
            server.sendall(head)
            with contextlib.suppress(OSError):
                while True:
                    body = body[:fault.after - request[3]]
                    server.sendall(body)
                    request[3] += len(body)
                    if request[3] >= fault.after:
                        break
                    body = client.recv(_BUFFER)
                    if not body:
                        break
        if fault.action == 'hang':
            self._released.wait()
        if fault.action == 'status':
            with contextlib.suppress(OSError):
                client.sendall(
                    f'HTTP/1.1 {fault.status}\r\n'
                    'Content-Type: application/json\r\n'
                    f'Content-Length: {len(fault.body)}\r\n'
                    'Connection: close\r\n\r\n'.encode() + fault.body)
                # Let the answer be read before the rest of the body makes
                # the kernel reset the connection.
                client.shutdown(socket.SHUT_WR)
                client.settimeout(30)
                while client.recv(_BUFFER):
                    pass
        self._reset(server)
        self._reset(client)

    @staticmethod
    def _pump(client, server, request):
        """Pass on what the client sends; when it has gone, so is the server.

        A client that only ends its sending is none that there is here.
        """
        with contextlib.suppress(OSError):
            data = client.recv(_BUFFER)
            while data:
                # Counted before the answer can come.
                request[3] += len(data)
                server.sendall(data)
                data = client.recv(_BUFFER)
        Proxy._shut(server)

    @staticmethod
    def _shut(connection):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _reset(connection):
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack('ii', 1, 0))
            connection.close()
