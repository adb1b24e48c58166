"""``python -m bench``: run the measurements and print them."""

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile

from bench import add
from bench import faults
from bench import material
from bench import memory
from bench import placement
from bench import profile

_GROUPS = ('add', 'zeros', 'at-once', 'memory', 'profile', 'placement',
           'faults')

# Measured on running services, each with arguments of its own:
# ``python -m bench NAME --help``.
_ON_SERVICES = ('api-validation', 'direct', 'discovery', 'nova',
                'vsphere', 'whole-way')


def _arguments():
    parser = argparse.ArgumentParser(
        prog='python -m bench', description=__doc__,
        epilog='By themselves, with arguments of their own: '
               + ', '.join(_ON_SERVICES) + '.')
    parser.add_argument('groups', nargs='*', metavar='group',
                        help=f'some of {", ".join(_GROUPS)}; all of them '
                             f'if none is named')
    parser.add_argument('--size', type=int, default=1024, metavar='MIB',
                        help='size of a source (default: 1024)')
    parser.add_argument('--rounds', type=int, default=5,
                        help='runs of each case (default: 5)')
    parser.add_argument('--at-once', type=int, nargs='+',
                        default=[2, 4, 8, 16], metavar='N',
                        help='uploads at once (default: 2 4 8 16)')
    parser.add_argument('--memory', type=float, nargs='+',
                        default=[1, 20], metavar='GIB',
                        help='sizes of uploads whose memory is measured '
                             '(default: 1 20)')
    parser.add_argument('--directory', default=tempfile.gettempdir(),
                        help='where sources and images lie (default: '
                             '%(default)s)')
    parser.add_argument('--json', metavar='FILE',
                        help='write the figures to this file, too')
    arguments = parser.parse_args()
    unknown = set(arguments.groups) - set(_GROUPS)
    if unknown:
        parser.error(f'no such group: {", ".join(sorted(unknown))}; there '
                     f'are {", ".join(_GROUPS)}')
    return arguments


def _results(arguments):
    groups = arguments.groups or _GROUPS
    with material.Material(arguments.directory,
                           arguments.size * material.MIB) as work:
        if 'add' in groups:
            yield add.random_data(work, arguments.rounds)
        if 'zeros' in groups:
            yield add.zeros(work, arguments.rounds)
        if 'at-once' in groups:
            for count in arguments.at_once:
                yield add.at_once(work, arguments.rounds, count)
        if 'profile' in groups:
            yield profile.parts(work, arguments.rounds)
    if 'memory' in groups:
        yield memory.peaks(arguments.directory, [
            int(size * memory.GIB) for size in arguments.memory])
    if 'placement' in groups:
        yield placement.choosing(arguments.rounds)
        yield placement.reserving(arguments.directory)
    if 'faults' in groups:
        yield faults.table()


def main():
    if sys.argv[1:2] and sys.argv[1] in _ON_SERVICES:
        name = sys.argv.pop(1)
        return importlib.import_module(
            f'bench.{name.replace("-", "_")}').main()
    arguments = _arguments()
    machine = (f'{len(os.sched_getaffinity(0))} cores, '
               f'{platform.platform()}, Python '
               f'{platform.python_version()}, load '
               f'{os.getloadavg()[0]:.1f} at the start')
    print(machine)
    results = []
    for result in _results(arguments):
        print(f'\n{result.text()}', flush=True)
        results.append(result.data())
    if arguments.json:
        with open(arguments.json, 'w') as file:
            json.dump({'machine': machine, 'results': results}, file,
                      indent=2)
    return 0


if __name__ == '__main__':
    sys.exit(main())
