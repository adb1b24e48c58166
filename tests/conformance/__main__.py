"""``python -m tests.conformance [PART...]``: all parts, or those named."""

import argparse
import importlib
import sys
import time

PARTS = {
    'cinder-units': 'tests.conformance.cinder_units',
    'store-drivers': 'tests.conformance.store_drivers',
    'tempest': 'tests.conformance.tempest',
    'plugin': 'tests.conformance.plugin',
}


def main():
    parser = argparse.ArgumentParser(
        prog='run conformance',
        description="Upstream's own tests on plain upstream and with us. "
                    'Fails where one passes there and fails with us without '
                    'a reason that is named.')
    parser.add_argument('parts', nargs='*', metavar='PART',
                        help=f'{", ".join(PARTS)}; all of them if none is '
                             'named')
    parser.add_argument('--regex', help='where tempest is the only part that '
                                        'is named: which tests to run')
    arguments = parser.parse_args()
    options = {'regex': arguments.regex} if arguments.regex else {}
    if options and arguments.parts != ['tempest']:
        parser.error('--regex is for the part tempest alone')
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"there is no part '{part}'; there are "
                         f'{", ".join(PARTS)}')
    good = True
    for part in arguments.parts or PARTS:
        begun = time.monotonic()
        comparison = importlib.import_module(PARTS[part]).run(**options)
        print(f'\n{part}, {time.monotonic() - begun:.0f} s')
        for line in comparison.table():
            print(line)
        sys.stdout.flush()
        good = comparison.good() and good
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
