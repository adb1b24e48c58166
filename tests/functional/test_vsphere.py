"""The ``vsphere`` store on a vCenter: which datastore, and how many calls."""

import concurrent.futures
import json
import os
from pathlib import Path
import subprocess
import sys
import textwrap

from glance_store import exceptions

from cinder_glance_multistore.stores import vsphere_search
from tests.contract import vsphere as contract
from tests.functional import cloud
from tests.functional.vcenter import stores

MIB = stores.MIB
TIB = stores.TIB
Datastore = stores.Datastore


class TestMany(stores.TestCase):
    """500 datastores, half of them in storage pods."""

    DATASTORES = tuple(
        Datastore(f'datastore{number}',
                  pod=f'pod{number % 4}' if number % 2 else '')
        for number in range(500))

    def lines(self):
        return [f'DC0:{datastore.name}:{number}'
                for number, datastore in enumerate(self.DATASTORES)]

    def test_few_calls_to_configure_one_a_choice_and_none_when_fresh(self):
        with self.at_most(10):
            store = self.ours(*self.lines(), vsphere_inventory_age=3600.0)
        self.assertEqual(500, len(store.measured_places()))
        asked = self.soap('RetrievePropertiesEx')
        with self.at_most(0):
            places = store.measured_places()
        self.assertEqual(500, len(places))
        tasks = self.soap('MoveDatastoreFile_Task')
        stores.add(store, 'image', b'bits')
        # Whatever is asked for the upload, nothing is of datastores: the
        # folder, the move, and looks at the move's task.
        self.assertEqual(tasks + 1, self.soap('MoveDatastoreFile_Task'))
        self.assertEqual({('datastore499', 'image')}, self.images())
        stale = self.ours(*self.lines(), vsphere_inventory_age=0.0)
        with self.at_most(1):
            stale.measured_places()
        self.assertLess(asked, self.soap('RetrievePropertiesEx'))

    def test_pages_are_followed_to_the_last(self):
        self.vcenter.page(60)
        store = self.ours(*self.lines())
        unusable = [place.name for place in store.measured_places()
                    if place.unusable]
        self.assertEqual([], unusable)
        self.assertGreater(self.soap('ContinueRetrievePropertiesEx'), 7)
        stores.add(store, 'image', b'bits')
        self.assertEqual({('datastore499', 'image')}, self.images())

    def test_a_pod_is_the_datastores_that_are_in_it(self):
        store = self.ours('DC0:pod1/:5', 'DC0:pod1/datastore5:9')
        self.assertEqual(125, len(store.measured_places()))
        stores.add(store, 'image', b'bits')
        self.assertEqual({('datastore5', 'image')}, self.images())


class TestNames(stores.TestCase):

    NAMES = ('with blank', 'a:colon', "quote'", 'quote"', 'ärger-日本',
             '100%25', 'back%5cslash', 'a%2fb', 'a+b&c=d?e#f',
             'semi;colon', 'comma,')
    DATASTORES = tuple(
        Datastore(name, 'ea st/D:C ä' if number % 2 else 'DC0')
        for number, name in enumerate(NAMES))

    def line(self, datastore):
        def escape(name):
            return (name.replace('\\', r'\\').replace(':', r'\:'))
        return f'{escape(datastore.datacenter)}:{escape(datastore.name)}:1'

    def test_images_come_and_go_whatever_the_datastore_is_called(self):
        for datastore in self.DATASTORES:
            store = self.ours(self.line(datastore))
            data = os.urandom(1000)
            uri = stores.add(store, 'image', data)[0]
            self.assertEqual({(datastore.name, 'image')}, self.images())
            # By another process, which has the URI alone.
            other = self.ours(self.line(datastore))
            where = stores.locate(other, uri)
            self.assertEqual(data, stores.read(other, uri))
            self.assertEqual(1000, other.get_size(where))
            other.delete(where)
            self.assertEqual(set(), self.images())


