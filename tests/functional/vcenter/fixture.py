"""The simulator, for tests."""

import atexit
import functools
import socket

import fixtures

from tests import needs
from tests.functional.vcenter import build
from tests.functional.vcenter import simulator


class VCenter(fixtures.Fixture):
    """A simulated vCenter for one test.

    Arguments are those of ``simulator.Simulator``, which is ``vcenter``.
    The test is skipped where the simulator cannot be built.
    """

    def __init__(self, *arguments, **options):
        super().__init__()
        self._arguments = arguments
        self._options = options

    def _setUp(self):
        require()
        self.vcenter = simulator.Simulator(*self._arguments, **self._options)
        self.addCleanup(self.vcenter.remove)
        self.vcenter.start()


class SharedVCenter(fixtures.Fixture):
    """A simulated vCenter for all tests of a process that want the same.

    Arguments are those of ``VCenter``, datastores in a tuple. What a test
    did to it (faults, what datastores are, files) is undone after the test.

    :param without_port: it listens on 443, for who takes no port; the test
        is skipped where that cannot be
    """

    def __init__(self, *arguments, without_port=False, **options):
        super().__init__()
        self._arguments = arguments
        self._without_port = without_port
        self._options = options

    def _setUp(self):
        require()
        self.vcenter = _shared(
            self._without_port, *self._arguments, **self._options)
        self.addCleanup(self.vcenter.clear)
        self.addCleanup(self.vcenter.reset)


@functools.cache
def _shared(without_port, *arguments, **options):
    if without_port:
        options['listen'] = unported()
    vcenter = simulator.Simulator(*arguments, **options)
    atexit.register(vcenter.remove)
    return vcenter.start()


class NoProxies(fixtures.Fixture):
    """Nothing in the environment says which certificates to believe.

    ``requests`` believes these more than what upstream's driver tells it.
    """

    def _setUp(self):
        for name in ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'https_proxy',
                     'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'):
            self.useFixture(fixtures.EnvironmentVariable(name))


def require():
    """Skip the test where the simulator cannot be built.

    :raises unittest.SkipTest: why
    """
    reason = build.why_not()
    needs.skip_if(reason and f'no simulated vCenter: {reason}')


def unported():
    """Return an address with port 443, or skip the test.

    For upstream's driver, whose option takes no port.
    """
    for _ in range(10):
        address = simulator.unported()
        host, _, port = address.rpartition(':')
        try:
            with socket.create_server((host, int(port))):
                return address
        except PermissionError:
            needs.skip_if('port 443 is for root only, and upstream\'s '
                          'driver takes no other')
        except OSError:
            continue
    needs.skip_if('no address of 127.0.0.0/8 has a free port 443')
