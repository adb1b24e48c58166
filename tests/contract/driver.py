"""The promises of a store's driver, from glance_store's interface and ours.

A test class inherits :class:`DriverContract` and says how its store is made.
"""

import errno
import hashlib
import io
import itertools
import os
import signal
import subprocess
import sys
import threading
import time

import ddt
import fixtures
from glance_store import exceptions
from glance_store import location

KiB = 1024
MiB = 1024 * KiB

#: What glance_store documents that ``add`` may raise.
DOCUMENTED = (
    exceptions.Duplicate, exceptions.Invalid, exceptions.StorageFull,
    exceptions.StorageWriteDenied, exceptions.StoreAddDisabled,
    # glance_store before 5.4 has none.
    getattr(exceptions, 'TimeoutError', exceptions.StorageWriteDenied))

ALGORITHMS = sorted(
    name for name in hashlib.algorithms_guaranteed
    if hashlib.new(name).digest_size)


class Stream:
    """An image as Glance hands it over: ``read(n)``, once, and no more."""

    def __init__(self, data, error=None, at=None, wait=None):
        self._data = io.BytesIO(data)
        self._error = error
        self._at = len(data) if at is None else at
        self._wait = wait

    def read(self, size):
        if self._wait is not None:
            self._wait()
        if self._error is not None:
            size = min(size, self._at - self._data.tell())
            if size <= 0:
                raise self._error
        return self._data.read(size)


class Verifier:

    def __init__(self, error=None):
        self.seen = b''
        self._error = error

    def update(self, buf):
        if self._error is not None:
            raise self._error
        self.seen += bytes(buf)


