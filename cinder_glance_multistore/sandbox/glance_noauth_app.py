"""What the WSGI server of a sandbox without Keystone loads.

Glance's own application, with every request said to have passed Keystone,
with the user and project of the sandbox and the roles of an administrator
and of a service. Glance's own pipeline for that (``unauthenticated-context``) knows no
project, and Glance cannot store a task without one (an added location is a
task).
"""

from cinder_glance_multistore.sandbox import glance_app
from cinder_glance_multistore.sandbox import layout

_IDENTITY = {
    'HTTP_X_IDENTITY_STATUS': 'Confirmed',
    'HTTP_X_USER_ID': layout.USER,
    'HTTP_X_PROJECT_ID': layout.PROJECT,
    'HTTP_X_ROLES': 'admin,member,reader,service',
}


def application(environ, start_response):
    environ.update(_IDENTITY)
    return glance_app.application(environ, start_response)
