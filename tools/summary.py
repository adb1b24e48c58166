"""The end of ``./run test``: what was shown, what was skipped, the count.

Reads the results that the test environments left in ``var/results`` (one
subunit stream a suite, one JSON line a defect of upstream) and needs nothing
but the standard library and, where there is a stream, subunit.
"""

import argparse
import json
import pathlib
import sys

RESULTS = pathlib.Path('var/results')


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
    order = {'C': 0, 'G': 1}
    rows.sort(key=lambda row: (order.get(row['defect'][0], 9),
                               int(row['defect'][1:]), row['what']))
    for row in rows:
        print(f"  {row['defect']:>3}  {row['what']}")
        print(f"         upstream  {row['upstream']}")
        print(f"         ours      {row['ours']}")


def show_tests():
    """Print failures and skips; return the count of each outcome."""
    count = dict.fromkeys(('passed', 'failed', 'skipped'), 0)
    for test in load('tests*.jsonl'):
        count[test['outcome']] += 1
        if test['outcome'] == 'failed':
            print(f"FAILED   {test['id']}")
        if test['outcome'] == 'skipped':
            print(f"skipped  {test['id']}: {test['reason']}")
    return count


def main():
    """Print the summary; exit as the tests did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--status', type=int, default=0,
                        help='the exit status of the test run')
    status = parser.parse_args().status
    show_defects()
    print()
    count = show_tests()
    if not count['passed']:
        print('No test has passed: something went wrong before the tests.')
        status = status or 1
    if count['failed']:
        status = status or 1
    print('{passed} passed, {failed} failed, {skipped} skipped'.format(
        **count))
    return status


if __name__ == '__main__':
    sys.exit(main())
