"""What the WSGI server loads: Keystone's own application.
"""

from keystone.wsgi import api

from cinder_glance_multistore.sandbox import sqlite

sqlite.register()

application = api.application
