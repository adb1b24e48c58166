"""Each defect of upstream's ``file`` store, and that ``multidir`` has none.

Both drivers meet the same, side by side; see :mod:`tests.functional.test_defects`.
"""

import json
import os

import fixtures
from glance_store import exceptions
from glance_store import location
from glance_store._drivers import filesystem
from oslo_config import cfg
import testtools

from cinder_glance_multistore.stores import multidir
from tests import defects
from tests import needs
from tests import quiet
from tests.contract import __main__ as contract
from tests.contract import faults
from tests.contract import faulty
from tests.contract import multidir as ours
from tests.contract import upstream

MIB = 1 << 20


class _Base(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(quiet.Quiet())

    def record(self, defect, what, upstream, ours):
        defects.record('functional', defect, what, upstream, ours)


class TestCounted(_Base):
    """Processes are killed, disks fill up and hang, hundreds of times."""

    def setUp(self):
        super().setUp()
        needs.skip_if(faults.why_not())

    def test_g4_kill_9_in_the_middle_of_an_upload(self):
        theirs = faults.apart('kills', 'upstream', 30)
        self.assertGreater(theirs['truncated'], 0)
        self.assertEqual(theirs['truncated'], theirs['refused'])
        found = faults.apart('kills', 'ours', 200)
        self.assertGreater(found['interrupted'], 20)
        self.assertEqual((0, 0, 0), (found['truncated'], found['refused'],
                                     found['left']))
        self.record(
            'G4', 'kill -9 at random points of an upload, and a retry',
            '{truncated} of {interrupted} truncated under the final name, '
            '{refused} retries refused'.format(**theirs),
            '{truncated} of {interrupted} truncated, {refused} retries '
            'refused; nothing left {seconds:.1f} s after the next '
            'start'.format(**found))

    def test_g5_six_uploads_at_once_into_two_disks(self):
        theirs = faults.apart('at_once', 'upstream', 5)
        self.assertLess(theirs['saved'], 30)
        found = faults.apart('at_once', 'ours', 100)
        self.assertEqual((600, {}), (found['saved'], found['reasons']))
        self.record(
            'G5', '6 uploads of 20 MiB at once, by 4 processes, into two '
                  'directories of 64 MiB, again and again',
            f'{theirs["saved"]} of 30 saved', f'{found["saved"]} of 600 saved')

    def test_g5_a_rival_takes_the_room_of_an_upload_of_unknown_size(self):
        theirs = faults.apart('filled', 'upstream', 5)
        found = faults.apart('filled', 'ours', 20)
        self.assertEqual({'StorageFull': 20}, found['answers'])
        self.assertEqual(0, found['left'])
        self.record(
            'G5', 'an upload of unknown size, and another program fills the '
                  'disk, 20 times',
            f'{theirs["answers"]}, {theirs["left"]} bytes left',
            f'{found["answers"]}, {found["left"]} bytes left')

    def test_g6_one_of_three_directories_hangs(self):
        needs.skip_if(faulty.why_not())
        theirs = faults.apart('hung', 'upstream', 1, 5)
        self.assertEqual([None], theirs['seconds'])
        found = faults.apart('hung', 'ours', 10)
        self.assertEqual((10, True), (found['saved'], found['back']))
        # Of the guard 4 at most, and what an upload has of its own.
        self.assertLess(found['threads'], 12)
        self.record(
            'G6', 'one of three directories (FUSE) never answers',
            'blocks: no answer within 5 s',
            f'{found["saved"]} of 10 saved by the others, {found["threads"]} '
            f'threads; used again when it answers')


class TestContract(_Base):

    def test_what_upstreams_driver_does_not_promise(self):
        # That multidir does is what tests/unit/stores shows.
        needs.skip_if(faulty.why_not())
        promises = contract.of_upstream()
        broken = {promise: kept for promise, kept in promises.items()
                  if kept[0] < kept[1]}
        self.assertNotEqual({}, broken)
        for promise, kept in sorted(broken.items()):
            defects.record_promise(promise.replace('_', ' '), kept)
        defects.record_promise('all promises', contract.total(promises))


class TestDirectories(_Base):

    def setUp(self):
        super().setUp()
        self.home = self.useFixture(fixtures.TempDir()).path
        self.a, self.b = (os.path.join(self.home, name) for name in 'ab')
        os.mkdir(self.a)
        os.mkdir(self.b)

    def both(self, *directories):
        """Return a store of upstream's and one of ours."""
        return (upstream.make_store(directories, self.home),
                ours.make_store(directories, self.home))

    def add(self, store, image):
        return store.add(image, faults.Bytes(10), 10, 'sha512')[0]

    def configured(self, cls, **options):
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        store = cls(conf, backend='fast')
        for name, value in options.items():
            conf.set_override(name, value, group='fast')
        store.configure(re_raise_bsc=True)
        return store

    # G3 ------------------------------------------------------------------

    def test_g3_several_directories_beside_the_default_of_one(self):
        section = {'filesystem_store_datadirs': [f'{self.a}:1']}
        error = self.assertRaises(
            exceptions.BadStoreConfiguration, self.configured,
            filesystem.Store, **section)
        self.assertIn('datadir', str(error))
        uri = self.add(self.configured(
            multidir.Store, multidir_reservations=f'sqlite:///{self.home}/l',
            **section), 'image')
        self.assertEqual(f'file://{self.a}/image', uri)
        self.record('G3', 'filesystem_store_datadirs, and nothing else',
                    'BadStoreConfiguration: the store does not start',
                    'they are used')

    # G6 ------------------------------------------------------------------

    def test_g6_a_stale_mount_among_others(self):
        fault = self.useFixture(faulty.FaultyDirectory())
        theirs, found = self.both(fault.path, self.b)
        fault.fail(statfs=faulty.number('ESTALE'))
        self.assertRaises(OSError, self.add, theirs, 'theirs')
        self.assertEqual(f'file://{self.b}/ours', self.add(found, 'ours'))
        self.record('G6', 'one of two directories is a stale mount',
                    'OSError: nothing can be uploaded',
                    'saved in the other one')

    def test_g6_a_disk_that_is_not_mounted_is_written_to(self):
        theirs = upstream.make_store([self.a], self.home)
        found = ours.make_store([self.a], self.home,
                                multidir_require_mount=True)
        self.assertEqual(f'file://{self.a}/theirs', self.add(theirs, 'theirs'))
        error = self.assertRaises(exceptions.StorageWriteDenied, self.add,
                                  found, 'ours')
        self.assertIn('is not a mount point', str(error))
        self.record('G6', 'the disk of a directory is not mounted',
                    'written to the disk below it',
                    'StorageWriteDenied: is not a mount point')

    def test_g6_what_lies_on_a_disk_that_is_away_is_not_there(self):
        told = []
        for store in self.both(self.a):
            where = location.Location(
                'file', store.get_store_location_class(), store.conf,
                uri=f'file://{self.a}/image', backend=store.backend_group)
            os.rename(self.a, f'{self.a}.away')
            told.append([
                type(self.assertRaises(exceptions.GlanceStoreException, ask,
                                       where)).__name__
                for ask in (store.get, store.delete)])
            os.rename(f'{self.a}.away', self.a)
        theirs, found = told
        self.assertEqual(['NotFound', 'NotFound'], theirs)
        self.assertNotIn('NotFound', found)
        self.record('G6', 'download and deletion of an image whose directory '
                          'is away',
                    'NotFound: Glance answers 204, and forgets the image',
                    'Glance answers 503 to both')

    def test_g6_mount_points_that_begin_alike(self):
        mounts = [os.path.join(self.home, name) for name in ('nfs1', 'nfs10')]
        metadata = os.path.join(self.home, 'metadata')
        with open(metadata, 'w') as file:
            json.dump([{'id': os.path.basename(path), 'mountpoint': path}
                       for path in mounts], file)
        found = {}
        for kind, make_store in (('theirs', upstream.make_store),
                                 ('ours', ours.make_store)):
            store = make_store([mounts[1]], self.home,
                               filesystem_store_metadata_file=metadata)
            found[kind] = store.add(kind, faults.Bytes(1), 1,
                                    'sha512')[4]['id']
        self.assertEqual({'theirs': 'nfs1', 'ours': 'nfs10'}, found)
        self.record('G6', "Nova's mount point of an image in .../nfs10",
                    found['theirs'], found['ours'])
