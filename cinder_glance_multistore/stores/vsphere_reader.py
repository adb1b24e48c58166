"""The bytes of an image, from a datastore.
"""

from glance_store import exceptions

from cinder_glance_multistore.vsphere import errors

_CHUNK_SIZE = 1 << 20

#: How often a download goes on after its connection broke.
_RESUMED = 5


class Reader:
    """An iterable of an image's bytes; closes its connection at the end.

    A connection that breaks in the middle is taken up where it broke.

    :param offset: bytes to leave out at the beginning
    :param length: bytes to read at most, or None for all that follow
    :ivar total: the file's bytes
    :raises VSphereError: when it cannot be opened
    """

    def __init__(self, files, path, offset, length):
        self._files = files
        self._path = path
        self._position = offset
        self._answer = None
        self._open(length)
        self._end = (self.total if length is None
                     else min(offset + length, self.total))

    def _open(self, length):
        answer = self._files.open(self._path, self._position, length)
        total = answer.total if answer.status in (206, 416) else answer.length
        if total is None and answer.status != 416:
            answer.close()
            raise errors.HTTPFailed(
                f'The size of {self._path} is not known',
                why='the vCenter does not say it')
        self.total = total or 0
        if answer.status == 416:
            answer.close()
            answer = None
        elif answer.status == 200:
            # A server without ranges.
            self._pass(answer, self._position)
        self._answer = answer

    def _pass(self, answer, size):
        try:
            while size > 0:
                buf = answer.read(min(size, _CHUNK_SIZE))
                if not buf:
                    return
                size -= len(buf)
        except OSError as exc:
            answer.close()
            raise errors.HTTPFailed(f'{self._path} cannot be read',
                                    why=str(exc)) from exc

    def __iter__(self):
        resumed = 0
        try:
            while self._answer is not None and self._position < self._end:
                try:
                    buf = self._answer.read(
                        min(_CHUNK_SIZE, self._end - self._position))
                    why = 'the connection ended'
                except OSError as exc:
                    buf, why = b'', str(exc)
                if buf:
                    self._position += len(buf)
                    yield buf
                    continue
                resumed += 1
                if resumed > _RESUMED:
                    raise self._broken(why)
                self._resume()
        finally:
            self.close()

    def _resume(self):
        total = self.total
        self.close()
        try:
            self._open(self._end - self._position)
        except errors.VSphereError as exc:
            raise self._broken(exc) from exc
        if self.total != total:
            raise self._broken('it is another file now')

    def _broken(self, why):
        return exceptions.RemoteServiceUnavailable(
            message=f'{self._path} ended after {self._position} of '
                    f'{self.total} bytes: {why}')

    def close(self):
        """Close the connection; nothing happens the second time."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()
