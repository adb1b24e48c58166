"""What we override in Nova is what it was when we wrote ours."""

import os
import tempfile

import nova
from nova import version
import testtools

from cinder_glance_multistore.nova import pins
from cinder_glance_multistore.nova import upstream

RELEASES = {29, 30, 31, 32, 33, 34}


class TestPins(testtools.TestCase):

    def test_the_installed_nova_is_as_pinned(self):
        # When this fails: read what changed upstream, adapt ours, and pin it.
        self.assertEqual([], upstream.changed())

    def test_it_is_the_release_it_is_pinned_for(self):
        release = int(version.version_string().partition('.')[0])
        if release < min(RELEASES):
            self.skipTest(f'Nova is pinned from {min(RELEASES)} on')
        found = upstream.installed()
        for name, known in pins.PINS.items():
            expected, = [pin for pin, releases in known
                         if release in releases]
            self.assertEqual(expected, found[name], name)

    def test_each_function_is_pinned_once_for_each_supported_release(self):
        self.assertEqual(set(upstream.FUNCTIONS), set(pins.PINS))
        for name, known in pins.PINS.items():
            releases = [release for _, those in known for release in those]
            self.assertEqual(sorted(RELEASES), sorted(releases), name)

    def test_a_change_is_noticed(self):
        root = os.path.dirname(os.path.dirname(nova.__file__))
        with tempfile.TemporaryDirectory() as copy:
            folder = os.path.join(copy, 'nova/virt/vmwareapi')
            os.makedirs(folder)
            for name in {each.partition('.')[0]
                         for each in upstream.FUNCTIONS}:
                with open(os.path.join(root, 'nova/virt/vmwareapi',
                                       f'{name}.py')) as file:
                    text = file.read()
                with open(os.path.join(folder, f'{name}.py'), 'w') as file:
                    file.write(text.replace(
                        'def rescue(self, context', 'def rescue(self, ctx')
                        .replace('def enlist_image', 'def enlist_it'))
            self.assertEqual(
                ['imagecache.ImageCacheManager.enlist_image',
                 'vmops.VMwareVMOps.rescue'],
                upstream.changed(upstream.read(copy)))
