"""The hashes of an image: md5 and any other of hashlib's.

Glance's contract wants the md5 ``checksum`` and a ``multihash`` of every
byte; neither can be split among threads nor skipped over zeros. They bound
every upload, so the faster of two md5 is taken.
"""

import functools
import hashlib
import time

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import pipeline

try:
    from cryptography.hazmat.primitives import hashes as _cryptography
except ImportError:
    _cryptography = None

_SAMPLE = 1 << 20
_ROUNDS = 3


class _CryptographyMD5:
    """md5 of the OpenSSL that ``cryptography`` brings, as hashlib's."""

    name = 'md5'

    def __init__(self):
        self._context = _cryptography.Hash(
            _cryptography.MD5())  # noqa: S303 Glance's checksum is md5
        self.update = self._context.update
        self._hex = None

    def hexdigest(self):
        """Return the digest; no update is possible afterwards."""
        if self._hex is None:
            self._hex = self._context.finalize().hex()
        return self._hex


def _hashlib_md5():
    return hashlib.md5(usedforsecurity=False)


@functools.cache
def _md5():
    """Return the faster md5 of this machine, measured once a process.

    The OpenSSL that ``cryptography`` bundles is often newer than Python's
    and then 3 to 8 % faster. The measurement takes about 10 ms.
    """
    if _cryptography is None:
        return _hashlib_md5
    best = {_hashlib_md5: None, _CryptographyMD5: None}
    sample = bytes(_SAMPLE)
    try:
        for _ in range(_ROUNDS):
            for new in best:
                began = time.thread_time()
                new().update(sample)
                took = time.thread_time() - began
                best[new] = min(took, best[new] or took)
    except Exception:
        # A build or a FIPS policy without md5: hashlib's, which may be used
        # where it is not for security, is left.
        return _hashlib_md5
    return min(best, key=best.get)


def new(algorithm):
    """Return an object with ``update(buf)`` and ``hexdigest()``.

    :param algorithm: a name in ``hashlib.algorithms_available``
    :raises UnknownAlgorithm: if hashlib does not have it, or if its digest
        has no length of its own (``shake_128``), so that it names no value
    """
    algorithm = str(algorithm)
    if algorithm == 'md5':
        return _md5()()
    try:
        hasher = hashlib.new(algorithm)
    except ValueError as exc:
        raise errors.UnknownAlgorithm(algorithm) from exc
    if not hasher.digest_size:
        raise errors.UnknownAlgorithm(algorithm)
    return hasher


class Digests:
    """What Glance wants to know of an image, and who checks its signature.

    :param algorithm: the hash beside md5, a name of hashlib
    :param verifier: an object whose ``update(buf)`` is given every byte in
        order, in any thread; or None
    :raises UnknownAlgorithm: if hashlib does not have it
    """

    def __init__(self, algorithm, verifier=None):
        self._checksum = self._multihash = new('md5')
        if str(algorithm) != 'md5':
            self._multihash = new(algorithm)
        self._verifier = verifier

    def lanes(self):
        """Return a lane of the pipeline for each."""
        each = [self._checksum]
        if self._multihash is not self._checksum:
            each.append(self._multihash)
        if self._verifier is not None:
            each.append(self._verifier)
        return [pipeline.hash_lane(one) for one in each]

    @property
    def checksum(self):
        """The hexadecimal md5 of all that went through the lanes."""
        return self._checksum.hexdigest()

    @property
    def multihash(self):
        """The hexadecimal digest of the algorithm asked for."""
        return self._multihash.hexdigest()
