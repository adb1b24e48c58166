"""What the demo prints, and whether it is as said.
"""

import contextlib
import textwrap
import time

WIDTH = 96
# Characters of an answer that are shown; all are checked.
_LONGEST = 260


class Report:
    """Lines for a person, and the list of what is not as it should be.

    :param say: is called with each line
    :ivar wrong: sentences, one for each check that failed
    :ivar not_shown: what this machine has no way to show
    :ivar checked: how many checks there were
    """

    def __init__(self, say):
        self.line = say
        self.wrong = []
        self.not_shown = []
        self.checked = 0
        self._headings = 0
        self._asides = False
        self._started_at = time.monotonic()

    @property
    def elapsed(self):
        """Seconds since the report began."""
        return time.monotonic() - self._started_at

    def aside(self, line):
        """Say what the sandbox does, while ``asides`` are wanted."""
        if self._asides:
            self.line(line)

    @contextlib.contextmanager
    def asides(self):
        self._asides = True
        try:
            yield
        finally:
            self._asides = False

    def heading(self, text):
        self._headings += 1
        title = f'{self._headings}. {text}'
        self.line('')
        self.line(title)
        self.line('-' * len(title))

    def note(self, text):
        """Say something in whole sentences, folded."""
        for line in textwrap.wrap(text, WIDTH):
            self.line(line)

    def check(self, true, statement):
        """Count a statement; remember and show it if it is not true."""
        self.checked += 1
        if not true:
            self.wrong.append(statement)
            self.note(f'NOT AS SAID: {statement}')

    def cannot_show(self, what, reason):
        """Say that something is left out, now and at the end."""
        self.not_shown.append(what)
        self.line('')
        self.note(f'* {what}: NOT SHOWN. {reason}')

    def compare(self, what, upstream, ours):
        """Show what both did, beside what they were to do.

        :param upstream, ours: pairs of answers.Answer, answers.Expected
        """
        self.line('')
        self.note(f'* {what}')
        for name, (answer, expected) in (('upstream', upstream),
                                         ('ours', ours)):
            shown = textwrap.shorten(
                str(answer), _LONGEST, placeholder=' [...]')
            for line in textwrap.wrap(
                    shown, WIDTH, initial_indent=f'    {name:10}',
                    subsequent_indent=' ' * 14):
                self.line(line)
            self.check(
                expected.fits(answer),
                f'{what}: {name} was to answer {expected}, and answered '
                f'{answer}')


def table(rows):
    """Return lines: the first row is of names, all cells are text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ['  '.join(cell.ljust(width) for cell, width in
                      zip(row, widths, strict=True)).rstrip()
            for row in rows]


def size(number):
    """Return bytes as a person reads them; a decimal says that it is rounded.

    >>> size(1073741824), size(5242880), size(5242881), size(5)
    ('1 GiB', '5 MiB', '5.0 MiB', '5 bytes')
    """
    for unit, name in ((1024 ** 3, 'GiB'), (1024 ** 2, 'MiB')):
        if number >= unit:
            whole, rest = divmod(number, unit)
            return f'{number / unit:.1f} {name}' if rest else (
                f'{whole} {name}')
    return f'{number} bytes'


def short(digest):
    """Return the two ends of a digest."""
    return f'{digest[:6]}..{digest[-6:]}'
