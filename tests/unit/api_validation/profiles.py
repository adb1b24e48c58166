"""How many documents the property tests make up.

``HYPOTHESIS_PROFILE`` chooses: ``ci``, the default, takes 10,000 documents of
each of the two kinds that come over the network, always the same ones;
``nightly`` takes 1,000,000, other ones each time; ``dev`` takes 500. Other
properties take a hundredth of that.
"""

import os

import hypothesis

_SIZES = {'dev': 500, 'ci': 10_000, 'nightly': 1_000_000}
_NAME = os.environ.get('HYPOTHESIS_PROFILE', 'ci')
_SIZE = _SIZES[_NAME]

# The time of a document is measured by the bench and bounded by a test of
# its own; hypothesis' deadline would fail on a busy machine.
documents = hypothesis.settings(
    max_examples=_SIZE, deadline=None, derandomize=_NAME == 'ci',
    database=None, print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow])
others = hypothesis.settings(documents, max_examples=max(_SIZE // 100, 100))
