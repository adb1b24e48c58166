"""Rows of the tables that end a test run: upstream and ours, side by side."""

import json
import pathlib

RESULTS = pathlib.Path('var/results')


def record(suite, defect, what, upstream, ours):
    """Note what both did. To be called when both have been asserted.

    :param suite: ``unit`` or ``functional``; each has a file of its own
    :param defect: its name in doc/source/reference/upstream-defects.rst
    """
    _note(f'defects-{suite}', defect=defect, what=what, upstream=upstream,
          ours=ours)


def record_promise(promise, upstream):
    """Note how upstream keeps a promise of every store's driver.

    :param upstream: how many of the promise's tests pass, and how many
        there are
    """
    _note('contract', promise=promise, upstream=upstream)


def _note(name, **row):
    RESULTS.mkdir(parents=True, exist_ok=True)
    with open(RESULTS / f'{name}.jsonl', 'a') as results:
        results.write(json.dumps(row) + '\n')
