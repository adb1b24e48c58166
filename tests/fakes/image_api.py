"""A server on 127.0.0.1 that speaks the Image API, and can misbehave.

It answers with real sockets, one connection a request, so that what is tested
is the clients as they are: their headers, their retries, their errors. How it
treats the next ``PUT .../file`` is told by :attr:`ImageApi.script`, a list of
the functions of this module; when the list is empty the data is accepted.
"""

import collections
import hashlib
import json
import re
import socket
import struct
import threading
import time
import urllib.parse
import uuid

import fixtures

_PIECE = 256 * 1024
_TEXT = {'Content-Type': 'text/plain'}

# As much of Glance's image schema as its client and Cinder look at.
_SCHEMA = {
    'name': 'image',
    'properties': {
        name: {'type': kind} for name, kind in (
            ('id', 'string'), ('name', ['null', 'string']),
            ('status', 'string'), ('size', ['null', 'integer']),
            ('protected', 'boolean'), ('visibility', 'string'),
            ('container_format', ['null', 'string']),
            ('disk_format', ['null', 'string']),
            ('checksum', ['null', 'string']), ('stores', 'string'),
            ('os_hash_algo', ['null', 'string']),
            ('os_hash_value', ['null', 'string']),
            ('locations', 'array'), ('owner', ['null', 'string']),
            ('min_disk', 'integer'), ('min_ram', 'integer'),
            ('tags', 'array'), ('created_at', 'string'),
            ('updated_at', 'string'))},
    'additionalProperties': {'type': 'string'},
    'links': [],
}


class Request:
    """One request as it arrived.

    :ivar headers: dict, names in lower case
    :ivar received: bytes of the body that were read
    :ivar sha512: of those
    :ivar whole: whether the body was read to its end
    """

    def __init__(self, sock, stream):
        self._sock = sock
        self._stream = stream
        line = stream.readline().decode('latin-1').split()
        if len(line) < 2:
            raise ConnectionError('no request')
        self.method, target = line[:2]
        url = urllib.parse.urlsplit(target)
        self.path, self.query = url.path, url.query
        self.headers = {}
        for raw in iter(stream.readline, b'\r\n'):
            if not raw:
                raise ConnectionError('cut short')
            name, _, value = raw.decode('latin-1').partition(':')
            self.headers[name.strip().lower()] = value.strip()
        self.received = 0
        self.whole = False
        self._hash = hashlib.sha512()
        self._left = None
        self.first = b''

    @property
    def sha512(self):
        return self._hash.hexdigest()

    @property
    def chunked(self):
        return 'chunked' in self.headers.get('transfer-encoding', '')

    def read(self, most=None):
        """Read the body, or about ``most`` more bytes; return them."""
        pieces = []
        while (most is None or most > 0) and not self.whole:
            piece = self._piece(_PIECE if most is None
                                else min(_PIECE, most))
            if not piece:
                break
            if not self.received:
                self.first = piece[:64]
            self.received += len(piece)
            self._hash.update(piece)
            if self.received <= 1024 * 1024:
                pieces.append(piece)
            if most is not None:
                most -= len(piece)
            if self._left == 0 and not self.chunked:
                self.whole = True
        return b''.join(pieces)

    def _piece(self, most):
        if self._left is None:
            self._left = (0 if self.chunked else
                          int(self.headers.get('content-length', 0)))
            if not self.chunked and not self._left:
                self.whole = True
        if self.chunked and not self._left:
            self._left = int(self._stream.readline(), 16)
            if not self._left:
                self._stream.readline()
                self.whole = True
                return b''
        if not self._left:
            return b''
        piece = self._stream.read(min(most, self._left))
        if not piece:
            raise ConnectionError('cut short')
        self._left -= len(piece)
        if self.chunked and not self._left:
            self._stream.readline()
        return piece

    def answer(self, status, body=b'', headers=_TEXT):
        """Answer and close, whether or not the body was read."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers = {'Content-Type': 'application/json', **dict(headers)}
        lines = [f'HTTP/1.1 {status} Because', f'Content-Length: {len(body)}',
                 'Connection: close',
                 *(f'{name}: {value}' for name, value in
                   dict(headers).items())]
        self._sock.sendall('\r\n'.join([*lines, '', '']).encode() + body)

    def raw(self, data):
        self._sock.sendall(data)

    def reset(self):
        """Break the connection off with a RST."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack('ii', 1, 0))
        self._stream.close()
        self._sock.close()


