"""What the WSGI server of a sandbox with Keystone loads: Glance's own.
"""

from glance.wsgi import api

from cinder_glance_multistore.sandbox import sqlite

sqlite.register()

application = api.application