class TestWhatIsLeftOut(stores.TestCase):

    DATASTORES = (Datastore('one', free=100 * MIB), Datastore('two'),
                  Datastore('three'))
    LINES = ('DC0:one:3', 'DC0:two:2', 'DC0:three:1')

    def goes_to(self, datastore, store, size=1):
        name = f'image-{datastore}-{os.urandom(4).hex()}'
        stores.add(store, name, bytes(size))
        self.assertEqual(
            {(datastore, name)},
            {image for image in self.images() if image[1] == name})

    def test_reasons_come_and_go(self):
        store = self.ours(*self.LINES, vsphere_inventory_age=0.0)
        self.goes_to('one', store)
        for change in ({'accessible': False}, {'gone': True}, {'free': 0},
                       {'maintenance': 'enteringMaintenance'},
                       {'maintenance': 'inMaintenance'}):
            self.vcenter.change('one', **change)
            self.goes_to('two', store)
            self.vcenter.reset()
            self.goes_to('one', store)

    def test_a_minimum_that_stays_free(self):
        store = self.ours(*self.LINES, vsphere_min_free='99M')
        self.goes_to('one', store)
        self.goes_to('two', store, 2 * MIB)

    def test_all_reasons_are_in_the_error(self):
        self.vcenter.change('one', accessible=False)
        self.vcenter.change('two', maintenance='inMaintenance')
        self.vcenter.change('three', free=MIB)
        store = self.ours(*self.LINES, vsphere_reservation_wait=0.0)
        error = self.assertRaises(exceptions.StorageFull, stores.add, store,
                                  'image', bytes(2 * MIB))
        for word in ('one', 'is not accessible', 'two',
                     'is in maintenance mode', 'three', '1 MiB'):
            self.assertIn(word, str(error))
        self.assertEqual(set(), self.images())

    def test_one_that_fills_up_in_the_middle_is_given_up_for_the_next(self):
        store = self.ours(*self.LINES)
        # It takes less than it says.
        self.vcenter.fault('PUT', datastore='one', status=507, after=MIB)
        self.goes_to('two', store, 3 * MIB)
        self.assertEqual(set(), self.temporary())

    def test_a_source_that_is_read_once_ends_with_the_datastore(self):
        store = self.ours(*self.LINES)
        self.vcenter.fault('PUT', datastore='one', status=507, after=MIB)
        error = self.assertRaises(
            exceptions.StorageFull, stores.add, store, 'image',
            stores.Once(bytes(3 * MIB)), 3 * MIB)
        self.assertIn('one', str(error))
        self.assertEqual(set(), self.images())


class TestHanging(stores.TestCase):

    LINES = ('DC0:one:2', 'DC0:two:1')

    def setUp(self):
        super().setUp()
        # It never answers, and looks well to the vCenter.
        self.vcenter.fault('HEAD', datastore='one', wait=3_600_000, count=-1)

    def test_a_datastore_that_hangs_is_left_out_of_an_upload(self):
        logger = self.useFixture(stores.fixtures.FakeLogger())
        self.useFixture(stores.fixtures.MockPatchObject(
            vsphere_search, 'TIMEOUT', 5.0))
        store = self.ours(*self.LINES)
        stores.add(store, 'image', stores.Once(b'bits'), 4)
        self.assertEqual({('two', 'image')}, self.images())
        self.assertIn('DC0:one: has not said in time whether it has the '
                      'image', logger.output)
        # One that is known to have it is waited for no longer.
        self.assertRaises(exceptions.Duplicate, stores.add, store, 'image',
                          b'bits')

    def test_in_a_service_of_green_threads_the_others_go_on(self):
        contract.describe(self.home, self.vcenter)
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', _GREEN, self.home],
            capture_output=True, text=True, timeout=600)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual({('two', f'image-{number}') for number in range(4)},
                         self.images())


_GREEN = textwrap.dedent('''
    import eventlet
    eventlet.monkey_patch()
    import os
    import sys

    from cinder_glance_multistore.stores import vsphere_search
    from tests.contract import vsphere
    from tests.functional.vcenter import stores

    vsphere_search.TIMEOUT = 5.0
    store = vsphere.make_store(['one', 'two'], sys.argv[1])
    turns = []

    def tick():
        while True:
            eventlet.sleep(0.01)
            turns.append(1)

    def add(number):
        before = len(turns)
        data = os.urandom(1 << 20)
        uri, size, *_ = stores.add(
            store, f'image-{number}', stores.Once(data), len(data))
        assert stores.read(store, uri) == data
        return len(turns) - before

    eventlet.spawn(tick)
    pool = eventlet.GreenPool()
    others = list(pool.imap(add, range(4)))
    assert all(turn > 10 for turn in others), others
''')


