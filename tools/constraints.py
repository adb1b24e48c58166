"""Pin what a release of OpenStack was made of: ``constraints/RELEASE.txt``.

    python tools/constraints.py 2024.1 upper-constraints.txt

The services are the newest of their series that PyPI has, as an operator of
that release runs them; their libraries are those of the release's
``upper-constraints.txt``, of the project openstack/requirements; what neither
names is what PyPI had on the day of the release. ``uv`` does the resolving,
for Python 3.11. Only what our extras and tests need is written.
"""

import argparse
import configparser
import pathlib
import re
import subprocess
import tempfile

# The day of the release, and the major versions of its services.
RELEASES = {
    '2024.1': ('2024-04-03', 24),
    '2024.2': ('2024-10-02', 25),
    '2025.1': ('2025-04-02', 26),
    '2025.2': ('2025-10-01', 27),
    '2026.1': ('2026-04-01', 28),
    '2026.2': ('2026-10-01', 29),
}
# What is to be added to Cinder's major version for that of the others.
SERVICES = {'cinder': 0, 'glance': 4, 'keystone': 1, 'nova': 5}
# Tools of our tests: of any day, whatever the upper constraints say of them.
OURS = ('mfusepy', 'moto')
EXTRAS = ('cinder', 'sandbox', 'vmware', 'nova', 'osc', 'keystone', 'tempest')
HEAD = """\
# What OpenStack {release} is made of, for the tests: tools/constraints.py
# wrote it from that release's upper-constraints.txt.
"""


def wanted():
    """Return the lines of every requirement of ours."""
    setup = configparser.ConfigParser()
    setup.read('setup.cfg')
    lines = [setup['extras'][extra] for extra in EXTRAS]
    for name in ('requirements.txt', 'test-requirements.txt'):
        lines.append(pathlib.Path(name).read_text())
    return '\n'.join(lines)


def compile_(release, upper):
    """Return the pins of a release, sorted, one a line."""
    day, cinder = RELEASES[release]
    series = [f'{name}>={cinder + more},<{cinder + more + 1}'
              for name, more in SERVICES.items()]
    known = [line for line in pathlib.Path(upper).read_text().splitlines()
             if name_of(line) and name_of(line) not in OURS]
    newer = [f'--exclude-newer-package={name}=9999-01-01'
             for name in {*SERVICES, *OURS, *map(name_of, known)}]
    with tempfile.TemporaryDirectory() as directory:
        wishes = pathlib.Path(directory) / 'wishes.in'
        wishes.write_text('\n'.join([wanted(), *series]))
        limits = pathlib.Path(directory) / 'limits.txt'
        limits.write_text('\n'.join(known))
        done = subprocess.run(
            ['uv', 'pip', 'compile', '--quiet', '--no-header', '--no-annotate',
             '--no-emit-index-url', '--no-emit-find-links',
             '--python-version=3.11', f'--exclude-newer={day}', *newer,
             f'--constraints={limits}', str(wishes)],
            check=False, text=True, stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f'{release}: uv found no versions that go together')
    return done.stdout


def name_of(line):
    """Return the name of a line of constraints, or ``None``."""
    pin = re.match(r'([\w.-]+?)===?', line)
    return pin and pin[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('release', choices=RELEASES)
    parser.add_argument('upper', help="the release's upper-constraints.txt")
    arguments = parser.parse_args()
    pins = compile_(arguments.release, arguments.upper)
    path = pathlib.Path('constraints') / f'{arguments.release}.txt'
    path.write_text(HEAD.format(release=arguments.release) + pins)


if __name__ == '__main__':
    main()
