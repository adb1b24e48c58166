"""What says that a file in an incoming folder is to become an image.

cinder-volume puts the file there, and sends the claim to Glance in a header
of an upload without a body; the paste filter lets it through for the service
role, and the driver adopts exactly that file, once.
"""

import contextlib
import contextvars
import dataclasses
import hashlib
import re
import secrets

#: In an answer, it says that the filter has let the claim through.
HEADER = 'x-multistore-adopt'
#: What is said where the driver does not see the file.
NO_FILE = 'no such file waits'
#: Plain Glance answers 415 to it, before anything is done.
CONTENT_TYPE = 'application/x-multistore-adoption'

_NAME = re.compile(r'[0-9a-f-]{36}')
_TEXT = re.compile(
    r'1 (?P<image_id>[0-9a-f-]{36}) (?P<token>[0-9a-f]{64}) '
    r'(?P<size>[1-9][0-9]{0,18}) (?P<checksum>[0-9a-f]{32}) '
    r'(?P<algorithm>[a-z0-9_-]{1,32}) (?P<multihash>[0-9a-f]{16,128})')

_current = contextvars.ContextVar('multistore_claim', default=None)


class BadClaim(ValueError):
    """The header is not what it should be."""


@dataclasses.dataclass(frozen=True)
class Claim:
    """A file that waits, and what is known of its bytes.

    :ivar image_id: the image that it is to become
    :ivar token: what only its writer knows, 64 hexadecimal digits
    :ivar size: bytes, at least one
    :ivar checksum: hexadecimal md5
    :ivar algorithm: of the multihash, a name of hashlib
    :ivar multihash: hexadecimal digest
    """

    image_id: str
    token: str = dataclasses.field(repr=False)
    size: int
    checksum: str
    algorithm: str
    multihash: str

    def header(self):
        """Return the header's value."""
        return (f'1 {self.image_id} {self.token} {self.size} '
                f'{self.checksum} {self.algorithm} {self.multihash}')


def parse(text):
    """Return the :class:`Claim` of a header's value.

    :raises BadClaim: it is none
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise BadClaim('The header is no claim of a file.')
    fields = found.groupdict()
    algorithm, digest = fields['algorithm'], fields['multihash']
    if (algorithm not in hashlib.algorithms_available or len(digest)
            != 2 * hashlib.new(algorithm, usedforsecurity=False).digest_size):
        raise BadClaim('The header names no hash, or not all of it.')
    return Claim(**dict(fields, size=int(fields['size'])))


def new_token():
    """Return a token that is used once."""
    return secrets.token_hex(32)


def file_name(image_id, token):
    """Return the name of a file that waits.

    It shows a hash of the token. So whoever can list the folder cannot claim
    what is in it, and how long a wrong name takes to look up tells nothing.
    """
    if not _NAME.fullmatch(image_id):
        raise ValueError(f'{image_id!r} is no image id')
    return f'{image_id}~{hashlib.sha256(token.encode()).hexdigest()}'


@dataclasses.dataclass(frozen=True)
class Presented:
    """A claim, and the body of the upload that presents it.

    :ivar body: an :class:`~.incoming.Body`
    """

    claim: Claim
    body: object


@contextlib.contextmanager
def presented(claim, body):
    """Have a driver's ``add`` in this context see the claim."""
    reset = _current.set(Presented(claim, body))
    try:
        yield
    finally:
        _current.reset(reset)


def current():
    """Return what this upload presents, or None."""
    return _current.get()
