"""Our part of Cinder, against Cinder's real classes.

Run with ``OS_CINDER_DISABLE_EVENTLET_PATCHING=1``: Cinder's test package
patches the whole process for eventlet otherwise. It chooses the threading
model when it is imported, which has to be before anything else of Cinder is.
"""

import cinder.tests.unit  # noqa: F401
