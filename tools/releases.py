"""The tests with each release of OpenStack that we promise.

``./run releases [RELEASE...]``: runs the tox environment of each release,
oldest first, prints a table and leaves it in ``var/releases.txt``. Needs
nothing but the standard library, and tox beside its Python.
"""

import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys

RESULTS = pathlib.Path('var/results')
TABLE = pathlib.Path('var/releases.txt')
PARTS = ('unit', 'functional')
SERVICES = ('cinder', 'glance', 'nova', 'glance-store')


def releases():
    """Return the releases that there are constraints for, oldest first."""
    return sorted(path.stem for path in pathlib.Path('constraints').iterdir())


def versions(release):
    """Return ``{service: version}`` of a release."""
    pins = pathlib.Path('constraints', f'{release}.txt').read_text()
    found = dict(line.split('==') for line in pins.splitlines()
                 if '==' in line)
    return {name: found[name].strip() for name in SERVICES}


def count(release, part):
    """Return ``{outcome: tests}`` of a run, and whether it went well."""
    path = RESULTS / f'tests-py3-{release}-{part}.jsonl'
    if not path.exists():
        return {}, False
    counted = collections.Counter(
        json.loads(line)['outcome']
        for line in path.read_text().splitlines())
    return counted, bool(counted['passed']) and not counted['failed']


def row(release, status):
    """Return the line of the table, and whether all passed."""
    cells = [f'{release:<9}',
             *(f'{version:<8}' for version in versions(release).values())]
    good = not status
    for part in PARTS:
        counted, passed = count(release, part)
        good = good and passed
        cells.append('{:>5} passed {:>3} failed {:>3} skipped'.format(
            *(counted.get(outcome, 0)
              for outcome in ('passed', 'failed', 'skipped'))))
    cells.append('passed' if good else 'FAILED')
    return '  '.join(cells), good


def main():
    known = releases()
    parser = argparse.ArgumentParser(
        prog='run releases', description=__doc__.splitlines()[0])
    parser.add_argument('releases', nargs='*', metavar='RELEASE',
                        help=f'{", ".join(known)}; all of them if none is '
                             'named')
    arguments = parser.parse_args()
    for release in arguments.releases:
        if release not in known:
            parser.error(f"there are no constraints for '{release}'; there "
                         f'are {", ".join(known)}')
    tox = shutil.which('tox', path=pathlib.Path(sys.executable).parent)
    lines = ['  '.join([f'{"release":<9}', *(f'{name:<8}' for name in SERVICES
                                             [:3]), 'store     unit, '
                        'functional'])]
    good = True
    for release in arguments.releases or known:
        for part in PARTS:
            (RESULTS / f'tests-py3-{release}-{part}.jsonl').unlink(
                missing_ok=True)
        done = subprocess.run([tox, 'run', '-e', f'py3-{release}'])
        line, passed = row(release, done.returncode)
        lines.append(line)
        good = good and passed
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text('\n'.join(lines) + '\n')
    print('\n' + '\n'.join(lines))
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
