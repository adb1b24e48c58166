"""``python -m tests.contract``: the contract, kept by ours, by upstream's.

Prints one line for each promise that the two keep differently.
"""

import collections
import logging
import re
import sys
import unittest

import testtools

from tests.contract import directory


def outcomes(case):
    """Return ``{promise: [kept, asked]}`` of a test class."""
    kept = collections.defaultdict(lambda: [0, 0])

    class Result(unittest.TestResult):
        def stopTest(self, test):
            name = test.id().rpartition('.')[2]
            promise = re.sub(r'_\d+_.*|_\d+$', '', name.removeprefix('test_'))
            failed = {failure[0].id()
                      for failure in self.failures + self.errors}
            kept[promise][0] += test.id() not in failed
            kept[promise][1] += 1
            super().stopTest(test)

    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(Result())
    return kept


def contract_of(module, **more):
    """Return the contract as a test class for a module's ``make_store``."""
    return type('Contract', (directory.DirectoryContract, testtools.TestCase),
                {'module': module, 'factory': 'make_store', **more})


def of_upstream():
    """Return what :func:`outcomes` does for upstream's ``file`` driver."""
    # It removes nothing, however long it is waited for.
    return outcomes(contract_of('tests.contract.upstream', patience=5))


def total(kept):
    """Return ``[kept, asked]`` of all promises together."""
    return [sum(column) for column in zip(*kept.values(), strict=True)]


def main():
    logging.disable(logging.CRITICAL)
    ours = outcomes(contract_of('tests.contract.multidir'))
    theirs = of_upstream()
    print(f'{"promise":70} multidir  upstream file')
    for promise in sorted(ours):
        if ours[promise] != theirs[promise]:
            print(f'{promise.replace("_", " "):70} '
                  + '  '.join(f'{kept} of {asked}'.rjust(8)
                              for kept, asked in (ours[promise],
                                                  theirs[promise])))
    for name, kept in (('multidir', ours), ('upstream file', theirs)):
        print('{}: {} of {} tests pass, {} of {} promises are kept'.format(
            name, *total(kept), sum(one[0] == one[1] for one in kept.values()),
            len(kept)))
    return any(one[0] < one[1] for one in ours.values())


if __name__ == '__main__':
    sys.exit(main())
