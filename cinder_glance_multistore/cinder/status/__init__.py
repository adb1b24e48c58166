"""Checks of a Cinder that has the plug-in, for ``upgrade check``.

Each yields what it found as ``(severity, sentence)``: ``logging.ERROR`` with
what to do about it, ``logging.WARNING``, or ``logging.INFO``.
"""
