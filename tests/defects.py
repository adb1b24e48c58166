"""Rows of the table that ends a test run: each defect, upstream and ours."""

import json
import pathlib

RESULTS = pathlib.Path('var/results')


def record(suite, defect, what, upstream, ours):
    """Note what both did. To be called when both have been asserted.

    :param suite: ``unit`` or ``functional``; each has a file of its own
    :param defect: its name in doc/source/reference/upstream-defects.rst
    """
    RESULTS.mkdir(parents=True, exist_ok=True)
    with open(RESULTS / f'defects-{suite}.jsonl', 'a') as results:
        results.write(json.dumps({
            'defect': defect, 'what': what, 'upstream': upstream,
            'ours': ours}) + '\n')
