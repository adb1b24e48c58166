"""What can go wrong while bits move.

::

    TransferError
    ├── NotRewindable     the source cannot be read again from its start
    └── SourceChanged     the source ended before the size it gave
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
    """The source ended before the size it had when the transfer began.

    :ivar name: what the source is called in messages
    :ivar expected: its size in bytes when the transfer began
    :ivar found: bytes there were before it ended
    """

    def __init__(self, name, expected, found):
        self.name = name
        self.expected = expected
        self.found = found
        super().__init__(
            f'{name} ended after {found} of the {expected} bytes it had when '
            f'the transfer began')
