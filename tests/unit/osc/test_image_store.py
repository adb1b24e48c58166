"""``openstack image store drain``: what it prints, and its exit status."""

import argparse
import io
from unittest import mock

import fixtures
import testtools

from cinder_glance_multistore.osc import image_store
from tests.unit.osc import test_drain


class DrainImageStoreTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.glance = test_drain.Glance()
        self.out, self.err = io.StringIO(), io.StringIO()
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', self.err))

    def drain(self, *words):
        """Run the command; return its exit status."""
        app = mock.Mock(stdout=self.out)
        app.client_manager.image = self.glance
        command = image_store.DrainImageStore(app, argparse.Namespace())
        return command.run(command.get_parser('drain').parse_args(
            ['old', '--to', 'new', '-f', 'csv', *words]))

    def test_failures_are_last_and_make_the_status(self):
        self.glance.image('a', status='deactivated')
        self.glance.image('b', name='evil\x1b[2J')
        self.assertEqual(1, self.drain())
        _, first, last = self.out.getvalue().splitlines()
        self.assertIn('x1b[2J",16,"moved"', first)
        self.assertNotIn('\x1b', first)
        self.assertIn('"a"', last)
        self.assertIn('"failed"', last)

    def test_what_arrives_meanwhile_is_moved_too(self):
        self.glance.image('a')
        delete = self.glance.delete

        def arrive(url):
            if 'b' not in self.glance.images:
                self.glance.image('b')
            return delete(url)
        self.glance.delete = arrive
        self.assertEqual(0, self.drain())
        self.assertEqual('new', self.glance.images['b']['stores'])

    def test_what_was_done_is_told_when_glance_goes_in_the_middle(self):
        self.glance.image('a')
        self.glance.image('b')
        get, delete = self.glance.get, self.glance.delete

        def last(url):
            self.glance.get = lambda url, **kwargs: test_drain.Response(503)
            return delete(url)
        self.glance.delete = last
        self.assertEqual(1, self.drain())
        _, first, second = self.out.getvalue().splitlines()
        self.assertIn('"moved"', first)
        self.assertIn('"failed"', second)
        self.assertIn('could not be listed', self.err.getvalue())
        self.glance.get, self.glance.delete = get, delete
        self.assertEqual(0, self.drain())

    def test_a_dry_run_moves_nothing(self):
        self.glance.image('a')
        self.assertEqual(0, self.drain('--dry-run'))
        self.assertEqual('old', self.glance.images['a']['stores'])
        self.assertIn('"to be moved"', self.out.getvalue())
