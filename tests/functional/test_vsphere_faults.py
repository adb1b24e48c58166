"""The ``vsphere`` store while calls and requests fail, each in its ways."""

import concurrent.futures
import contextlib
import hashlib
import os
import random
import threading

import ddt
import fixtures
from glance_store import exceptions

from cinder_glance_multistore.vsphere import inventory
from tests.functional import cloud
from tests.functional.vcenter import stores

MIB = stores.MIB
SIZE = 256 * 1024

#: Every method and verb that the store uses. A test says so if it is not all.
METHODS = (
    'ContinueRetrievePropertiesEx', 'DeleteDatastoreFile_Task', 'Login',
    'MakeDirectory', 'MoveDatastoreFile_Task', 'RetrievePropertiesEx',
    'RetrieveServiceContent')
TASKS = ('DeleteDatastoreFile_Task', 'MoveDatastoreFile_Task')
VERBS = ('GET', 'HEAD', 'PUT')
#: Not for images: what the search for leftovers asks.
SWEEP = ('CurrentTime', 'SearchDatastore_Task')

_EVERY = (
    ('dropped', {'drop': True}),
    ('unavailable', {'status': 503}),
    ('slow', {'wait': 200}))
_OF_SOAP = (
    *_EVERY,
    ('done and dropped', {'done': True, 'drop': True}),
    ('session over', {'fault': 'NotAuthenticated'}),
    ('no permission', {'fault': 'NoPermission'}),
    ('broken', {'fault': 'SystemError'}))
_OF_TASKS = (
    ('task fails', {'task': True, 'fault': 'FileLocked', 'wait': 50}),
    ('disk full', {'task': True, 'fault': 'NoDiskSpace'}),
    ('slow task', {'task': True, 'wait': 200}))
_OF_VERBS = (
    *_EVERY,
    ('session over', {'status': 401}),
    ('full', {'status': 507}),
    ('broken', {'status': 500}))
