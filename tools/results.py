"""Read stestr's last run and leave it as JSON lines for the summary.

Run in the environment that ran the tests:
``python tools/results.py NAME [DIRECTORY]``, the directory they were run in,
writes ``var/results/tests-NAME.jsonl`` with the id, the outcome and the reason
of each test: of a skip what it says, of a failure the end of what it left.
Exits 1 if a test did not pass or none ran.
``python tools/results.py --forget``, before the tests, removes stestr's
earlier runs: where the tests cannot be loaded, its last run is an old one.
"""

import json
import pathlib
import shutil
import subprocess
import sys

import subunit
import testtools

RESULTS = pathlib.Path('var/results')
OUTCOMES = {
    'success': 'passed', 'xfail': 'passed',
    'fail': 'failed', 'error': 'failed', 'uxsuccess': 'failed',
    'inprogress': 'failed',
    'skip': 'skipped',
}
# Characters of a failed test that the summary shows.
TOLD = 4000


def reason(test):
    """Return why a test was skipped or failed, empty if it passed."""
    details = test['details']
    if 'reason' in details:
        return details['reason'].as_text().strip()
    if OUTCOMES[test['status']] != 'failed':
        return ''
    texts = [f'{name}:\n{content.as_text().strip()}'
             for name, content in details.items()
             if content.content_type.type == 'text']
    # A traceback is the last that is looked for, and the first that is told.
    texts.sort(key=lambda text: text.startswith('traceback'))
    told = '\n'.join(texts)
    return told[-TOLD:] or f"it ended as '{test['status']}'"


def read(stream):
    """Yield ``{id, outcome, reason}`` of each test of a subunit stream."""
    tests = []
    result = testtools.StreamToDict(tests.append)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(stream).run(result)
    result.stopTestRun()
    for test in tests:
        if test['status'] not in OUTCOMES:
            continue
        yield {
            'id': test['id'],
            'outcome': OUTCOMES[test['status']],
            'reason': reason(test),
        }


def main():
    """Write the results of the run just ended, or forget earlier ones."""
    name = sys.argv[1]
    if name == '--forget':
        shutil.rmtree('.stestr', ignore_errors=True)
        return 0
    where = sys.argv[2] if len(sys.argv) > 2 else None
    with subprocess.Popen(['stestr', 'last', '--subunit'], cwd=where,
                          stdout=subprocess.PIPE) as last:
        tests = list(read(last.stdout))
    RESULTS.mkdir(parents=True, exist_ok=True)
    with open(RESULTS / f'tests-{name}.jsonl', 'w') as results:
        for test in tests:
            results.write(json.dumps(test) + '\n')
    bad = [test for test in tests if test['outcome'] == 'failed']
    return 1 if bad or not tests else 0


if __name__ == '__main__':
    sys.exit(main())
