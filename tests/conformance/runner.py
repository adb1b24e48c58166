"""Run modules of tests in a process of their own, perhaps with us in them.

``python -m tests.conformance.runner RESULTS PLACE MODULE...`` where PLACE is
``-``, or ``module:function`` of what puts us in upstream's place before the
tests are loaded. RESULTS gets one JSON line a test: ``[id, outcome]``.
"""

import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback
import unittest

from tests.conformance import compare


class _Results(unittest.TestResult):

    def __init__(self):
        super().__init__()
        self.outcomes = {}

    def startTest(self, test):
        super().startTest(test)
        self.outcomes.setdefault(test.id(), compare.PASSED)

    def _note(self, test, outcome):
        self.outcomes[test.id()] = outcome

    def addFailure(self, test, err=None, details=None):
        self._tell(test, err, details)

    def addError(self, test, err=None, details=None):
        self._tell(test, err, details)

    def addUnexpectedSuccess(self, test, details=None):
        self._note(test, compare.FAILED)

    def addSkip(self, test, reason=None, details=None):
        self._note(test, compare.SKIPPED)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._tell(test, err, None)

    def addSuccess(self, test, details=None):
        pass

    def addExpectedFailure(self, test, err=None, details=None):
        pass

    def _tell(self, test, err, details):
        self._note(test, compare.FAILED)
        if os.environ.get('CONFORMANCE_VERBOSE'):
            print('FAILED', test.id(), file=sys.stderr)
            for name, text in (details or {}).items():
                if name.startswith('traceback'):
                    print(text.as_text(), file=sys.stderr)
            if err is not None:
                traceback.print_exception(*err)


def outcomes(modules, place='-', environment=()):
    """Return ``{test id: outcome}`` of modules of tests.

    :param place: ``module:function`` that puts us in upstream's place
    :param environment: variables of the process, beside those there are
    :raises subprocess.CalledProcessError: the tests cannot be loaded
    """
    with tempfile.TemporaryDirectory() as directory:
        results = pathlib.Path(directory) / 'results'
        subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', __spec__.name,
             str(results), place, *modules],
            env={**os.environ, **dict(environment)}, check=True,
            stdin=subprocess.DEVNULL)
        return dict(json.loads(line)
                    for line in results.read_text().splitlines())


def main():
    results, place, *modules = sys.argv[1:]
    if place != '-':
        module, function = place.split(':')
        getattr(importlib.import_module(module), function)()
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    found = _Results()
    suite.run(found)
    with open(results, 'w') as stream:
        for test_id, outcome in found.outcomes.items():
            stream.write(json.dumps([test_id, outcome]) + '\n')


if __name__ == '__main__':
    main()
