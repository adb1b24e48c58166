"""One image on its way into a ``multidir`` store.
"""

import dataclasses
import errno
import os

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement.places import human
from cinder_glance_multistore.stores import incoming
from cinder_glance_multistore.stores import upload
from cinder_glance_multistore.transfer import files

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Upload(upload.Upload):
    """
    :param within: the folder of a place that the file is put into
    :param file_name: its name there; None for the image's id
    :param how: passed to :func:`~..transfer.files.save`
    """

    def __init__(self, name, data, size, algorithm, verifier, within='',
                 file_name=None, **how):
        super().__init__(name, data, size, algorithm, verifier)
        self._path = os.path.join(within, file_name or name)
        self._within = within
        self._how = how
        self._file = None

    def seen(self, place):
        seen = super().seen(place)
        if (seen.unusable or not self._within
                or incoming.writable(place.name)):
            return seen
        return dataclasses.replace(
            seen, unusable='has no incoming folder that this user may write '
                           'to')

    def save(self, place, held):
        self._file = None
        account = upload.Account(place, held, self.size)

        def opened(file):
            self._file = file
            account.opened(file)
            if file.preallocated or file.position:
                # Set aside by the file system itself, or cloned: no disk at
                # all.
                account.set_aside()

        return files.save(
            self.source, os.path.join(place.name, self._path),
            algorithm=self.algorithm, verifier=self.verifier,
            size=self.size, opened=opened, progress=account.read, **self._how)

    def reason(self, error):
        written = human(self._file.position if self._file else 0)
        if isinstance(error, placement_errors.PlacementError) or (
                error.errno in (errno.ENOSPC, errno.EDQUOT)):
            return f'was full after {written} of it were written'
        what = error.strerror or str(error)
        return f'failed after {written} of it were written: {what}'

    def is_full(self):
        return super().is_full() or (
            getattr(self.error, 'errno', None) in _FULL)
