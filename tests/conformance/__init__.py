"""Upstream's own tests, with our parts in place of upstream's.

``./run conformance [PART...]``. Each part is a module here with ``run()``,
which returns a :class:`~.compare.Comparison`: the same tests on plain
upstream and with us. Nothing may pass there and fail with us, unless the
part names the reason.
"""
