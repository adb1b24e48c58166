"""What can go wrong while bits move.

::

    TransferError
    ├── NotRewindable     the source cannot be read again from its start
    ├── SourceChanged     the source is not as long as it said
    ├── UnknownAlgorithm  hashlib has no such hash
    └── Cancelled         the caller said that the transfer is to end

What a source, a disk or a verifier raises is passed on as it is: a full disk
is an ``OSError`` with ENOSPC, a name that is taken a ``FileExistsError``.
"""


class TransferError(Exception):
    """Base of everything this room raises."""


class NotRewindable(TransferError):
    """The source was read from, and cannot go back to its start.

    :ivar name: what the source is called in messages
    :ivar consumed: bytes that were read and cannot be had again
    """

    def __init__(self, name, consumed):
        self.name = name
        self.consumed = consumed
        super().__init__(
            f'{name} cannot be read again from its start: {consumed} bytes '
            f'were read and it does not rewind')


class SourceChanged(TransferError):
    """The source ended early, or goes on past the size it gave.

    :ivar name: what the source is called in messages
    :ivar expected: its size in bytes when the transfer began
    :ivar found: bytes there were before it ended; ``expected`` + 1 or more
        when it did not end
    """

    def __init__(self, name, expected, found):
        self.name = name
        self.expected = expected
        self.found = found
        what = (f'goes on past the {expected}' if found > expected
                else f'ended after {found} of the {expected}')
        super().__init__(
            f'{name} {what} bytes it had when the transfer began')


class UnknownAlgorithm(TransferError):
    """There is no such hash, or its digest has no length of its own.

    :ivar algorithm: the name that was given
    """

    def __init__(self, algorithm):
        self.algorithm = algorithm
        super().__init__(
            f'there is no hash {algorithm!r} of a fixed length here; name '
            f'another of hashlib, for example sha512')


class Cancelled(TransferError):
    """The transfer was ended by its caller before the last byte."""

    def __init__(self):
        super().__init__('the transfer was cancelled')
