"""Deletes the image records of failed uploads, for as long as it takes.
"""

import logging
import threading

from cinder import context as cinder_context
from glanceclient import exc
from oslo_config import cfg

from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.cinder import journal
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import records

CONF = cfg.CONF
LOG = logging.getLogger(__name__)


class Janitor:
    """Deletes records now, or tries again until Glance answers.

    One thread, and only while there is something to do.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._pending = {}
        self._thread = None
        self._wake = threading.Event()

    def discard(self, entry, context=None, even_active=False):
        """Delete the image record of an upload that came to nothing.

        Returns at once where Glance does; where it does not answer, goes on
        in the background, after a restart of this service too.

        :param entry: journal.Entry
        :param context: whose token to use; None for the service's own
        :param even_active: the image's data is known to be wrong
        """
        if not self._try(entry, context, even_active):
            self._later(entry, context, even_active)

    def adopt(self, entries):
        """Take over what an earlier process left; works in the background.
        """
        for entry in entries:
            LOG.warning('Image %s was being made of volume %s when this '
                        'service ended', entry.image_id, entry.volume_id)
            self._later(entry, None, False)

    def _later(self, entry, context, even_active):
        with self._lock:
            self._pending[entry] = (context, even_active)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, daemon=True, name='multistore-janitor')
                self._thread.start()
            self._wake.set()

    def _run(self):
        while True:
            self._wake.clear()
            for entry, (context, even_active) in list(self._pending.items()):
                if self._try(entry, context, even_active):
                    with self._lock:
                        self._pending.pop(entry, None)
            with self._lock:
                if not self._pending:
                    self._thread = None
                    return
            self._wake.wait(CONF.multistore.cleanup_interval)

    def _try(self, entry, context, even_active):
        """Return whether the entry is done with."""
        try:
            outcome = self._discard(entry, context, even_active)
            journal.end(entry)
        except errors.Unreachable as e:
            LOG.warning('Image %s is left from a failed upload of volume %s; '
                        'trying again in %d seconds: %s', entry.image_id,
                        entry.volume_id, CONF.multistore.cleanup_interval, e)
            return False
        except (exc.HTTPUnauthorized, exc.HTTPForbidden) as e:
            LOG.error(
                'Image %s is left from a failed upload of volume %s, and '
                'Glance does not let this service delete it (%s). Give the '
                '[glance] section of cinder.conf the credentials of a user '
                'who may, or delete the image by hand; it is tried again '
                'when this service starts.', entry.image_id, entry.volume_id,
                e)
            return True
        except Exception:
            LOG.exception('Image %s is left from a failed upload of volume '
                          '%s', entry.image_id, entry.volume_id)
            return False
        if outcome == records.DELETED:
            LOG.info('Deleted image %s, left from a failed upload of volume '
                     '%s', entry.image_id, entry.volume_id)
        return True

    def _discard(self, entry, context, even_active):
        if context is not None:
            try:
                return self._as(context, False, entry, even_active)
            except (exc.HTTPUnauthorized, exc.HTTPForbidden):
                # The token may have expired during a long upload.
                if not glance_client.has_service_credentials():
                    raise
        return self._as(cinder_context.get_admin_context(), True, entry,
                        even_active)

    @staticmethod
    def _as(context, as_service, entry, even_active):
        servers = glance_client.servers(context)
        error = errors.Unreachable(
            'no image service (Glance) is configured: set '
            'glance_api_servers, or [glance] credentials')
        for server in servers:
            client = glance_client.client(context, server, records.TIMEOUT,
                                          as_service)
            try:
                return records.discard(client, entry.image_id, even_active)
            except errors.Unreachable as e:
                error = e
        raise error
