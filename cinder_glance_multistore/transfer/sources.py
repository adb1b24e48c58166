"""Sources: what bits are read from.

A source knows its size or says that it does not, and starts again from its
first byte or says that it cannot. That is all a sender needs to state the
size before it sends, and to try again without sending less: upstream's retry
goes on with the consumed stream (C1).
"""

import os

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import native


class Source:
    """A readable object with a size and a way back to its start.

    Wraps any binary file-like object: a regular file, a block device, an
    RBD volume's reader, a pipe, or a proxy of one of these. Sizes are found
    by seeking to the end, so that block devices (whose ``st_size`` is 0)
    have one too. The source starts where the object stands, not at byte 0
    of the file behind it. The caller keeps and closes the object.

    An object that cannot seek, or whose end is where it stands, has no size
    and does not rewind: oslo.vmware's handles have a ``tell()`` that counts,
    and a ``seek()`` that takes no ``whence`` and does nothing.

    :raises OSError: the object went to its end and cannot go back

    :ivar size: bytes from the start to the end, or None if not known
    :ivar rewindable: whether :meth:`rewind` can work after a read
    :ivar consumed: bytes read since the start or the last rewind
    :ivar name: what to call the source in messages
    """

    def __init__(self, data, name=None):
        self._data = data = native.unwrap(data)
        self.name = name or str(getattr(data, 'name', None) or 'the source')
        self.consumed = 0
        self.size = None
        self.rewindable = False
        self._start = None
        try:
            start = data.tell()
            end = data.seek(0, os.SEEK_END)
            if end is None:
                # Not every seek() returns the position.
                end = data.tell()
        except (AttributeError, NotImplementedError, OSError, TypeError,
                ValueError):
            return
        if end <= start:
            return
        data.seek(start)
        self._start = start
        self.size = end - start
        self.rewindable = True

    def read(self, size):
        """Return at most ``size`` bytes, ``b''`` at the end.

        :raises: what the object raises
        """
        buf = self._data.read(size)
        self.consumed += len(buf)
        return buf

    def rewind(self):
        """Go back to the start; nothing happens where nothing was read.

        :raises NotRewindable: if bytes were read and the object cannot seek
        """
        if not self.consumed:
            return
        if not self.rewindable:
            raise errors.NotRewindable(self.name, self.consumed)
        self._data.seek(self._start)
        self.consumed = 0