class TestSessions(stores.TestCase):

    LINE = 'DC0:one:1'

    def test_a_session_that_ends_costs_a_login_and_no_error(self):
        store = self.ours(self.LINE, vsphere_inventory_age=0.0)
        data = os.urandom(MIB)
        uri = stores.add(store, 'image', data)[0]
        where = stores.locate(store, uri)

        def delete_and_add():
            store.delete(where)
            stores.add(store, 'image', data)
        for act in (lambda: stores.read(store, uri),
                    lambda: store.get_size(where), delete_and_add,
                    store.measured_places):
            logins = self.soap('Login')
            self.vcenter.expire()
            act()
            self.assertEqual(logins + 1, self.soap('Login'))
        self.assertEqual(data, stores.read(store, uri))

    def test_a_session_that_ends_between_its_check_and_the_upload(self):
        store = self.ours(self.LINE)
        self.vcenter.fault('PUT', status=401, after=MIB)
        stores.add(store, 'again', bytes(3 * MIB))
        self.vcenter.fault('MoveDatastoreFile_Task', fault='NotAuthenticated')
        stores.add(store, 'moved', bytes(MIB))
        self.assertEqual({('one', 'again'), ('one', 'moved')}, self.images())

    def test_a_vcenter_that_starts_again(self):
        store = self.ours(self.LINE, vsphere_inventory_age=0.0)
        uri = stores.add(store, 'image', b'bits')[0]
        self.vcenter.stop()
        self.addCleanup(
            lambda: self.vcenter.running or self.vcenter.start())
        self.assertRaises(exceptions.RemoteServiceUnavailable, store.get,
                          stores.locate(store, uri))
        self.assertRaises(exceptions.StorageWriteDenied, stores.add, store,
                          'other', b'bits')
        self.vcenter.start()

        def is_back():
            try:
                return stores.read(store, uri) == b'bits'
            except exceptions.RemoteServiceUnavailable:
                return False
        cloud.wait_until(is_back, 'the store to be back')

    def test_threads_log_in_once(self):
        store = self.ours(self.LINE)
        logins = self.soap('Login')
        self.vcenter.expire()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: stores.add(store, name, b'bits'),
                          [f'image-{number}' for number in range(8)]))
        self.assertEqual(logins + 1, self.soap('Login'))
        self.assertEqual(8, len(self.images()))


