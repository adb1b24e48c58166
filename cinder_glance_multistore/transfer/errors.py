"""What can go wrong while bits move.

::

    TransferError
    ├── NotRewindable     the source cannot be read again from its start
    └── SourceChanged     the source is not as long as it said
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
        what = ('goes on past' if found > expected
                else f'ended after {found} bytes of')
        super().__init__(
            f'{name} {what} the {expected} bytes it had when the transfer '
            f'began')
