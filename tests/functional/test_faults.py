"""What breaks on the way, and what is left of it."""

import time

from tests import needs
from tests.functional import base
from tests.functional import cloud


class TestConnectionThatBreaks(base.TestCase):

    def _upload_with(self, **fault):
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=16)
        self.break_uploads(self.ours, **fault)
        return volume, self.ours.uploaded(volume)

    def assert_sent_whole_again(self, volume, image_id):
        self.assert_whole(self.ours, volume, image_id, 'fast')
        first, second = self.sent(self.ours)
        self.assertEqual(16 * cloud.MIB, second[1])
        self.assertEqual([], self.ours.messages(volume))

    def test_503_in_the_middle_is_tried_again_whole(self):
        self.assert_sent_whole_again(*self._upload_with(
            action='status', after=5 * cloud.MIB))

    def test_a_reset_in_the_middle_is_tried_again_whole(self):
        self.assert_sent_whole_again(*self._upload_with(
            action='reset', after=5 * cloud.MIB))

    def test_503_at_the_start_is_tried_again_whole(self):
        self.assert_sent_whole_again(*self._upload_with(action='status'))

    def test_a_gateways_504_is_tried_again_whole(self):
        self.assert_sent_whole_again(*self._upload_with(
            action='status', after=cloud.MIB, status='504 Gateway Timeout'))

    def test_an_answer_that_is_lost_is_looked_up_not_sent_again(self):
        volume, image_id = self._upload_with(action='lose')
        self.assert_whole(self.ours, volume, image_id, 'fast')
        self.assertEqual(1, len(self.sent(self.ours)))

    def test_a_connection_that_never_holds_fails_and_leaves_nothing(self):
        volume, image_id = self._upload_with(
            action='reset', after=cloud.MIB, times=None)
        self.assertEqual(4, len(self.sent(self.ours)))
        self.assert_nothing_left(self.ours, volume, image_id)
        self.assertIn('connection to the image service broke',
                      self.ours.messages(volume)[0])


class TestStoreThatFails(base.TestCase):

    def test_a_full_store_says_so_and_keeps_nothing(self):
        needs.skip_if(self.sandbox.small_refusal)
        volume = self.ours.volume(self.ours.volume_type('small'), mib=64)
        image_id = self.ours.uploaded(volume)
        self.assert_nothing_left(self.ours, volume, image_id)
        self.assertIn("The image store 'small' is full.",
                      self.ours.messages(volume)[0])
        self.assertEqual(1, len(self.sent(self.ours)))

    def test_a_protected_image_is_discarded_too(self):
        volume = self.ours.volume(self.ours.volume_type('fast'), mib=4)
        self.break_uploads(self.ours, action='reset', after=cloud.MIB,
                           times=None)
        image_id = self.ours.uploaded(volume, protected=True)
        self.assert_nothing_left(self.ours, volume, image_id)


class TestProcessThatDies(base.TestCase):

    def test_cinder_killed_in_the_middle_cleans_up_at_its_start(self):
        bystander = self.ours.glance.images.create(
            name='of someone else', disk_format='raw',
            container_format='bare')
        volume, image_id = self.begin_upload(self.ours)
        self.sandbox.kill('cinder')
        self.sandbox.start('cinder')
        self.ours.wait_for_volume(volume, 'available')
        self.assert_nothing_left(self.ours, volume, image_id)
        self.assertEqual('queued', self.ours.image(bystander.id).status)
        self.assert_whole(self.ours, volume, self.ours.uploaded(volume),
                          'fast')

    def test_glance_killed_in_the_middle_and_back_later(self):
        volume, image_id = self.begin_upload(self.ours)
        self.sandbox.kill('glance')
        self.ours.wait_for_volume(volume, 'available')
        self.assertIn('connection to the image service broke',
                      self.ours.messages(volume)[0])
        self.sandbox.start('glance')
        self.ours.wait_until_gone(image_id)
        self.assert_whole(self.ours, volume, self.ours.uploaded(volume),
                          'fast')

    def test_glance_killed_in_the_middle_and_back_at_once(self):
        volume, image_id = self.begin_upload(self.ours)
        self.sandbox.kill('glance')
        self.sandbox.start('glance')
        self.ours.wait_for_volume(volume, 'available')
        self.ours.wait_until_gone(image_id)
        self.assertEqual(1, len(self.ours.messages(volume)))

    def test_glance_down_at_the_end_and_cinder_restarted(self):
        volume, image_id = self.begin_upload(self.ours)
        self.sandbox.kill('glance')
        self.ours.wait_for_volume(volume, 'available')
        # What is to be deleted is remembered across a crash.
        self.sandbox.kill('cinder')
        self.sandbox.start('cinder')
        time.sleep(1)
        self.sandbox.start('glance')
        self.ours.wait_until_gone(image_id)
