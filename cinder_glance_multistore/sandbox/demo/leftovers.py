"""What an upload leaves in a store when Glance dies in the middle of it (G4).
"""

import contextlib
import os
import threading

from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox.demo import answers
from cinder_glance_multistore.sandbox.demo import report as reports
from cinder_glance_multistore.sandbox.demo.answers import Expected

_SIZE = 32 * cloud.MIB


class Stalled:
    """An upload to Glance that stops in the middle, until Glance has died.

    :param which: cloud.Cloud
    :param store: the store's id
    """

    def __init__(self, which, store):
        self.store = store
        self._which = which
        self._over = threading.Event()
        self.image_id = which.glance.images.create(
            name=f'stalled-in-{store}', disk_format='raw',
            container_format='bare').id
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()
        cloud.wait_until(lambda: which.arrived(store, self.image_id),
                         f'bits to arrive in {store}')

    def _send(self):
        # What it raises is that there is no Glance any more.
        with contextlib.suppress(Exception):
            self._which.glance.images.upload(
                self.image_id, _Body(self._over), backend=self.store)

    def end(self):
        """Let go of it: to be called when Glance has died."""
        self._over.set()
        self._thread.join(30)

    def answer(self):
        """Delete the image; return what is left of it then."""
        status = self._which.image(self.image_id).status
        self._which.glance.images.delete(self.image_id)
        files = self._which.sandbox.image_files(self.store, self.image_id)
        left = '; '.join(
            f'{reports.size(path.stat().st_size)} left in {self.store}, '
            f"under {'the' if path.name == self.image_id else 'no'} image's "
            f'name' for path in files)
        for path in files:
            path.unlink()
        return answers.Answer(
            204, f'image {status}, then deleted; '
                 f'{left or f"nothing left in {self.store}"}')


class _Body:
    """Bytes, until more than half are read; then none until it is over."""

    def __init__(self, over):
        self._over = over
        self._left = _SIZE

    def read(self, size):
        if self._left <= _SIZE // 2:
            self._over.wait()
        size = min(size, self._left)
        self._left -= size
        return os.urandom(size)


def show(report, upstream, ours):
    """Compare what two stalled uploads left, Glance being back."""
    report.compare(
        'The same death, and an upload to a store of each driver (G4): '
        "upstream's file, and our multidir, which writes under a temporary "
        'name and sweeps it up when Glance starts',
        (upstream.answer(), Expected(
            204, 'image saving', r"MiB left in reliable, under the image's")),
        (ours.answer(), Expected(
            204, 'image saving', 'nothing left in fast')))
