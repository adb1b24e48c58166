"""Read, hash and write side by side, in bounded memory.

The caller's thread reads; what it read goes to every *lane* (a hash, the
verifier, the writer). A lane takes the pieces one after the other in their
order, in whichever thread is free: helper threads as many as
:mod:`~cinder_glance_multistore.transfer.cores` allows at that moment, and
the caller's own when it may read no further ahead. So no thread waits while
there is work, and with no helper allowed all is done in the caller's thread,
as upstream does it.
"""

import collections

from cinder_glance_multistore.transfer import cores
from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import native

#: Bytes asked of the source at a time. glanceclient sends as much in one
#: HTTP chunk, and reading less than a whole chunk makes uWSGI copy the rest.
PIECE_SIZE = 1 << 20

#: Bytes an upload holds in memory at most, unless told otherwise.
MAX_MEMORY = 32 << 20

#: Bytes read ahead of the slowest lane, within ``max_memory``. More than a
#: few pieces gain nothing and leave the processor's cache.
READ_AHEAD = 8 << 20

#: Seconds between two looks at ``cancelled`` while lanes are waited for.
CANCEL_INTERVAL = 0.1

_ZEROS = memoryview(bytes(PIECE_SIZE))


class Lane:
    """One thing to be done with every byte, in order.

    :param consume: called with each piece, a bytes-like object
    :param skip: called with the bytes of a hole instead, where given
    """

    __slots__ = ('_consume', '_skip', 'busy', 'queue')

    def __init__(self, consume, skip=None):
        self._consume = consume
        self._skip = skip
        self.busy = False
        self.queue = collections.deque()

    def take(self, piece):
        if piece.hole and self._skip is not None:
            self._skip(len(piece.buf))
        else:
            self._consume(piece.buf)


class _Piece:

    __slots__ = ('buf', 'hole', 'lanes')

    def __init__(self, buf, hole, lanes):
        self.buf = buf
        self.hole = hole
        self.lanes = lanes


class Pipeline:
    """The lanes of one upload, and the threads that serve them.

    A context manager: on the way out, whatever happened, no thread of it
    works any more. :meth:`feed` and :meth:`finish` raise the very exception
    that a lane raised; after that nothing more is done.

    :param lanes: the :class:`Lane` objects
    :param read_ahead: bytes that may wait for the slowest lane; a piece
        larger than that is taken alone
    :param cancelled: called now and then; a true answer ends the upload
    """

    def __init__(self, lanes, read_ahead=READ_AHEAD, cancelled=None,
                 governor=cores.GOVERNOR):
        self._lanes = lanes
        self._read_ahead = read_ahead
        self._cancelled = cancelled
        self._governor = governor
        self._green = native.is_green()
        self._lock = native.lock()
        self._work = native.condition(self._lock)
        self._progress = native.caller_condition(self._lock)
        self._allowed = 0
        self._helpers = 0
        self._pieces = 0
        self._open = 0
        self._held = 0
        self._stopped = False
        self._error = None

    def __enter__(self):
        self._governor.begin(self._green)
        return self

    def __exit__(self, *exc_info):
        self._governor.end(self._green)
        with self._lock:
            self._stopped = True
            self._work.notify_all()
            interrupted = None
            while self._helpers:
                try:
                    self._progress.wait()
                except BaseException as exc:
                    # A killed green thread, a signal: the caller closes
                    # files next, so what works on them must end first.
                    interrupted = interrupted or exc
        self._progress.close()
        for lane in self._lanes:
            lane.queue.clear()
        # Its traceback holds this object, and with it all buffers.
        self._error = None
        if interrupted is not None:
            raise interrupted

    def feed(self, buf, hole=False):
        """Give the next bytes to all lanes; wait while too many wait there.

        :raises: what a lane raised, or :class:`errors.Cancelled`
        """
        with self._lock:
            piece = _Piece(buf, hole, len(self._lanes))
            self._adapt()
            while (self._error is None and self._open
                   and self._held + len(buf) > self._read_ahead):
                self._help_or_wait()
            self._raise_error()
            self._held += len(buf)
            self._open += 1
            for lane in self._lanes:
                lane.queue.append(piece)
            if self._allowed:
                self._work.notify_all()
            else:
                while self._error is None and self._step():
                    pass
                self._raise_error()

    def finish(self):
        """Return when all lanes have taken all pieces.

        :raises: what a lane raised, or :class:`errors.Cancelled`
        """
        with self._lock:
            while self._open and self._error is None:
                self._help_or_wait()
            self._raise_error()

    def check_cancelled(self):
        """Raise :class:`errors.Cancelled` if the upload was cancelled."""
        if self._cancelled is not None and self._cancelled():
            raise errors.Cancelled()

    # Below, the lock is held, but for the work of a lane and while waiting.

    def _adapt(self):
        self._pieces += 1
        if self._pieces == 1:
            # An image of one piece is not worth a thread.
            return
        self._allowed = min(self._governor.helpers(self._green),
                            len(self._lanes))
        while self._helpers < self._allowed:
            try:
                native.start_thread(self._serve, self._helpers)
            except RuntimeError:
                # No more threads to be had: it is done with those there are.
                self._allowed = self._helpers
                return
            self._helpers += 1

    def _serve(self, index):
        """Run in a helper thread until the upload ends."""
        with self._lock:
            while not self._stopped and self._error is None:
                if index >= self._allowed or not self._step():
                    self._work.wait()
            self._helpers -= 1
            self._progress.notify_all()

    def _help_or_wait(self):
        # A green caller leaves the work to helpers, and its thread to the
        # hub, once there are helpers.
        helps = not (self._green and self._allowed)
        if helps and self._step():
            return
        if self._cancelled is None:
            self._progress.wait()
            return
        self._progress.wait(CANCEL_INTERVAL)
        self._lock.release()
        try:
            self.check_cancelled()
        finally:
            self._lock.acquire()

    def _step(self):
        """Do a piece of the lane that is furthest behind; False if none."""
        lane = None
        for other in self._lanes:
            if (other.queue and not other.busy and
                    (lane is None or len(other.queue) > len(lane.queue))):
                lane = other
        if lane is None:
            return False
        piece = lane.queue.popleft()
        lane.busy = True
        error = None
        self._lock.release()
        try:
            lane.take(piece)
        except BaseException as exc:
            error = exc
        finally:
            self._lock.acquire()
        lane.busy = False
        piece.lanes -= 1
        if not piece.lanes:
            self._held -= len(piece.buf)
            self._open -= 1
        if error is not None and self._error is None:
            self._error = error
            self._work.notify_all()
        self._progress.notify_all()
        if lane.queue and self._allowed:
            # The lane is free again, and a helper may have gone to sleep
            # because it was not.
            self._work.notify_all()
        return True

    def _raise_error(self):
        if self._error is not None:
            raise self._error


