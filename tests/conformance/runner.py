"""Run modules of tests in a process of their own, perhaps with us in them.

``python -m tests.conformance.runner RESULTS PLACE MODULE...`` where PLACE is
``-``, or ``module:function`` of what puts us in upstream's place before the
tests are loaded. RESULTS gets one JSON line a test: id, outcome, and what a
failed one said.
"""

import dataclasses
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
        self.tests = {}

    def startTest(self, test):
        super().startTest(test)
        self.tests.setdefault(
            test.id(), compare.Test(test.id(), compare.PASSED))

    def addFailure(self, test, err=None, details=None):
        self._failed(test, err, details)

    def addError(self, test, err=None, details=None):
        self._failed(test, err, details)

    def addUnexpectedSuccess(self, test, details=None):
        self._note(test, compare.FAILED, 'it was expected to fail')

    def addSkip(self, test, reason=None, details=None):
        self._note(test, compare.SKIPPED, str(reason or ''))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._failed(test, err, None)

    def addSuccess(self, test, details=None):
        pass

    def addExpectedFailure(self, test, err=None, details=None):
        pass

    def _note(self, test, outcome, said):
        self.tests[test.id()] = compare.Test(test.id(), outcome, said)

    def _failed(self, test, err, details):
        texts = [content.as_text() for name, content in
                 (details or {}).items() if name.startswith('traceback')]
        if err is not None:
            texts.append(''.join(traceback.format_exception(*err)))
        self._note(test, compare.FAILED, compare.exception_of(
            '\n'.join(texts)))
        if os.environ.get('CONFORMANCE_VERBOSE'):
            print('FAILED', test.id(), *texts, sep='\n', file=sys.stderr)


def outcomes(modules, place='-', environment=()):
    """Return ``{test id: compare.Test}`` of modules of tests.

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
        return {test.id: test for test in (
            compare.Test(**json.loads(line))
            for line in results.read_text().splitlines())}


def main():
    results, place, *modules = sys.argv[1:]
    if place != '-':
        module, function = place.split(':')
        getattr(importlib.import_module(module), function)()
    suite = unittest.defaultTestLoader.loadTestsFromNames(modules)
    found = _Results()
    suite.run(found)
    with open(results, 'w') as stream:
        for test in found.tests.values():
            stream.write(json.dumps(dataclasses.asdict(test)) + '\n')


if __name__ == '__main__':
    main()
