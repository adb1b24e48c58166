"""Which datastore is believed to hold which image: a cache of the cache.

A belief, corrected by what spawns and the image cache manager do and see.
Whoever acts on it looks at the datastore first.
"""

import collections
import contextlib
import threading
import time


class KnownImages:
    """Beliefs, bounded in number and in age. Threads may share one.

    :param max_age: seconds after which a datastore is to be listed anew
    :param max_images: how many (datastore, image) are remembered; the oldest
        are forgotten, and their datastores are to be listed anew
    """

    def __init__(self, max_age, max_images, clock=time.monotonic):
        self._max_age = max_age
        self._max_images = max_images
        self._clock = clock
        self._lock = threading.Lock()
        self._listed = {}
        self._distrusted = {}
        self._files = collections.OrderedDict()

    def __len__(self):
        return len(self._files)

    def to_list(self, datastores):
        """Return those of the datastores whose list is missing or old."""
        with self._lock:
            oldest = self._clock() - self._max_age
            return [name for name in datastores
                    if self._listed.get(name, oldest) <= oldest]

    def listed(self, datastore, images):
        """Note every image that a datastore holds."""
        images = set(images)
        with self._lock:
            for key in [key for key in self._files if key[0] == datastore]:
                if key[1] not in images:
                    del self._files[key]
            self._listed[datastore] = self._clock()
            for image in images:
                self._note(datastore, image,
                           self._files.get((datastore, image), frozenset()))

    def holds(self, datastore, image, files=None):
        """Note that a datastore holds an image.

        :param files: all the files it is there as; where that was not seen,
            what was known of them stays
        """
        with self._lock:
            if files is None:
                files = self._files.get((datastore, image), ())
            self._note(datastore, image, frozenset(files))

    def lacks(self, datastore, image):
        """Note that it does not."""
        with self._lock:
            self._files.pop((datastore, image), None)

    def distrust(self, datastore, image):
        """Note that no disk could be made of it, for as long as a list."""
        with self._lock:
            oldest = self._clock() - self._max_age
            self._distrusted = {
                key: noted for key, noted in self._distrusted.items()
                if noted > oldest}
            self._distrusted[datastore, image] = self._clock()

    def distrusted(self, datastore, image):
        """Say whether that was noted of late."""
        oldest = self._clock() - self._max_age
        return self._distrusted.get((datastore, image), oldest) > oldest

    def files(self, datastore, image):
        """Return the files it was seen as; None when it is not held.

        Empty when it is held, and nobody looked at its files.
        """
        with self._lock:
            return self._files.get((datastore, image))

    def _note(self, datastore, image, files):
        self._files[datastore, image] = files
        self._files.move_to_end((datastore, image))
        while len(self._files) > self._max_images:
            (forgotten, _), _ = self._files.popitem(last=False)
            self._listed.pop(forgotten, None)


class OnTheWay:
    """What spawns of this process are putting into a cache.

    Images, and copies of them at a flavor's size.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._events = {}

    def begin(self, datastore, what):
        """Say that one is on its way; return what ends it, once."""
        with self._lock:
            event, count = self._events.get(
                (datastore, what), (threading.Event(), 0))
            self._events[datastore, what] = (event, count + 1)
        ended = contextlib.ExitStack()
        ended.callback(self._end, datastore, what)
        return ended.close

    def _end(self, datastore, what):
        with self._lock:
            event, count = self._events[datastore, what]
            if count > 1:
                self._events[datastore, what] = (event, count - 1)
            else:
                del self._events[datastore, what]
                event.set()

    def __contains__(self, key):
        return key in self._events

    def wait(self, datastore, what):
        """Wait until it has arrived, or failed to."""
        event, _ = self._events.get((datastore, what), (None, 0))
        if event is not None:
            event.wait()
