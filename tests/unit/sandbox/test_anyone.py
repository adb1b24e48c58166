import unittest

from cinder_glance_multistore.sandbox import anyone
from cinder_glance_multistore.sandbox import layout


class AnyoneTest(unittest.TestCase):

    def _token_behind(self, environ):
        application = anyone.filter_factory({})(
            lambda environ, start_response: environ['HTTP_X_AUTH_TOKEN'])
        return application(environ, None)

    def test_who_brings_no_token_is_the_user_of_the_sandbox(self):
        self.assertEqual(f'{layout.USER}:{layout.PROJECT}',
                         self._token_behind({}))

    def test_a_token_is_left_as_it_is(self):
        self.assertEqual('u:p', self._token_behind(
            {'HTTP_X_AUTH_TOKEN': 'u:p'}))
