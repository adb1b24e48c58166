"""Two runs of the same tests, side by side.
"""

import collections
import dataclasses
import re

PASSED, FAILED, SKIPPED = 'passed', 'failed', 'skipped'
MISSING = 'not run'


@dataclasses.dataclass
class Comparison:
    """What became of each test.

    :ivar plain: ``{test id: outcome}`` on plain upstream
    :ivar ours: the same, with us
    :ivar reasons: ``[(regular expression, why)]``: tests that may pass on
        plain upstream and fail with us, found by their id
    """

    plain: dict
    ours: dict
    reasons: list = dataclasses.field(default_factory=list)

    def reason(self, test_id):
        """Return why a test may fail with us, or ``None``."""
        for pattern, why in self.reasons:
            if re.search(pattern, test_id):
                return why
        return None

    def lost(self):
        """Return the ids of what passes there and does not with us."""
        return sorted(test_id for test_id, outcome in self.plain.items()
                      if outcome == PASSED and
                      self.ours.get(test_id, MISSING) != PASSED)

    def unexplained(self):
        """Return those of :meth:`lost` for which no reason is named."""
        return [test_id for test_id in self.lost()
                if self.reason(test_id) is None]

    def stale(self):
        """Return the patterns of reasons that explain nothing any more."""
        return [pattern for pattern, _ in self.reasons
                if not any(re.search(pattern, test_id)
                           for test_id in self.lost())]

    def table(self):
        """Yield the lines of the comparison."""
        rows = (('plain upstream', self.plain), ('with us', self.ours))
        for name, outcomes in rows:
            count = collections.Counter(outcomes.values())
            yield (f'  {name:<15}{count[PASSED]:>5} passed'
                   f'{count[FAILED]:>5} failed{count[SKIPPED]:>5} skipped')
        gained = sum(self.plain.get(test_id) == FAILED
                     for test_id, outcome in self.ours.items()
                     if outcome == PASSED)
        lost = self.lost()
        yield (f'  {gained} fail there and pass with us; {len(lost)} pass '
               'there and not with us')
        named = collections.defaultdict(list)
        for test_id in lost:
            named[self.reason(test_id)].append(test_id)
        for why, tests in named.items():
            yield f'  {len(tests):>3}  {why or "NO REASON IS NAMED:"}'
            if why is None:
                yield from (f'         {test_id}' for test_id in tests)
        for pattern in self.stale():
            yield f'       no test needs this reason any more: {pattern}'

    def good(self):
        """Return whether something ran and nothing was lost unexplained."""
        return PASSED in self.plain.values() and not self.unexplained()