class ImageApi(fixtures.Fixture):
    """The server; stopped when the test ends.

    :ivar images: image records by id
    :ivar stores: what ``GET /v2/info/stores`` answers: an object, bytes, or a
        function that is given the request
    :ivar script: what becomes of the next uploads, see the functions below
    :ivar overrides: list of (regular expression of 'METHOD path', function
        that is given the api and the request); the first match wins
    :ivar requests: those that came, in order
    """

    def __init__(self, stores=('reliable', 'fast'), default='reliable'):
        super().__init__()
        self.default = default
        self.stores = {'stores': [
            {'id': name, **({'default': 'true'} if name == default else {})}
            for name in stores]}
        self.multistore = True
        self.images = {}
        self.script = collections.deque()
        self.overrides = []
        self.requests = []
        self.released = threading.Event()
        self._sock = None
        self._threads = []
        self.port = 0

    def _setUp(self):
        self.up()
        self.addCleanup(self.down)
        self.addCleanup(self.released.set)

    def up(self):
        """Listen, on the port it had before if there was one."""
        self._sock = socket.create_server(('127.0.0.1', self.port),
                                          backlog=256)
        self.port = self._sock.getsockname()[1]
        thread = threading.Thread(target=self._accept, args=(self._sock,),
                                  daemon=True)
        thread.start()

    def down(self):
        """Refuse connections."""
        if self._sock is not None:
            # A blocked accept() is not woken by close() alone.
            self._sock.shutdown(socket.SHUT_RDWR)
            self._sock.close()
            self._sock = None

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def add(self, **members):
        """Add an image record in status queued; return its id."""
        image_id = members.pop('id', None) or str(uuid.uuid4())
        self.images[image_id] = {
            'id': image_id, 'status': 'queued', 'name': 'an image',
            'size': None, 'protected': False, 'visibility': 'private',
            'disk_format': 'raw', 'container_format': 'bare',
            'os_hash_algo': None, 'os_hash_value': None, 'checksum': None,
            'min_disk': 0, 'min_ram': 0, 'tags': [], **members}
        return image_id

    def asked(self, pattern):
        """The requests whose 'METHOD path' matches."""
        return [request for request in self.requests if re.fullmatch(
            pattern, f'{request.method} {request.path}')]

    @property
    def puts(self):
        return self.asked('PUT .*/file')

    def hold(self, image_id, request, status='active', size=None, digest=None,
             algorithm='sha512', store=None):
        """Make an image of what was read of a request."""
        members = {'status': status,
                   'size': request.received if size is None else size,
                   'os_hash_algo': algorithm,
                   'os_hash_value': digest or request.sha512}
        if self.multistore:
            members['stores'] = (store or request.headers.get(
                'x-image-meta-store', self.default))
        self.images[image_id].update(members)

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,),
                             daemon=True).start()

    def _serve(self, sock):
        stream = sock.makefile('rb', buffering=64 * 1024)
        try:
            request = Request(sock, stream)
            self.requests.append(request)
            self._handle(request)
        except (OSError, ValueError):
            # The client went away.
            pass
        finally:
            try:
                stream.close()
                sock.close()
            except OSError:
                pass

    def _handle(self, request):
        line = f'{request.method} {request.path}'
        for pattern, function in self.overrides:
            if re.fullmatch(pattern, line):
                return function(self, request)
        if line == 'GET /v2/info/stores':
            return self._info(request)
        if line == 'GET /v2/schemas/image':
            return request.answer(200, _SCHEMA)
        if line in ('GET /versions', 'GET /'):
            return request.answer(200, {'versions': [
                {'id': 'v2.17', 'status': 'CURRENT'}]})
        if line == 'POST /v2/images':
            return self._create(request)
        match = re.fullmatch('/v2/images/([^/]+)(/file)?', request.path)
        if not match:
            return request.answer(404)
        image_id = match.group(1)
        image = self.images.get(image_id)
        if image is None:
            return request.answer(404, b'No image found with ID')
        if match.group(2):
            behaviour = self.script.popleft() if self.script else accept()
            return behaviour(self, request, image_id)
        return getattr(self, f'_{request.method.lower()}')(request, image)

    def _info(self, request):
        if callable(self.stores):
            return self.stores(request)
        if isinstance(self.stores, bytes):
            return request.answer(200, self.stores,
                                  {'Content-Type': 'application/json'})
        return request.answer(200, self.stores)

    def _create(self, request):
        members = json.loads(request.read())
        image_id = self.add(**members)
        request.answer(201, self.images[image_id])

    def _get(self, request, image):
        request.answer(200, image)

    def _patch(self, request, image):
        for change in json.loads(request.read()):
            name = change['path'].strip('/')
            if change['op'] == 'remove':
                image.pop(name, None)
            else:
                image[name] = change['value']
        request.answer(200, image)

    def _delete(self, request, image):
        if image['protected']:
            return request.answer(403, b'protected')
        del self.images[image['id']]
        request.answer(204)


