"""What a test makes others say goes with the test that made them say it."""

import fixtures


class Quiet(fixtures.Fixture):
    """Logs and ``sys.stderr`` are details of the test, shown if it fails.

    Drivers that meet faults on purpose, upstream's among them, say a lot:
    between the lines of a run of all tests it would hide what went wrong.
    """

    def _setUp(self):
        self.useFixture(fixtures.FakeLogger())
        self.useFixture(fixtures.MonkeyPatch(
            'sys.stderr',
            self.useFixture(fixtures.StringStream('stderr')).stream))
