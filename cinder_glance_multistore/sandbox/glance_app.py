"""What the WSGI server of a sandbox with Keystone loads: Glance's own.
"""

from glance.common import wsgi_app

from cinder_glance_multistore.sandbox import sqlite

sqlite.register()

application = wsgi_app.init_app()