def accept(**held):
    """Read everything, hold what ``ImageApi.hold`` is told, answer 204."""
    def behave(api, request, image_id):
        request.read()
        api.hold(image_id, request, **held)
        request.answer(204)
    return behave


def answer(status, body=b'', headers=_TEXT, after=None):
    """Answer after some bytes of the body (None: all), and close.

    What the client sends beyond that meets a RST, as it does where a server
    refuses early.
    """
    def behave(api, request, image_id):
        request.read(after)
        request.answer(status, body, headers)
    return behave


def reset(after=None):
    """Break off with a RST after some bytes of the body."""
    def behave(api, request, image_id):
        request.read(after)
        request.reset()
    return behave


def cut(after, **held):
    """Take what came so far for all there is, and break off."""
    def behave(api, request, image_id):
        request.read(after)
        api.hold(image_id, request, **held)
        request.reset()
    return behave


def lose_answer():
    """Take all of it, and break off before the answer."""
    return cut(None)


def stay_saving(after, leave=None):
    """Break off, with the image in 'saving'; queued after ``leave`` seconds.
    """
    def behave(api, request, image_id):
        image = api.images[image_id]
        image['status'] = 'saving'
        request.read(after)
        if leave is not None:
            timer = threading.Timer(leave, image.update,
                                    kwargs={'status': 'queued'})
            timer.daemon = True
            timer.start()
        request.reset()
    return behave


def go_down(after, status='saving'):
    """Break off, and refuse every connection from then on."""
    def behave(api, request, image_id):
        api.images[image_id]['status'] = status
        request.read(after)
        api.down()
        request.reset()
    return behave


def vanish(after=None):
    """Delete the image while its data comes, and say so as Glance does."""
    def behave(api, request, image_id):
        request.read(after)
        del api.images[image_id]
        request.answer(410, f'Image {image_id} could not be found after '
                            'upload. The image may have been deleted during '
                            'the upload'.encode())
    return behave


def redirect(status, location):
    def behave(api, request, image_id):
        request.read()
        request.answer(status, headers={
            'Location': location.format(api=api, id=image_id)})
    return behave


def hang(api, request):
    """For overrides: say nothing until the test ends."""
    api.released.wait(120)


def drip(api, request, pause=0.05):
    """For overrides: an answer byte by byte."""
    data = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n'
    for byte in data + b'{' + b' ' * 10000:
        if api.released.is_set():
            return
        request.raw(bytes([byte]))
        time.sleep(pause)
