"""Which stores there are: ``GET /v2/info/stores``, asked once for many.
"""

import logging
import threading
import time

from glanceclient import exc as glance_exc
from requests import exceptions as requests_exc

from api_validation import stores
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service.trouble import NONSENSE
from cinder_glance_multistore.image_service.trouble import TROUBLE

LOG = logging.getLogger(__name__)


def fetch(client):
    """Ask one Glance for its stores.

    :param client: a ``glanceclient.v2.client.Client``
    :returns: an :class:`api_validation.stores.StoresDocument`
    :raises NotMultiStore: Glance runs with one store
    :raises BadAnswer: the document is not what it should be
    :raises Unreachable: no answer, or an error of Glance's own
    :raises glanceclient.exc.HTTPException: Glance refused the caller (401,
        403)
    """
    try:
        body = client.images.get_stores_info()
    except glance_exc.HTTPNotFound:
        raise errors.NotMultiStore() from None
    except (glance_exc.HTTPUnauthorized, glance_exc.HTTPForbidden):
        raise
    except requests_exc.JSONDecodeError as e:
        # One of TROUBLE by its bases, but Glance, or somebody, did answer.
        raise errors.BadAnswer(
            "the image service's list of stores is not JSON") from e
    except TROUBLE as e:
        # Any other answer, an answer that is cut short, or none at all.
        LOG.warning('Glance did not answer GET /v2/info/stores: %s', e)
        raise errors.Unreachable(
            'the image service (Glance) could not be asked for its stores'
        ) from e
    except NONSENSE as e:
        LOG.warning('Glance answered GET /v2/info/stores with nonsense: %r', e)
        raise errors.BadAnswer(
            "the image service's list of stores is not what it should be"
        ) from e
    try:
        # What glanceclient wraps to carry a request id.
        return stores.StoresDocument.parse(
            getattr(body, '__wrapped__', body))
    except stores.InvalidStoresDocument as e:
        raise errors.BadAnswer(
            "the image service's list of stores is not what it should be",
            e.problems) from e


# A question that has been on its way for this many timeouts is given up: a
# Glance that answers byte by byte must not keep everyone waiting for good.
_GIVE_UP = 4


class _Flight:
    """One question on its way; whoever asks meanwhile waits for it too."""

    def __init__(self, started):
        self.started = started
        self.done = threading.Event()
        self.document = None
        self.error = None


class StoresDirectory:
    """The stores document, fetched at most once at a time, and remembered.

    Safe for native and for green threads.

    :param timeout: seconds a caller waits, however long the question takes
    :param cache_time: seconds for which an answer is given again
    :param stale_time: seconds past ``cache_time`` for which the last answer
        still serves when there is no new one
    """

    def __init__(self, timeout, cache_time, stale_time, clock=time.monotonic):
        self._timeout = timeout
        self._cache_time = cache_time
        self._stale_time = stale_time
        self._clock = clock
        self._lock = threading.Lock()
        self._flight = None
        self._document = None
        self._fetched_at = None

    def get(self, fetch, fresh=False):
        """Return the stores document.

        :param fetch: called without arguments, returns the document; only
            the first of simultaneous callers has its ``fetch`` called
        :param fresh: do not answer from memory, whatever its age, and not
            from an old list either
        :raises Unreachable: Glance did not answer, or not in ``timeout``
        :raises BadAnswer, NotMultiStore: as :func:`fetch`
        """
        deadline = time.monotonic() + self._timeout
        while True:
            with self._lock:
                if not fresh and self._age() < self._cache_time:
                    return self._document
                flight = self._flight
                now = self._clock()
                leader = (flight is None or
                          now - flight.started > _GIVE_UP * self._timeout)
                if leader:
                    flight = self._flight = _Flight(now)
                    threading.Thread(
                        target=self._fly, args=(flight, fetch), daemon=True,
                        name='multistore-stores').start()
            if not flight.done.wait(max(deadline - time.monotonic(), 0.0)):
                return self._stale(fresh, errors.Unreachable(
                    'the image service (Glance) did not say within '
                    f'{self._timeout:g} seconds which stores it has'))
            if flight.error is None:
                return flight.document
            if not leader and isinstance(
                    flight.error, glance_exc.HTTPException):
                # The first caller was refused; this one has a token of its
                # own and asks again.
                continue
            if isinstance(flight.error, errors.Unreachable):
                return self._stale(fresh, flight.error)
            raise flight.error

    def _age(self):
        if self._fetched_at is None:
            return float('inf')
        return self._clock() - self._fetched_at

    def _stale(self, fresh, error):
        with self._lock:
            age = self._age()
            if not fresh and age < self._cache_time + self._stale_time:
                LOG.warning('Using a list of image stores that is %d seconds '
                            'old, because %s', age, error)
                return self._document
        raise error

    def _fly(self, flight, fetch):
        try:
            flight.document = fetch()
        except BaseException as e:
            # Whoever waits must hear of it, whatever it is.
            flight.error = e
        finally:
            with self._lock:
                if flight.document is not None:
                    self._document = flight.document
                    self._fetched_at = self._clock()
                if self._flight is flight:
                    self._flight = None
            flight.done.set()