def _read(source, size):
    """Return about ``size`` bytes of a source that answers in small bits.

    Less than a quarter is read on, so that what a piece costs beside its
    bytes stays small; ``b''`` is the end.
    """
    buf = source.read(size)
    if not buf or len(buf) >= size // 4:
        return buf
    parts = [buf]
    found = len(buf)
    while found < size // 4:
        buf = source.read(size)
        if not buf:
            break
        parts.append(buf)
        found += len(buf)
    return b''.join(parts)


def run(source, lanes, *, size=None, cancelled=None, progress=None,
        max_memory=MAX_MEMORY, governor=cores.GOVERNOR):
    """Read the source to its end and give every byte to every lane.

    The source is read in the caller's thread only. When a lane fails, the
    others stop after the piece they are at, and so does the reading after
    the read that is under way. Neither a read nor a write that hangs can be
    broken off: this returns when no thread works on the upload any more.

    :param source: a :class:`~.sources.Source`
    :param lanes: :class:`Lane` objects; each is called from one thread at a
        time, but not always from the same
    :param size: bytes the source must have; None if not known
    :param cancelled: called between pieces and while waiting, in the
        caller's thread; a true answer ends the upload
    :param progress: called with the bytes read so far, in the caller's
        thread, after each piece
    :param max_memory: bytes of the source in memory at most, beside what
        the source itself holds
    :returns: the bytes read
    :raises SourceChanged: if the source has more or fewer than ``size``
        bytes; what is too much reaches no lane
    :raises Cancelled: if ``cancelled`` said so
    :raises: what the source or a lane raised, the same object
    """
    # Beside the pieces that wait, one is in the reader's hand, and while
    # small bits are joined it is there twice.
    piece_size = max(min(PIECE_SIZE, max_memory // 4), 1)
    read_ahead = max(min(READ_AHEAD, max_memory - 2 * piece_size), 1)
    total = 0
    with Pipeline(lanes, read_ahead, cancelled, governor) as pipeline:
        while True:
            pipeline.check_cancelled()
            hole = source.hole()
            if hole:
                take = min(hole, PIECE_SIZE)
                source.skip(take)
                buf = _ZEROS[:take]
            else:
                buf = _read(source, piece_size)
            if not buf:
                break
            if size is not None and total + len(buf) > size:
                raise errors.SourceChanged(
                    source.name, size, total + len(buf))
            pipeline.feed(buf, bool(hole))
            total += len(buf)
            del buf
            if progress is not None:
                progress(total)
        if size is not None and total < size:
            raise errors.SourceChanged(source.name, size, total)
        pipeline.finish()
    return total


def hash_lane(hasher):
    """Return a lane that updates a hash, or a verifier of signatures."""
    return Lane(hasher.update)


def writer_lane(writer):
    """Return a lane that writes; holes of the source stay holes."""
    return Lane(writer.write, writer.skip)
