"""The end of ``./run test``: what was shown, what was skipped, the count.

Reads the results that the test environments left in ``var/results`` (one
JSON line a test, and one a defect of upstream) and needs nothing but the
standard library.
"""

import argparse
import json
import pathlib
import sys
import textwrap

RESULTS = pathlib.Path('var/results')
# The environments that run tests, and the name of what they leave.
SUITES = {'py3': 'unit', 'functional': 'functional', 'tempest': 'tempest'}
# Failures told with what they left; the others by name.
TOLD = 5


def load(pattern):
    """Yield the JSON lines of every results file of a name."""
    for path in sorted(RESULTS.glob(pattern)):
        for line in path.read_text().splitlines():
            yield json.loads(line)


def show_defects():
    """Print what plain upstream did and what we did, defect by defect."""
    rows = list(load('defects*.jsonl'))
    if not rows:
        return
    print('\nDefects of plain upstream, each run against real services '
          'in this test run')
    order = {'C': 0, 'G': 1, 'N': 2}
    rows.sort(key=lambda row: (order.get(row['defect'][0], 9),
                               int(row['defect'][1:]), row['what']))
    for row in rows:
        print(f"  {row['defect']:>3}  {row['what']}")
        print(f"         upstream  {row['upstream']}")
        print(f"         ours      {row['ours']}")


def show_contract():
    """Print what upstream's ``file`` driver does not promise as ours do."""
    rows = list(load('contract.jsonl'))
    if rows:
        print("\nPromises of a store's driver, all kept by multidir: how many "
              "of their tests\nupstream's file driver passes")
    for row in rows:
        print('  {promise:70}{0:>4} of {1}'.format(*row['upstream'], **row))


def show_tests():
    """Print failures and skips; return the count of each outcome."""
    count = dict.fromkeys(('passed', 'failed', 'skipped'), 0)
    failed = []
    for test in load('tests*.jsonl'):
        count[test['outcome']] += 1
        if test['outcome'] == 'failed':
            failed.append(test)
        if test['outcome'] == 'skipped':
            print(f"skipped  {test['id']}: {test['reason']}")
    # Last, and few: of a long output often only the end is kept.
    for test in failed[:TOLD]:
        print(f"FAILED   {test['id']}")
        print(textwrap.indent(test['reason'], '    '))
    if len(failed) > 1:
        print()
        for test in failed:
            print(f"FAILED   {test['id']}")
    return count


def main():
    """Print the summary; exit as the tests did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--status', type=int, default=0,
                        help='the exit status of the test run')
    parser.add_argument('environments',
                        help='those that were run, separated by commas')
    arguments = parser.parse_args()
    status = arguments.status
    show_defects()
    show_contract()
    print()
    count = show_tests()
    for environment in arguments.environments.split(','):
        suite = SUITES.get(environment)
        if suite and not list(load(f'tests-{suite}.jsonl')):
            print(f'No test of {environment} has run: something went wrong '
                  'before.')
            status = status or 1
    if status and not count['failed']:
        print('Not everything went well, though no test has failed: see '
              'above.')
    if count['failed']:
        status = status or 1
    print('{passed} passed, {failed} failed, {skipped} skipped'.format(
        **count))
    return status


if __name__ == '__main__':
    sys.exit(main())
