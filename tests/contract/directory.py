"""The promises of a driver whose places are directories.
"""

import errno
import glob
import io
import itertools
import os
import threading

import ddt
from glance_store import exceptions

from tests.contract import driver
from tests.contract import faulty
from tests.contract.driver import content
from tests.contract.driver import DOCUMENTED
from tests.contract.driver import MiB


@ddt.ddt
class DirectoryContract(driver.DriverContract):
    """Inherit, with ``testtools.TestCase``."""

    scheme = 'file'

    def make_places(self):
        paths = [os.path.join(self.home, name) for name in ('first', 'second')]
        for path in paths:
            os.mkdir(path)
        return paths

    def left(self):
        return sorted(
            path for directory in self.places
            for pattern in ('*', '.*')
            for path in glob.glob(os.path.join(
                glob.escape(directory), pattern)))

    def put(self, place, name, data):
        with open(os.path.join(place, name), 'wb') as file:
            file.write(data)

    def lies(self, place, name):
        return os.path.lexists(os.path.join(place, name))

    def uri(self, place, name):
        return f'file://{os.path.join(place, name)}'

    # Locations are not trusted.

    @ddt.data('file://{home}/secret', 'file:///etc/passwd',
              'file://{first}/../secret', 'file://{first}/sub/secret',
              'file://{first}', 'file://{first}/', 'file://{first}/..',
              'file://{home}/first-too/secret', 'filesystem://{home}/secret',
              'file:{home}/secret', 'multidir://{first}/image', 'file://')
    def test_a_location_of_something_else_is_refused(self, uri):
        os.makedirs(os.path.join(self.first, 'sub'))
        os.makedirs(os.path.join(self.home, 'first-too'))
        secrets = [os.path.join(self.home, 'secret'),
                   os.path.join(self.first, 'sub', 'secret'),
                   os.path.join(self.home, 'first-too', 'secret')]
        for path in secrets:
            with open(path, 'w') as file:
                file.write('secret')
        uri = uri.format(home=self.home, first=self.first)
        for ask in (self.store.get, self.store.get_size, self.store.delete):
            self.assertRaises(exceptions.GlanceStoreException,
                              lambda ask=ask: ask(self.locate(uri)))
        for path in secrets:
            self.assertTrue(os.path.exists(path))

    def test_a_link_in_the_directory_leads_nowhere(self):
        os.symlink('/etc/passwd', os.path.join(self.first, self.image))
        uri = f'file://{self.first}/{self.image}'
        self.assertRaises(exceptions.NotFound, self.read, uri)
        self.assertRaises(exceptions.NotFound, self.store.get_size,
                          self.locate(uri))

    def test_a_pipe_in_the_directory_blocks_nobody(self):
        os.mkfifo(os.path.join(self.first, self.image))
        uri = f'file://{self.first}/{self.image}'
        raised = []

        def read():
            try:
                self.read(uri)
            except Exception as exc:
                raised.append(exc)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        thread.join(self.patience)
        blocked = thread.is_alive()
        if blocked:
            # Let it go, so that the test ends.
            os.close(os.open(os.path.join(self.first, self.image),
                             os.O_WRONLY | os.O_NONBLOCK))
            thread.join(60)
        self.assertFalse(blocked)
        self.assertEqual([exceptions.NotFound], [type(exc) for exc in raised])

    # Faults of the file system.

    def with_faults(self):
        fault = self.useFixture(faulty.FaultyDirectory())
        self.store = self.make_store([fault.path])
        return fault

    @ddt.data(*itertools.product(
        faulty.OPERATIONS, ('ENOSPC', 'EDQUOT', 'EIO', 'EACCES', 'ESTALE')))
    @ddt.unpack
    def test_a_fault_is_a_documented_error_and_leaves_nothing(
            self, operation, error):
        fault = self.with_faults()
        fault.fail(**{operation: faulty.number(error)})
        try:
            answer = self.add(content(3 * MiB))
        except DOCUMENTED:
            self.assertEqual([], self.left())
            fault.heal()
            self.assertSaved(content(3 * MiB), self.add(content(3 * MiB)))
        else:
            # A call that this driver does not need.
            fault.heal()
            self.assertSaved(content(3 * MiB), answer)

    @ddt.data(*faulty.OPERATIONS)
    def test_a_fault_sends_the_image_to_the_next_directory(self, operation):
        fault = self.useFixture(faulty.FaultyDirectory())
        self.store = self.make_store([fault.path, self.second])
        for error in (errno.ENOSPC, errno.EIO):
            self.image = f'image-{next(self.ids)}'
            fault.fail(**{operation: error})
            # A source that can be read again.
            answer = self.store.add(
                self.image, io.BytesIO(content(3 * MiB)), 3 * MiB, 'sha512')
            fault.heal()
            self.assertSaved(content(3 * MiB), answer)
