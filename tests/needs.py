"""What a test needs of its host, and may not find there."""

import os
import unittest


def skip_if(missing):
    """Skip the test where something is missing that could be installed.

    In CI, which installs all of it, that is a failure: a test that is
    skipped there would be run by nobody.

    :param missing: a clause that says what, and what to do; or None
    :raises unittest.SkipTest: where a person runs the tests
    """
    if not missing:
        return
    if os.environ.get('CI') and os.getuid() == 0:
        raise AssertionError(missing)
    raise unittest.SkipTest(missing)
