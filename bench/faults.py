"""What faults do to a store: ours, and upstream's ``file`` store beside it.

``python -m bench faults``. The cases are those of
:mod:`tests.contract.faults`, which ``./run test`` runs too.
"""

import sys

from bench import measure
from tests.contract import faults


def _kills(times, found):
    return (f'{found["truncated"]} of {times} truncated under the final '
            f'name, {found["refused"]} of {times} retries refused, '
            f'{found["left"]} files left {found["seconds"]:.1f} s after the '
            f'next start')


def _at_once(times, found):
    return f'{found["saved"]} of {6 * times} saved'


def _filled(times, found):
    said = ', '.join(f'{count} {name}'
                     for name, count in found['answers'].items())
    return f'{said}; {found["left"]} bytes left'


def _hung(times, found):
    first, *others = found['seconds']
    if None in found['seconds']:
        return 'blocks: no answer within 30 s'
    return (f'{found["saved"]} of {times} saved by the others; the first '
            f'after {first:.1f} s, the slowest other after '
            f'{max(others):.2f} s; {found["threads"]} threads; '
            f'{"used again" if found["back"] else "NOT used again"} when it '
            f'answers')


CASES = (
    ('kill -9 in the middle of add', 'kills', _kills,
     {'ours': 200, 'upstream': 30}),
    ('6 uploads of 20 MiB at once into two disks of 64 MiB', 'at_once',
     _at_once, {'ours': 100, 'upstream': 10}),
    ('a disk fills up: unknown size and a rival', 'filled', _filled,
     {'ours': 20, 'upstream': 20}),
    ('one of three directories hangs', 'hung', _hung,
     {'ours': 10, 'upstream': 3}),
)


def table():
    """Run the cases; return the table."""
    lines, values = [], {}
    for title, case, say, times in CASES:
        lines.append(title)
        for kind in ('upstream', 'ours'):
            found = faults.apart(case, kind, times[kind])
            lines.append(f'    {kind:9} {say(times[kind], found)}')
            values.setdefault(case, {})[kind] = found
            print(lines[-1], file=sys.stderr, flush=True)
    return measure.Lines('Faults, and what is left of the store', lines,
                         values)
