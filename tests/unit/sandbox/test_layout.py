import os
from pathlib import Path
import tempfile
import unittest

from cinder_glance_multistore.sandbox import layout


class LayoutTest(unittest.TestCase):

    def test_every_path_lies_below_the_root(self):
        places = layout.Layout('/srv/sandbox')
        for path in [
                places.marker, places.lock, places.state, places.clouds,
                places.config_dir('glance'), places.database('cinder'),
                places.log('cinder'), places.store('fast'),
                places.volumes('upstream'), places.small_kept,
                *places.directories(['glance', 'cinder', 'upstream'])]:
            self.assertTrue(path.is_relative_to('/srv/sandbox'), path)

    def test_a_relative_root_is_made_absolute_and_links_are_followed(self):
        with tempfile.TemporaryDirectory() as directory:
            real = Path(directory, 'real')
            real.mkdir()
            link = Path(directory, 'link')
            link.symlink_to(real)
            self.assertEqual(real.resolve(), layout.Layout(link).root)
        self.assertEqual(
            Path(os.getcwd(), 'var', 'x').resolve(),
            layout.Layout('var/x').root)

    def test_two_cinders_share_no_directory(self):
        places = layout.Layout('/srv/sandbox')
        ours = set(places.directories(['glance', 'cinder']))
        theirs = set(places.directories(['glance', 'upstream']))
        glance_and_common = set(places.directories(['glance']))
        self.assertEqual(glance_and_common, ours & theirs)

    def test_the_directory_of_volumes_has_the_name_os_brick_gives_it(self):
        from os_brick.remotefs import remotefs
        client = remotefs.RemoteFsClient(
            'nfs', 'env', nfs_mount_point_base='/srv/sandbox/mnt')
        self.assertEqual(
            os.path.basename(client.get_mount_point(':'.join(layout.SHARE))),
            layout.Layout('/srv/sandbox').volumes('cinder').name)

    def test_the_project_is_one_that_cinder_takes_in_a_path(self):
        self.assertRegex(layout.PROJECT, r'^[0-9a-f\-]+$')
