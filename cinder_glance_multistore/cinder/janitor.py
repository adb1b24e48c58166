"""Deletes the image records of failed uploads, for as long as it takes.
"""

import contextlib
import logging
import threading

from cinder import context as cinder_context
from cinder import exception
from glanceclient import exc
from oslo_config import cfg

from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.cinder import journal
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import records
from cinder_glance_multistore.image_service import trouble

CONF = cfg.CONF
LOG = logging.getLogger(__name__)


class Janitor:
    """Deletes records now, or tries again until Glance answers.

    One thread, and only while there is something to do.

    :param direct: direct.DirectPath, who knows the stores that were written
        into
    """

    def __init__(self, direct):
        self._direct = direct
        self._lock = threading.Lock()
        self._pending = {}
        # Ids of images whose records were deleted, and whose bits were not.
        self._unregistered = set()
        self._thread = None
        self._wake = threading.Event()

    def discard(self, entry, context=None):
        """Delete the image record of an upload that came to nothing.

        Returns at once where Glance does; where it does not answer, goes on
        in the background, after a restart of this service too.

        :param entry: journal.Entry
        :param context: whose token to use; None for the service's own
        """
        if not self._try(entry, context):
            self._later(entry, context)

    def adopt(self, entries):
        """Take over what an earlier process left; works in the background.
        """
        for entry in entries:
            LOG.warning('Image %s was being made of volume %s when this '
                        'service ended', entry.image_id, entry.volume_id)
            self._later(entry, None)

    def _later(self, entry, context):
        with self._lock:
            self._pending[entry] = context
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, daemon=True, name='multistore-janitor')
                self._thread.start()
            self._wake.set()

    def _run(self):
        while True:
            self._wake.clear()
            with self._lock:
                pending = list(self._pending.items())
            for entry, context in pending:
                if self._try(entry, context):
                    with self._lock:
                        self._pending.pop(entry, None)
            with self._lock:
                if not self._pending:
                    self._thread = None
                    return
            self._wake.wait(CONF.multistore.cleanup_interval)

    def _try(self, entry, context):
        """Return whether the entry is done with."""
        try:
            outcome = self._discard(entry, context)
            if entry.direct:
                self._discard_bits(entry, outcome)
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
        elif outcome == records.GONE:
            LOG.info('Image %s, of a failed upload of volume %s, is not there '
                     'for this user', entry.image_id, entry.volume_id)
        return True

    def _discard(self, entry, context):
        if context is not None:
            try:
                return self._as(context, False, entry)
            except (exc.HTTPUnauthorized, exc.HTTPForbidden):
                # The token may have expired during a long upload.
                if not glance_client.has_service_credentials():
                    raise
        return self._as(cinder_context.get_admin_context(), True, entry)

    def _discard_bits(self, entry, outcome):
        """Remove what lies in a store and belongs to no image.

        What belongs to one is Glance's to remove. Where there is no image to
        be seen, Glance may have known of it, or not: then only what it
        cannot have known of is removed.
        """
        unregistered = outcome == records.DELETED or (
            outcome == records.GONE and not entry.registering)
        if outcome == records.GONE and entry.registering and (
                entry.image_id not in self._unregistered):
            LOG.warning('Image %s is gone; whether Glance had taken over '
                        'what lies in store %s of it is not known, and that '
                        'is left there', entry.image_id, entry.direct)
        if unregistered and entry.registering:
            # The record is gone now; if the bits cannot be removed, the next
            # attempt must know that it was seen to go.
            with contextlib.suppress(exception.VolumeNotFound):
                journal.Page(entry).note(registering=False)
            self._unregistered.add(entry.image_id)
        self._direct.forget(
            entry, unregistered or entry.image_id in self._unregistered)
        self._unregistered.discard(entry.image_id)

    @staticmethod
    def _as(context, as_service, entry):
        try:
            servers = glance_client.servers(context, as_service)
        except trouble.TROUBLE as e:
            raise errors.Unreachable(
                f'Keystone did not say where Glance is: {e}') from e
        error = errors.Unreachable(glance_client.NO_SERVER)
        for server in servers:
            client = glance_client.client(context, server, records.TIMEOUT,
                                          as_service)
            try:
                return records.discard(client, entry.image_id,
                                       entry.condemned, entry.registering)
            except errors.Unreachable as e:
                error = e
        raise error
