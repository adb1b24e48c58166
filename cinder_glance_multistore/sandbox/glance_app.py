"""What the WSGI server of the sandbox loads: Glance's own application.
"""

from glance.wsgi import api

from cinder_glance_multistore.sandbox import sqlite

sqlite.register()

application = api.application
