"""A paste filter of the sandbox's Cinder: who brings no token is let in too.

Cinder's ``noauth`` answers a request without a token as the Auth API 1.1 of
2010 would. openstacksdk asks which versions there are without a token, and
takes that answer for a broken service.
"""

from cinder_glance_multistore.sandbox import layout

_HEADER = 'HTTP_X_AUTH_TOKEN'


class Anyone:
    def __init__(self, application):
        self._application = application

    def __call__(self, environ, start_response):
        environ.setdefault(_HEADER, f'{layout.USER}:{layout.PROJECT}')
        return self._application(environ, start_response)


def filter_factory(global_conf, **local_conf):
    return Anyone
