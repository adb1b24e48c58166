"""Two runs of the same tests, side by side.
"""

import collections
import dataclasses
import re
import textwrap

PASSED, FAILED, SKIPPED = 'passed', 'failed', 'skipped'
MISSING = 'not run'


def exception_of(text):
    """Return the end of a traceback: what is after its last frame."""
    lines = text.rstrip().splitlines()
    last = max((number for number, line in enumerate(lines)
                if line.startswith('  ')), default=-1)
    return '\n'.join(lines[last + 1:])


@dataclasses.dataclass
class Reason:
    """Why tests may pass on plain upstream and fail with us.

    It holds for a test that fails as foreseen. One that fails otherwise, or
    does not run, is lost.

    :ivar tests: regular expression that finds the ids
    :ivar failure: regular expression that finds the failure's text, which
        is the exception without its traceback
    :ivar why: for people
    """

    tests: str
    failure: str
    why: str

    def holds(self, test):
        return bool(re.search(self.tests, test.id) and
                    test.outcome == FAILED and
                    re.search(self.failure, test.said))


@dataclasses.dataclass
class Test:
    """What became of a test.

    :ivar said: of a failure, the exception; of a skip, the reason
    """

    id: str
    outcome: str
    said: str = ''


def counts(runs):
    """Yield lines that count what became of tests.

    :param runs: name -> {test id: Test}
    """
    for name, tests in runs.items():
        count = collections.Counter(test.outcome for test in tests.values())
        yield (f'  {name:<15}{count[PASSED]:>5} passed'
               f'{count[FAILED]:>5} failed{count[SKIPPED]:>5} skipped')


@dataclasses.dataclass
class Comparison:
    """What became of each test.

    :ivar plain: ``{test id: Test}`` on plain upstream
    :ivar ours: the same, with us
    :ivar reasons: list of Reason
    """

    plain: dict
    ours: dict
    reasons: list = dataclasses.field(default_factory=list)

    def with_us(self, test_id):
        """Return a Test; what its class failed with where that did."""
        whole = test_id.partition('[')[0].rpartition('.')[0]
        failed = self.ours.get(f'setUpClass ({whole})')
        if test_id not in self.ours and failed:
            return dataclasses.replace(failed, id=test_id)
        return self.ours.get(test_id, Test(test_id, MISSING))

    def reason(self, test_id):
        """Return the Reason for which a test may fail with us, or None."""
        test = self.with_us(test_id)
        return next((reason for reason in self.reasons
                     if reason.holds(test)), None)

    def lost(self):
        """Return the ids of what passes there and does not with us."""
        return sorted(test_id for test_id, test in self.plain.items()
                      if test.outcome == PASSED and
                      self.with_us(test_id).outcome != PASSED)

    def unexplained(self):
        """Return those of :meth:`lost` for which no reason is named."""
        return [test_id for test_id in self.lost()
                if self.reason(test_id) is None]

    def stale(self):
        """Return the reasons that explain nothing any more."""
        used = [self.reason(test_id) for test_id in self.lost()]
        return [reason for reason in self.reasons if reason not in used]

    def table(self):
        """Yield the lines of the comparison."""
        yield from counts({'plain upstream': self.plain,
                           'with us': self.ours})
        gained = sum(test_id in self.plain and
                     self.plain[test_id].outcome == FAILED
                     for test_id, test in self.ours.items()
                     if test.outcome == PASSED)
        lost = self.lost()
        yield (f'  {gained} fail there and pass with us; {len(lost)} pass '
               'there and not with us')
        for reason in self.reasons:
            explained = [test_id for test_id in lost
                         if self.reason(test_id) is reason]
            if explained:
                yield f'  {len(explained):>3}  {reason.why}'
            else:
                yield f'       no test needs this reason any more: {reason}'
        for test_id in self.unexplained():
            test = self.with_us(test_id)
            yield f'  NO REASON IS NAMED: {test_id}: {test.outcome}'
            yield textwrap.indent(test.said, '      ')

    def good(self):
        """Return whether something ran and nothing was lost unexplained.

        A reason that no test needs any more is to be removed: it could
        excuse what breaks later.
        """
        return (any(test.outcome == PASSED for test in self.plain.values())
                and not self.unexplained() and not self.stale())