def content(size):
    """Return bytes of which no two kilobytes are alike."""
    block = hashlib.shake_128(b'image').digest(KiB - 8)
    return b''.join(
        block + number.to_bytes(8, 'big')
        for number in range(-(-size // KiB)))[:size]


KILLED = '''
import sys
sys.path[:0] = {path!r}
from tests.contract import driver
from {module} import {factory} as make_store
store = make_store(*{arguments!r})
data = driver.content(1 << 20)

class Endless:
    sent = 0
    def read(self, size):
        self.sent += 1
        if self.sent == 4:
            print('in the middle', flush=True)
        if self.sent > 4:
            import time
            time.sleep(600)
        return data

store.add({image!r}, Endless(), {size!r}, 'sha512')
'''


@ddt.ddt
class DriverContract:
    """Inherit, with ``testtools.TestCase``.

    A class says how a process makes its store: ``factory`` is a function of
    ``module`` that gets the list of places and a private directory, and
    returns a configured store that prefers the first place. It says what
    its places are, too: :meth:`make_places`, :meth:`left`, :meth:`put`,
    :meth:`lies`, :meth:`uri`.
    """

    module = None
    factory = None
    scheme = None
    ids = itertools.count()
    #: Seconds in which a call must return, and what a killed upload left be
    #: gone.
    patience = 120

    def setUp(self):
        super().setUp()
        self.home = self.useFixture(fixtures.TempDir()).path
        self.first, self.second = self.make_places()
        self.image = f'image-{next(self.ids)}'
        self.store = self.make_store([self.first, self.second])

    def make_store(self, places):
        module = __import__(self.module, fromlist=[self.factory])
        self.places = places
        return getattr(module, self.factory)(places, self.home)

    # What the places are.

    def make_places(self):
        """Return the names of two empty places."""
        raise NotImplementedError

    def left(self):
        """Return everything there is in the places, sorted."""
        raise NotImplementedError

    def put(self, place, name, data):
        """Let an image of that name lie in a place."""
        raise NotImplementedError

    def lies(self, place, name):
        """Say whether there is anything of that name in a place."""
        raise NotImplementedError

    def uri(self, place, name):
        """Return the location of an image in a place."""
        raise NotImplementedError

    # Helpers.

    def add(self, data, size=None, image_id=None, algorithm='sha512',
            **more):
        stream = Stream(data) if isinstance(data, bytes) else data
        return self.store.add(
            image_id or self.image, stream, len(data) if size is None else size,
            algorithm, **more)

    def locate(self, uri):
        return location.Location(
            self.scheme, self.store.get_store_location_class(), self.store.conf,
            uri=uri, backend=self.store.backend_group)

    def read(self, uri, **how):
        chunks, size = self.store.get(self.locate(uri), **how)
        return b''.join(chunks), size

    def refused(self, kind, *arguments, **more):
        error = self.assertRaises(kind, self.add, *arguments, **more)
        self.assertEqual([], self.left())
        return error

    def assertSaved(self, data, answer, algorithm='sha512'):
        uri, size, checksum, multihash, _metadata = answer
        self.assertEqual(
            (len(data), hashlib.md5(data).hexdigest(),
             hashlib.new(algorithm, data).hexdigest()),
            (size, checksum, multihash))
        self.assertEqual((data, len(data)), self.read(uri))

    # What is added is there.

    @ddt.data(0, 1, 64 * KiB - 1, 64 * KiB, MiB + 1, 5 * MiB + 12345)
    def test_an_image_comes_back_as_it_was(self, size):
        self.assertSaved(content(size), self.add(content(size)))

    @ddt.data(0, 1, 5 * MiB + 12345)
    def test_an_image_of_unknown_size_comes_back_as_it_was(self, size):
        self.assertSaved(content(size), self.add(content(size), size=0))

    def test_a_source_that_answers_in_small_bits_is_read_to_its_end(self):
        data = content(300 * KiB)

        class Bits(Stream):
            def read(self, size):
                return super().read(min(size, 1000))

        self.assertSaved(data, self.add(Bits(data), size=len(data)))

    def test_an_iterator_will_do(self):
        data = content(300 * KiB)
        chunks = (data[begin:begin + 7777]
                  for begin in range(0, len(data), 7777))
        self.assertSaved(data, self.add(chunks, size=len(data)))

    @ddt.data(*ALGORITHMS)
    def test_the_multihash_is_of_the_algorithm_asked_for(self, algorithm):
        self.assertSaved(content(MiB), self.add(
            content(MiB), algorithm=algorithm), algorithm)

    def test_the_image_is_where_the_location_says(self):
        uri = self.add(content(MiB))[0]
        self.assertEqual(self.uri(self.first, self.image), uri)
        self.assertTrue(self.lies(self.first, self.image))
        self.assertEqual(1, len(self.left()))

    def test_the_location_names_its_store(self):
        self.assertEqual({'store': self.store.backend_group},
                         self.add(content(1))[4])

    def test_the_verifier_sees_every_byte_in_order(self):
        verifier = Verifier()
        self.add(content(3 * MiB + 1), verifier=verifier)
        self.assertEqual(content(3 * MiB + 1), verifier.seen)

    def test_a_call_of_the_old_kind_gets_the_old_answer(self):
        self.assertEqual(4, len(self.store.add(
            self.image, Stream(b'x'), 1, None, None)))

    def test_zeros_come_back_as_zeros(self):
        data = bytes(2 * MiB) + content(MiB) + bytes(2 * MiB)
        self.assertSaved(data, self.add(data))

    # What is not whole is not there.

    @ddt.data(1, MiB)
    def test_too_few_bytes_are_refused(self, missing):
        data = content(3 * MiB)
        self.refused(exceptions.Invalid, data[:-missing], size=len(data))

    @ddt.data(1, 3 * MiB)
    def test_too_many_bytes_are_refused(self, surplus):
        data = content(3 * MiB)
        self.refused(exceptions.Invalid, data, size=len(data) - surplus + (
            1 if surplus == len(data) else 0))

    @ddt.data(0, 1, MiB, 3 * MiB - 1)
    def test_an_error_of_the_source_is_passed_on_as_it_is(self, at):
        for error in (OSError(errno.ECONNRESET, 'gone'),
                      OSError(errno.ENOSPC, 'not ours'), ValueError('bad')):
            caught = self.refused(
                type(error), Stream(content(3 * MiB), error, at),
                size=3 * MiB)
            self.assertIs(error, caught)

    def test_an_error_of_the_verifier_is_passed_on_as_it_is(self):
        error = ValueError('bad signature')
        self.assertIs(error, self.refused(
            ValueError, content(MiB), verifier=Verifier(error)))

    def test_an_unknown_algorithm_is_refused(self):
        self.refused((exceptions.UnknownHashingAlgo, ValueError),
                     content(MiB), algorithm='md77')

    def test_a_cancelled_upload_leaves_nothing(self):
        class Killed(BaseException):
            pass

        self.refused(Killed, Stream(content(3 * MiB), Killed(), MiB),
                     size=3 * MiB)

    def test_nothing_stands_under_the_name_before_the_last_byte(self):
        seen = []

        def look():
            seen.append(self.lies(self.first, self.image))

        self.add(Stream(content(3 * MiB), wait=look), size=3 * MiB)
        self.assertEqual({False}, set(seen))

    def test_a_failed_upload_can_be_tried_again(self):
        self.refused(ValueError, Stream(content(MiB), ValueError(), 5000),
                     size=MiB)
        self.assertSaved(content(MiB), self.add(content(MiB)))

    # Duplicates.

    def test_the_same_id_again_is_a_duplicate_and_the_first_stays(self):
        uri = self.add(content(MiB))[0]
        self.assertRaises(exceptions.Duplicate, self.add, b'other')
        self.assertEqual(content(MiB), self.read(uri)[0])

    def test_an_image_of_that_id_in_another_place_is_a_duplicate(self):
        self.put(self.second, self.image, b'first')
        self.assertRaises(exceptions.Duplicate, self.add, b'other')

    def test_of_two_uploads_of_one_id_one_is_a_duplicate(self):
        meeting = threading.Barrier(2)
        outcomes = []

        def upload():
            met = iter([meeting.wait])
            try:
                outcomes.append(self.add(Stream(
                    content(MiB), wait=lambda: next(met, int)()), size=MiB))
            except exceptions.Duplicate:
                # Let the other one go, if it still waits.
                meeting.abort()
                outcomes.append(None)
            except threading.BrokenBarrierError:
                outcomes.append('the other did not get that far')

        threads = [threading.Thread(target=upload) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.assertEqual(1, outcomes.count(None))
        outcomes.remove(None)
        self.assertSaved(content(MiB), outcomes[0])

    def test_fifty_uploads_at_once_are_all_whole(self):
        answers = {}

        def upload(number):
            data = content(200 * KiB + number)
            answers[number] = (data, self.add(
                data, image_id=f'{self.image}-{number}'))

        threads = [threading.Thread(target=upload, args=(number,))
                   for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(50, len(answers))
        for data, answer in answers.values():
            self.assertSaved(data, answer)

    # Names that are no image's.

    @ddt.data('../escaped', 'a/b', '..', '.', '', 'nul\0byte', 'x' * 256)
    def test_a_name_that_is_no_file_name_is_refused(self, name):
        self.assertRaises(
            exceptions.GlanceStoreException, self.store.add, name,
            Stream(b'x'), 1, 'sha512')
        self.assertFalse(os.path.lexists(os.path.join(self.home, 'escaped')))
        self.assertEqual([], self.left())

    # Reading.

    @ddt.data((0, 10), (5, 10), (MiB - 1, 2), (0, 3 * MiB), (3 * MiB - 1, 1),
              (1, MiB + 7))
    @ddt.unpack
    def test_a_range_is_that_range(self, offset, length):
        data = content(3 * MiB)
        uri = self.add(data)[0]
        self.assertEqual((data[offset:offset + length], length), self.read(
            uri, offset=offset, chunk_size=length))

    @ddt.data(1, MiB, 3 * MiB - 1)
    def test_an_offset_alone_reads_to_the_end(self, offset):
        data = content(3 * MiB)
        uri = self.add(data)[0]
        self.assertEqual(data[offset:], self.read(uri, offset=offset)[0])

    def test_a_range_past_the_end_ends_there(self):
        uri = self.add(content(10))[0]
        self.assertEqual(b'', self.read(uri, offset=10, chunk_size=5)[0])
        self.assertEqual(content(10)[8:], self.read(
            uri, offset=8, chunk_size=5)[0])

    def test_the_size_is_told_without_reading(self):
        uri = self.add(content(MiB + 1))[0]
        self.assertEqual(MiB + 1, self.store.get_size(self.locate(uri)))

    def test_a_reader_that_goes_away_leaves_no_file_open(self):
        uri = self.add(content(3 * MiB))[0]
        before = len(os.listdir('/proc/self/fd'))
        for _ in range(20):
            chunks, _size = self.store.get(self.locate(uri))
            next(iter(chunks))
            chunks.close()
        # Threads of other tests open and close some, too; not twenty.
        self.assertLess(len(os.listdir('/proc/self/fd')) - before, 20)

    # Deleting.

    def test_a_deleted_image_is_gone(self):
        uri = self.add(content(MiB))[0]
        self.store.delete(self.locate(uri))
        self.assertEqual([], self.left())
        for ask in (self.store.get, self.store.get_size, self.store.delete):
            self.assertRaises(exceptions.NotFound, ask, self.locate(uri))

    def test_a_deleted_id_can_be_used_again(self):
        uri = self.add(content(MiB))[0]
        self.store.delete(self.locate(uri))
        self.assertSaved(b'new', self.add(b'new'))

    # No room.

    def test_that_there_is_no_room_is_said_to_be_so_before_the_first_byte(self):
        class Untouched:
            def read(self, size):
                raise AssertionError('it was read')

        error = self.refused(exceptions.StorageFull, Untouched(),
                             size=1 << 60)
        for place in self.places:
            self.assertIn(place, str(error))

    # Processes that die.

    def killed(self, size):
        script = KILLED.format(
            path=[path for path in sys.path if path], module=self.module,
            factory=self.factory, arguments=(self.places, self.home),
            image=self.image, size=size)
        process = subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', script],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            cwd=os.getcwd())
        self.addCleanup(process.stdout.close)
        self.assertEqual('in the middle\n', process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()

    @ddt.data(0, 100 * MiB)
    def test_a_killed_upload_leaves_nothing_under_the_name(self, size):
        self.killed(size)
        self.assertFalse(self.lies(self.first, self.image))

    @ddt.data(0, 100 * MiB)
    def test_a_killed_upload_can_be_tried_again(self, size):
        self.killed(size)
        self.assertSaved(content(MiB), self.add(content(MiB)))

    def test_what_a_killed_upload_left_is_gone_after_the_next_start(self):
        self.killed(100 * MiB)
        self.store = self.make_store(self.places)
        deadline = time.monotonic() + self.patience
        while self.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([], self.left())
