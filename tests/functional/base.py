"""One sandbox for all functional tests: ours and upstream over one Glance.

Started when the first test needs it, stopped when the process ends. Volumes
and images are deleted after each test; nothing they make disturbs another.
"""

import atexit
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

import fixtures
import testtools

from cinder_glance_multistore.sandbox import proxy
from cinder_glance_multistore.sandbox import stack
from tests import defects
from tests.functional import cloud

DIRECTORY = pathlib.Path(
    os.environ.get('MULTISTORE_FUNCTIONAL_DIR', 'var/functional'))
# Faults are told by an upload's path.
UPLOAD = r'/v2/images/[^/]+/file$'


class _Stage:
    """The services, and a proxy before Glance for each Cinder."""

    def __init__(self):
        sandbox = stack.Sandbox(DIRECTORY, upstream=True)
        # A run that was killed may have left services; its data is not ours.
        sandbox.down()
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        ports = sandbox.allot_ports()
        self.proxies = {}
        for service in ('cinder', 'upstream'):
            self.proxies[service] = proxy.Proxy(ports['glance'])
        sandbox.options = {
            service: {'DEFAULT': {'glance_api_servers': breaks.url},
                      'multistore': {'cleanup_interval': '2',
                                     'upload_settle_time': '10'}}
            for service, breaks in self.proxies.items()}
        sandbox.options['glance'] = {
            # For locations on a web server of the tests.
            'import_filtering_opts': {
                'allowed_hosts': '[127.0.0.1]', 'allowed_ports': '[]',
                'disallowed_ports': '[]'},
            'multistore_discovery': {'refresh_interval': '0.2'}}
        self.sandbox = sandbox
        atexit.register(self.close)
        sandbox.up()
        self.ours = cloud.Cloud(sandbox, 'cinder')
        self.upstream = cloud.Cloud(sandbox, 'upstream')

    def close(self):
        # In a process of its own: this one is ending, and starts no threads
        # any more.
        subprocess.run([sys.executable, '-m',
                        'cinder_glance_multistore.cmd.sandbox', 'down',
                        '--dir', str(DIRECTORY)], check=True, timeout=300,
                       stdout=subprocess.DEVNULL)
        # Logs and databases tell what happened; the bytes tell nothing.
        for name in ('data', 'stores'):
            shutil.rmtree(DIRECTORY / name, ignore_errors=True)


@functools.cache
def _stage():
    return _Stage()


class TestCase(testtools.TestCase):
    """A test that has real services.

    :ivar sandbox: sandbox.stack.Sandbox
    :ivar ours: cloud.Cloud with our plug-in
    :ivar upstream: cloud.Cloud without it
    """

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.Timeout(
            int(os.environ.get('OS_TEST_TIMEOUT') or 900), gentle=True))
        stage = _stage()
        self.sandbox = stage.sandbox
        self.ours = stage.ours
        self.upstream = stage.upstream
        self._proxies = stage.proxies
        self.addCleanup(self._all_well)

    def proxy(self, which):
        """Return the proxy between a Cloud and Glance."""
        return self._proxies[which.service]

    def break_uploads(self, which, **fault):
        """Break the next upload of a Cloud; see proxy.Fault."""
        self.proxy(which).fail(proxy.Fault('PUT', UPLOAD, **fault))

    def sent(self, which):
        """Return the uploads a Cloud has tried: (headers, body bytes)."""
        return [(request[2], request[3])
                for request in self.proxy(which).requests
                if request[0] == 'PUT' and request[1].endswith('/file')]

    def restart(self, *names):
        """Stop services and start them, with ``sandbox.options`` as it is."""
        for name in names:
            self.sandbox.stop(name)
            self.sandbox.start(name)

    def with_options(self, sections):
        """Restart Glance with options, and without them at the end."""
        glance = self.sandbox.options['glance']
        self.addCleanup(self.restart, 'glance')
        for section, options in sections.items():
            before = glance.get(section)
            glance[section] = {**(before or {}), **options}
            self.addCleanup(glance.__setitem__, section, before or {})
        self.restart('glance')

    def stores(self, detail=False):
        """Return ``{store id: what /v2/info/stores says of it}``."""
        url = f'{self.sandbox.endpoints["glance"]}/v2/info/stores'
        with urllib.request.urlopen(
                f'{url}/detail' if detail else url, timeout=120) as answer:
            return {store['id']: store
                    for store in json.load(answer)['stores']}

    def wait_for_store(self, store_id, status):
        """Wait until Glance says that a store is so."""
        cloud.wait_until(
            lambda: self.stores()[store_id]['status'] == status,
            f'store {store_id} to be {status}')

    def begin_upload(self, which, store_id='fast'):
        """Begin to upload a whole GiB; return when bytes are in the store."""
        volume = which.volume(which.volume_type(store_id), mib=1024)
        image_id = which.upload(volume)
        cloud.wait_until(
            lambda: which.arrived(store_id, image_id) > 64 * cloud.MIB,
            'bytes to arrive')
        return volume, image_id

    def _all_well(self):
        for which in self._proxies.values():
            which.heal()
        for name in ('glance', 'cinder', 'upstream'):
            if not self.sandbox.is_running(name):
                self.sandbox.start(name)
        for which in (self.ours, self.upstream):
            which.forget()

    def record(self, defect, what, upstream, ours):
        """Note what both did, for the table at the end of the run.

        Called when both have been asserted.
        """
        defects.record('functional', defect, what, upstream, ours)

    def assert_whole(self, which, volume, image_id, store_id):
        """The volume's bytes are in this store, and in no other."""
        image = which.image(image_id)
        self.assertEqual('active', image.status)
        self.assertEqual(store_id, image.stores)
        self.assertEqual([store_id], which.stores_with(image_id))
        digest = cloud.sha512(which.file(volume))
        self.assertEqual(
            digest,
            cloud.sha512(self.sandbox.image_file(store_id, image_id)))
        self.assertEqual(digest, image.os_hash_value)

    def assert_nothing_left(self, which, volume, image_id):
        """A failed upload left neither record nor bits, and the volume."""
        self.assertEqual('available', which.status(volume))
        which.wait_until_gone(image_id)
        # Glance may be about to notice that nobody sends any more.
        cloud.wait_until(lambda: not which.stores_with(image_id),
                         f'the bits of image {image_id} to be gone')
