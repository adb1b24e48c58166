"""What the WSGI server of the sandbox loads: Glance's own application.

There is no Keystone, so every request is said to have passed it, with the
user and project of the sandbox and the roles of an administrator and of a
service. Glance's own pipeline for that (``unauthenticated-context``) knows no
project, and Glance cannot store a task without one (an added location is a
task).
"""

from glance.wsgi import api

from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import sqlite

sqlite.register()

_IDENTITY = {
    'HTTP_X_IDENTITY_STATUS': 'Confirmed',
    'HTTP_X_USER_ID': layout.USER,
    'HTTP_X_PROJECT_ID': layout.PROJECT,
    'HTTP_X_ROLES': 'admin,member,reader,service',
}


def application(environ, start_response):
    environ.update(_IDENTITY)
    return api.application(environ, start_response)