class TestReading(stores.TestCase):

    def test_parts_of_an_image(self):
        store = self.ours('DC0:one:1')
        data = os.urandom(MIB)
        uri = stores.add(store, 'image', data)[0]
        where = stores.locate(store, uri)
        for offset, size in ((0, 10), (500_000, 1000), (MIB - 1, 1)):
            chunks, length = store.get(where, offset=offset, chunk_size=size)
            self.assertEqual(
                (data[offset:offset + size], size),
                (b''.join(chunks), length))

    def test_a_download_that_breaks_off_is_no_shorter_image(self):
        store = self.ours('DC0:one:1')
        data = os.urandom(2 * MIB)
        uri = stores.add(store, 'image', data)[0]
        self.vcenter.fault('GET', drop=True, after=MIB)
        self.assertEqual(data, stores.read(store, uri))
        self.vcenter.fault('GET', drop=True, after=MIB // 4, count=-1)
        self.assertRaises((*stores.READ_ERRORS, OSError), stores.read, store,
                          uri)


class TestPlaces(stores.TestCase):
    """``multistore-places`` on a vCenter."""

    DATASTORES = (Datastore('one', free=100 * MIB), Datastore('t:wo'),
                  Datastore('in pod', pod='gold'))

    def setUp(self):
        super().setUp()
        self.config = Path(self.home) / 'glance-api.conf'
        os.makedirs(f'{self.home}/files')
        self.config.write_text(textwrap.dedent(f'''
            [DEFAULT]
            enabled_backends = files:multidir,vc:vsphere
            [files]
            multidir_directories = {self.home}/files
            multidir_reservations = sqlite:///{self.home}/ledger.sqlite
            [vc]
            vmware_server_host = {self.vcenter.address}
            vmware_server_username = {self.vcenter.user}
            vmware_server_password = {self.vcenter.password}
            vmware_ca_file = {self.vcenter.ca_file}
            vmware_api_retry_count = 1
            vmware_datastores = DC0:one:3
            vmware_datastores = DC0:t\\:wo:2
            vmware_datastores = DC0:gone:1
            vmware_datastores = DC0:gold/:0
            vsphere_reservations = sqlite:///{self.home}/ledger.sqlite
            '''))

    def places(self, *words, status=0):
        done = subprocess.run(
            [sys.executable, '-m', 'cinder_glance_multistore.cmd.places',
             '--json', '--config-file', self.config, *words],
            capture_output=True, text=True, timeout=300)
        self.assertEqual(status, done.returncode, done.stderr)
        self.errors = done.stderr
        return json.loads(done.stdout or 'null')

    def test_datastores_are_places_and_one_that_is_gone_says_why(self):
        sessions = self.vcenter.stats()['sessions']
        self.vcenter.change('t:wo', maintenance='inMaintenance')
        rows = {row['place']: row for row in self.places()
                if row['store'] == 'vc'}
        self.assertEqual(
            {'DC0:one': (3, 100 * MIB, 'usable', ''),
             'DC0:t:wo': (2, None, 'left out', 'is in maintenance mode'),
             'DC0:gone': (1, None, 'left out', 'is not there, or this user '
                                               'may not see it'),
             'DC0:in pod': (0, TIB // 2, 'usable', '')},
            {place: (row['weight'], row['free'], row['state'],
                     row['reason']) for place, row in rows.items()})
        self.assertEqual('', self.errors)
        # The vCenter takes only so many.
        self.assertEqual(sessions, self.vcenter.stats()['sessions'])

    def test_images_of_a_datastore_are_named_and_nothing_else_is(self):
        store = self.ours(r'DC0:t\:wo:1')
        for number in range(3):
            stores.add(store, f'image-{number}', b'bits')
        folder = self.vcenter.directory('t:wo') / stores.FOLDER
        (folder / 'a folder').mkdir()
        (folder / stores.leftovers.new_name('other')).touch()
        (self.vcenter.directory('t:wo') / 'elsewhere').touch()
        self.assertEqual(
            {'store': 'vc', 'place': 'DC0:t:wo',
             'images': ['image-0', 'image-1', 'image-2']},
            self.places('images', 'vc', 'DC0:t:wo'))
        self.assertEqual(
            [], self.places('images', 'vc', 'DC0:in pod')['images'])
        self.places('images', 'vc', 'DC0:gone', status=1)
        self.assertIn('is not there', self.errors)
        self.assertIn(f'begin with vsphere://{self.vcenter.address}/folder/',
                      self.errors)
        self.places('images', 'vc', 'DC0:two', status=1)
        self.assertIn('there are: DC0:one, DC0:t:wo,', self.errors)

    def test_a_vcenter_that_is_away_hides_no_other_store(self):
        self.vcenter.stop()
        self.addCleanup(self.vcenter.start)
        rows = self.places(status=1)
        self.assertEqual(['files'], [row['store'] for row in rows])
        self.assertIn('the places of the store vc are not known: The vCenter',
                      self.errors)
        self.places('images', 'vc', 'DC0:one', status=1)
        self.assertIn('cannot be listed: The vCenter', self.errors)
        self.assertNotIn(self.vcenter.password, self.errors)


class TestSecrets(stores.TestCase):

    def test_neither_password_nor_session_is_logged(self):
        logger = self.useFixture(stores.fixtures.FakeLogger(level=0))
        store = self.ours('DC0:one:1')
        uri = stores.add(store, 'image', b'bits')[0]
        self.vcenter.fault('MoveDatastoreFile_Task', fault='NoPermission')
        error = self.assertRaises(stores.ADD_ERRORS, stores.add, store,
                                  'other', b'bits')
        stores.read(store, uri)
        cookie = store._session.cookie().partition('=')[2].strip('"')
        for secret in (self.vcenter.password, cookie):
            self.assertNotIn(secret, logger.output)
            self.assertNotIn(secret, str(error))
