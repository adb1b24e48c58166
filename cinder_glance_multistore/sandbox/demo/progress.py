"""How far uploads are: bars on a terminal, now and then a line elsewhere.
"""

import sys
import time

from rich import console
from rich import progress

_EVERY = 2.0


def make(sizes, say):
    """Return a context manager with ``show(name, bytes)``.

    :param sizes: name -> bytes of the whole
    :param say: takes the lines where stdout is not a terminal
    """
    if sys.stdout.isatty():
        return _Bars(sizes)
    return _Lines(sizes, say)


class _Bars:

    def __init__(self, sizes):
        self._progress = progress.Progress(
            progress.TextColumn('  {task.description}'),
            progress.BarColumn(bar_width=30),
            progress.TaskProgressColumn(),
            progress.DownloadColumn(binary_units=True),
            progress.TransferSpeedColumn(),
            console=console.Console(file=sys.stdout, highlight=False))
        self._tasks = {name: self._progress.add_task(name, total=size)
                       for name, size in sizes.items()}

    def __enter__(self):
        self._progress.start()
        return self

    def __exit__(self, *exc_info):
        self._progress.stop()

    def show(self, name, size):
        self._progress.update(self._tasks[name], completed=size)


class _Lines:

    def __init__(self, sizes, say):
        self._sizes = sizes
        self._say = say
        self._shown = dict.fromkeys(sizes, (0.0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        pass

    def show(self, name, size):
        """Say it at the start, at the end, and every two seconds."""
        now = time.monotonic()
        told_at, told = self._shown[name]
        whole = self._sizes[name]
        if size != told and (size >= whole or now - told_at >= _EVERY):
            self._shown[name] = (now, size)
            self._say(f'  {name}  {100 * size // whole:3} %  '
                      f'{size >> 20} of {whole >> 20} MiB')
