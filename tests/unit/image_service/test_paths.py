"""``upload_path``: which way, for which store."""

import ddt
import testtools

from cinder_glance_multistore.image_service import paths


@ddt.ddt
class PathsTest(testtools.TestCase):

    @ddt.data(
        (['image_service'], []),
        (['direct'], ['fast', 'far', 'a:b', None]),
        (['image_service', 'fast:direct'], ['fast']),
        (['direct', 'far:image_service'], ['fast', 'a:b', None]),
        (['a:b:direct', ' a:b:direct '], ['a:b']),
        ([], []))
    @ddt.unpack
    def test_a_way_is_for_all_stores_or_for_one(self, values, direct):
        found = paths.Paths(values)
        self.assertEqual(bool(direct), found.any_direct)
        self.assertEqual(direct, [
            store for store in ('fast', 'far', 'a:b', None)
            if found.direct(store)])

    @ddt.data(['straight'], ['fast'], ['fast:'], [''],
              ['direct', 'image_service'],
              ['fast:direct', 'fast:image_service'])
    def test_what_makes_no_sense_is_refused(self, values):
        error = self.assertRaises(paths.BadPaths, paths.Paths, values)
        self.assertIn('upload_path in [multistore]', str(error))
