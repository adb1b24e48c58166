"""Moving all images of one store to another, a copy at a time.

Nothing is remembered between two runs: what is to be done is seen from the
images themselves, so that a run may be stopped anywhere, and another one goes
on. Bits are deleted last, and only after their copy was compared.
"""

import dataclasses
import time

from cinder_glance_multistore.image_service import fields
from cinder_glance_multistore.osc import images

MOVED = 'moved'
TO_MOVE = 'to be moved'
GONE = 'deleted meanwhile'
FAILED = 'failed'

# Seconds between two looks at an image that is being copied.
_POLL = 1.0
# Seconds between two tries to begin a copy while an import holds the image.
_BEGIN_AGAIN = 60.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of an image.

    :ivar image: its record, as it was found
    :ivar result: one of the words of this module
    :ivar detail: what was compared, or what went wrong
    """

    image: dict
    result: str
    detail: str = ''


class NotPossible(Exception):
    """The stores cannot be used so. The text says why."""


class Drain:
    """
    :param api: images.Images
    :param old: id of the store to empty
    :param new: id of the store that its images go to
    :param read: read each copy back, where Glance can do that
    :param timeout: seconds that Glance may take to copy an image
    """

    def __init__(self, api, old, new, read=True, timeout=3600.0,
                 sleep=time.sleep, clock=time.monotonic):
        self._api = api
        self._old = old
        self._new = new
        self._read = read
        self._timeout = timeout
        self._sleep = sleep
        self._clock = clock

    def check(self):
        """See that the stores are there, and the new one takes images.

        :returns: a warning, or ''
        :raises NotPossible: they are not
        :raises images.ImagesError: Glance could not be asked
        """
        stores = self._api.stores()
        for name in (self._old, self._new):
            if name not in stores:
                raise NotPossible(
                    f'There is no store {name!r}; there are: '
                    f'{", ".join(sorted(stores))}.')
        if self._old == self._new:
            raise NotPossible(f'{self._old!r} is both stores.')
        new = stores[self._new]
        if (str(new.get('read-only')).lower() == 'true'
                or new.get('status', 'available') != 'available'):
            why = new.get('status', 'read-only')
            raise NotPossible(
                f'The store {self._new!r} takes no images now '
                f'({why}{_clause(new.get("reason"))}).')
        if stores[self._old].get('status') != 'draining':
            return (f'The store {self._old!r} may still get new images: '
                    f'draining_stores of glance-api does not name it.')
        return ''

    def found(self):
        """Return the images that lie in the old store.

        Last those that an import holds: they may have to be waited for.
        """
        return sorted((image for image in self._api.all()
                       if self._old in fields.stores_of(image)),
                      key=fields.in_progress)

    def coming(self):
        """Return the images that may get there: uploads under way."""
        return [image for image in self._api.all()
                if image['status'] in ('saving', 'uploading', 'importing')
                or self._old in _importing(image)]

    def look(self, image):
        """Return the Outcome that moving would have, as far as is seen."""
        trouble = self._trouble(image)
        if trouble:
            return Outcome(image, FAILED, trouble)
        if self._new in fields.stores_of(image):
            return Outcome(image, TO_MOVE, f'already in {self._new!r} too')
        return Outcome(image, TO_MOVE)

    def move(self, image):
        """Copy, compare, delete one image.

        :returns: an :class:`Outcome`; never raises for one image
        """
        try:
            return self._move(image)
        except images.ImagesError as exc:
            return Outcome(image, FAILED, str(exc))

    def _move(self, found):
        trouble = self._trouble(found)
        if trouble:
            return Outcome(found, FAILED, trouble)
        image = self._copied(found['id'])
        if image is None:
            return Outcome(found, GONE)
        detail = self._compare(found, image)
        # What was compared may be what somebody else deletes meanwhile.
        image = self._api.get(found['id'])
        if image is None:
            return Outcome(found, GONE)
        where = fields.stores_of(image)
        if self._new not in where:
            return Outcome(found, FAILED,
                           f'the copy in {self._new!r} has gone again')
        if self._old in where:
            self._delete(found['id'])
        return Outcome(found, MOVED, detail)

    def _delete(self, image_id):
        try:
            self._api.delete_from(image_id, self._old)
        except images.ImagesError:
            # Another run may have been faster, or the answer lost.
            image = self._api.get(image_id)
            if image is None or self._old in fields.stores_of(image):
                raise

    def _trouble(self, image):
        if image['status'] != 'active':
            return (f'is {image["status"]}: Glance copies active images only'
                    + ('; reactivate it first'
                       if image['status'] == 'deactivated' else ''))
        if images.digest_of(image) == (None, None):
            return 'has no hash that a copy could be compared with'
        return ''

    def _copied(self, image_id):
        """Return the image when it is in the new store, None if it is gone.

        :raises images.ImagesError: it does not get there
        """
        begun, refusal = False, None
        begin_at = self._clock()
        deadline = begin_at + self._timeout
        while True:
            image = self._api.get(image_id)
            if image is None:
                return None
            # The lock of an import, ours or of a run that was stopped.
            busy = fields.in_progress(image)
            if not busy and self._new in fields.stores_of(image):
                return image
            if not busy and begun:
                raise images.ImagesError(
                    f'Glance could not copy it to {self._new!r}'
                    + _clause(self._api.last_failure(image_id)))
            now = self._clock()
            if not begun and (not busy or now >= min(begin_at, deadline)):
                refusal = self._begin(image_id)
                begun = refusal is None
                begin_at = now + _BEGIN_AGAIN
                if begun:
                    deadline = now + self._timeout
                    continue
            if now >= deadline:
                raise images.ImagesError(
                    f'it is still being imported after {self._timeout:g} s'
                    + _clause(refusal)
                    + '; a later run goes on from there')
            self._sleep(_POLL)

    def _begin(self, image_id):
        """Return why Glance has not begun to copy it for us, None if it has.

        The lock of an import that died Glance takes away from it for the
        next one, after an hour; that of one that lives it keeps.
        """
        try:
            self._api.begin_copy(image_id, self._new)
        except images.ImagesError as exc:
            image = self._api.get(image_id)
            if image is not None and not fields.in_progress(image) and (
                    self._new not in fields.stores_of(image)):
                raise
            # An import has it, that of another run perhaps.
            return exc
        return None

    def _compare(self, before, image):
        for name in ('size', 'checksum', 'os_hash_algo', 'os_hash_value'):
            if image.get(name) != before.get(name):
                raise images.NotVerified(
                    f'{name} was {before.get(name)} and is '
                    f'{image.get(name)}')
        algorithm, _ = images.digest_of(image)
        if self._read and self._api.read_back(image, self._new):
            return f'read back, {algorithm} compared'
        return f"size and {algorithm} by Glance's own comparison"


def _importing(image):
    return (image.get('os_glance_importing_to_stores') or '').split(',')


def _clause(text):
    return f': {text}' if text else ''
