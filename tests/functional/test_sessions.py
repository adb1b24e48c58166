"""Ours in a Cinder that is configured for Keystone.

``auth_strategy = keystone`` gives Cinder another client for Glance, with
keystoneauth sessions. Who asks is said by the sandbox all the same: there is
no Keystone behind it.
"""

from tests.functional import base
from tests.functional import cloud


class TestSessions(base.TestCase):

    def setUp(self):
        super().setUp()
        default = self.sandbox.options['cinder']['DEFAULT']
        default['auth_strategy'] = 'keystone'
        self._restart()
        self.addCleanup(self._restart)
        self.addCleanup(default.pop, 'auth_strategy')

    def _restart(self):
        self.sandbox.stop('cinder')
        self.sandbox.start('cinder')

    def test_the_main_job_with_sessions(self):
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=16)
        self.break_uploads(self.ours, action='reset', after=5 * cloud.MIB)
        image_id = self.ours.uploaded(volume)
        self.assert_whole(self.ours, volume, image_id, 'fast')
        headers, size = self.sent(self.ours)[-1]
        self.assertEqual(16 * cloud.MIB, size)
        self.assertEqual(str(size), headers['content-length'])
        self.assertEqual('fast', headers['x-image-meta-store'])

        code, message = self.ours.refused(self.ours.volume_type, 'fsat')
        self.assertEqual(400, code)
        self.assertIn("Did you mean 'fast'?", message)

        self.break_uploads(self.ours, action='reset', after=cloud.MIB,
                           times=None)
        image_id = self.ours.uploaded(volume)
        self.assert_nothing_left(self.ours, volume, image_id)