_OF_PUT = (
    ('dropped in the middle', {'drop': True, 'after': SIZE // 2}),
    ('full in the middle', {'status': 507, 'after': SIZE // 2}),
    ('session over in the middle', {'status': 401, 'after': SIZE // 2}),
    ('half kept', {'keep': SIZE // 2}),
    ('late', {'drop': True, 'after': SIZE // 2, 'late': 300}))


def _cases():
    for method in METHODS:
        yield method, _OF_SOAP + (_OF_TASKS if method in TASKS else ())
    for verb in VERBS:
        yield verb, _OF_VERBS + (_OF_PUT if verb == 'PUT' else (
            ('dropped in the middle', {'drop': True, 'after': SIZE // 2}),)
            if verb == 'GET' else ())


class _Base(stores.TestCase):

    LINES = ('DC0:one:2', 'DC0:two:1')

    def store(self, **more):
        return self.ours(*self.LINES, **{
            'vmware_api_retry_count': 1, 'vsphere_reservation_wait': 0.5,
            'vsphere_inventory_age': 0.1, **more})

    def wait_until_clean(self, store, owned):
        """No file is left that no image owns, and no room is promised."""
        cloud.wait_until(lambda: self.images() == owned,
                         f'files to be those of {len(owned)} images')
        cloud.wait_until(lambda: not list(store.ledger.promises()),
                         'reservations to be released')


@ddt.ddt
class TestEach(_Base):

    def life(self, store, name):
        """Add, read and delete an image; return what each step did.

        True, or a documented error. Any other error is raised.
        """
        data = os.urandom(SIZE)
        answers = []
        try:
            uri, size, md5, digest, _ = stores.add(store, name, data)
        except stores.ADD_ERRORS as error:
            return [error]
        self.assertEqual(
            (SIZE, hashlib.md5(data).hexdigest(),
             hashlib.sha512(data).hexdigest()), (size, md5, digest))
        where = stores.locate(store, uri)
        for step in (lambda: self.assertEqual(data, stores.read(store, uri)),
                     lambda: self.assertEqual(SIZE, store.get_size(where)),
                     lambda: store.delete(where)):
            try:
                step()
                answers.append(True)
            except (*stores.READ_ERRORS, OSError) as error:
                answers.append(error)
        if answers[-1] is not True:
            self.vcenter.reset()
            # It may have been done, and the answer lost.
            with contextlib.suppress(exceptions.NotFound):
                store.delete(where)
        return answers

    @ddt.data(*(method for method, _ in _cases()))
    def test_a_call_that_fails(self, method):
        """Once and always, in each way that there is."""
        if method == 'ContinueRetrievePropertiesEx':
            self.vcenter.page(1)
        ways = dict(_cases())[method]
        for number, (way, fault) in enumerate(ways):
            for count in (1, -1):
                # One that has not logged in, or made a folder, before.
                name = f'image-{number}-{count}'
                self.vcenter.clear()
                self.vcenter.fault(method, count=count, **fault)
                try:
                    store = self.store()
                    self.life(store, name)
                except Exception as error:
                    error.add_note(f'{method}: {way}, {count}')
                    raise
                self.vcenter.reset()
                if method == 'ContinueRetrievePropertiesEx':
                    self.vcenter.page(1)
                self.wait_until_clean(store, set())
        # It is over, and the store works.
        self.recovered(store)

    def recovered(self, store):
        def works():
            answers = self.life(store, f'after-{os.urandom(4).hex()}')
            return answers == [True] * 3
        cloud.wait_until(works, 'the store to work again')

    def test_no_method_is_forgotten(self):
        self.vcenter.page(1)
        before = self.vcenter.stats()
        store = self.store()
        self.life(store, 'image')
        store._sweep()
        after = self.vcenter.stats()
        used = {name for name, calls in after['soap'].items()
                if calls > before['soap'].get(name, 0)}
        verbs = {name.split()[0] for name, calls in after['http'].items()
                 if '/folder' in name and calls > before['http'].get(name, 0)}
        # The client is made, and the WSDL read, once a process.
        self.assertLessEqual(used, {*METHODS, *SWEEP})
        self.assertEqual(set(VERBS), verbs)


class TestSources(_Base):

    def test_more_or_less_than_was_said_is_told_at_once(self):
        store = self.store()
        for size in (SIZE - 1, SIZE + 1, 2 * SIZE):
            self.assertRaises(exceptions.Invalid, stores.add, store, 'image',
                              bytes(SIZE), size)
        self.wait_until_clean(store, set())

    def test_an_error_of_the_source_is_its_own(self):
        store = self.store()

        class Broken(stores.Once):
            def read(self, size=-1):
                data = super().read(size)
                if not data:
                    raise ConnectionResetError('by the user')
                return data
        self.assertRaises(ConnectionResetError, stores.add, store, 'image',
                          Broken(bytes(SIZE)), 2 * SIZE)
        self.wait_until_clean(store, set())

    def test_a_delete_that_fails_is_tried_again(self):
        store = self.store()
        self.vcenter.fault('PUT', status=500, after=SIZE // 2, count=2)
        self.vcenter.fault('DeleteDatastoreFile_Task', fault='SystemError',
                           count=2)
        self.assertRaises(stores.ADD_ERRORS, stores.add, store, 'image',
                          bytes(SIZE))
        self.wait_until_clean(store, set())

    def test_what_a_killed_process_left_is_swept(self):
        store = self.store()
        stores.add(store, 'image', b'bits')
        name = stores.leftovers.new_name('other')
        parts = name.split('~')
        parts[4] = '999999999'  # no process has this number
        stores.leftovers.forget(name)
        folder = self.vcenter.directory('one') / stores.FOLDER
        (folder / '~'.join(parts)).write_bytes(b'part')
        store._sweep()
        self.assertEqual({('one', 'image')}, self.images())


class TestMany(_Base):

    SEED = 20240229
    UPLOADS = 200

    def test_nothing_is_left_whatever_fails_and_all_that_is_said_is_true(self):
        # Or one failed look at the datastores refuses all that come in the
        # seconds after it, which may be all there are.
        self.useFixture(fixtures.MockPatchObject(inventory, 'PATIENCE', 0.0))
        chance = random.Random(self.SEED)
        self.vcenter.change('one', free=40 * MIB)
        store = self.store(vmware_api_retry_count=2)
        faults = [
            {'method': method, **fault}
            for method, ways in _cases() for _, fault in ways
            if method not in ('Login', 'RetrieveServiceContent',
                              'ContinueRetrievePropertiesEx')]
        lock, owned = threading.Lock(), {}

        def upload(number, size, fault, delete):
            if fault:
                self.vcenter.fault(**fault)
            data = random.Random(number).randbytes(size)
            name = f'image-{number}'
            source = stores.Once(data) if number % 3 else data
            try:
                answer = stores.add(store, name, source,
                                    size if number % 5 else 0)
            except stores.ADD_ERRORS:
                return False
            if delete:
                try:
                    store.delete(stores.locate(store, answer[0]))
                    return True
                except stores.READ_ERRORS:
                    pass  # it may be there, and it may not
            with lock:
                owned[name] = (answer, data, delete)
            return True

        work = [(number, chance.randrange(1, 400_000),
                 chance.choice(faults) if chance.random() < 0.6 else None,
                 chance.random() < 0.2) for number in range(self.UPLOADS)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda one: upload(*one), work))
        self.vcenter.reset()
        # Both came to pass, or nothing was tried.
        self.assertTrue(any(done))
        self.assertFalse(all(done))

        for name, (answer, _, deleted) in list(owned.items()):
            if deleted:
                del owned[name]
                with contextlib.suppress(exceptions.NotFound):
                    store.delete(stores.locate(store, answer[0]))
        images = set()
        for name, ((uri, size, md5, digest, _), data, _) in owned.items():
            found = stores.read(store, uri)
            self.assertEqual(data, found)
            self.assertEqual(
                (len(found), hashlib.md5(found).hexdigest(),
                 hashlib.sha512(found).hexdigest()), (size, md5, digest))
            datastore = 'one' if 'dsName=one' in uri else 'two'
            images.add((datastore, name))
        self.wait_until_clean(store, images)
