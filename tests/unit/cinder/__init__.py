"""Our part of Cinder, against Cinder's real classes.

Run with ``OS_CINDER_DISABLE_EVENTLET_PATCHING=1``: Cinder's test package
patches the whole process for eventlet otherwise. It chooses the threading
model when it is imported, which has to be before anything else of Cinder is.
"""

from unittest import mock

# In 2024.1 it patches all the same, and servers of our tests stand still.
with mock.patch('eventlet.monkey_patch'):
    import cinder.tests.unit  # noqa: F401
