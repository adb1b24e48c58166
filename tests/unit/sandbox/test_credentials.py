import tempfile
import unittest

from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import layout


class PasswordsTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)

    def test_they_are_random_kept_and_private(self):
        made = credentials.load(self.layout, in_use=False)
        self.assertEqual(len(made), len(set(made.values())))
        self.assertEqual(made, credentials.load(self.layout, in_use=True))
        self.assertEqual(
            0o600, self.layout.passwords.stat().st_mode & 0o777)

    def test_lost_ones_are_not_replaced_where_they_are_in_use(self):
        with self.assertRaisesRegex(errors.SandboxError, 'up --reset'):
            credentials.load(self.layout, in_use=True)
        self.assertFalse(self.layout.passwords.exists())

    def test_they_do_not_show_in_what_is_printed(self):
        access = credentials.Access('http://127.0.0.1:1/v3', 'glance', 's3')
        self.assertNotIn('s3', repr(access))
        self.assertEqual('s3', access.token_check()['password'])
