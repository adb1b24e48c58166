"""Images that cinder-volume brings to a ``multidir`` store by itself.
"""

import contextlib
import logging

from glance_store import exceptions

from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.stores import incoming
from cinder_glance_multistore.stores import multidir_config
from cinder_glance_multistore.stores.multidir_directory import Absent
from cinder_glance_multistore.stores.multidir_upload import Upload

LOG = logging.getLogger(__name__)

_READ_SIZE = 1 << 20


class Adopts:
    """What a ``multidir`` driver can do with files of incoming folders.

    One side deposits in cinder-volume, the other adopts in Glance; both are
    the same driver with the same section.
    """

    @property
    def adopts(self):
        """Whether files can be brought to this store at all."""
        return self._adopts

    def deposit(self, image_id, image_file, image_size, hashing_algo):
        """Put an image's bytes where Glance adopts them from.

        For a host that shares the directories with Glance. The place is
        chosen as by ``add``, among those whose incoming folder this user may
        write to.

        :returns: :class:`~.claims.Claim`
        :raises StoreAddDisabled: when the store adopts nothing
        :raises: what ``add`` raises
        """
        name = str(image_id)
        if not self._adopts:
            raise exceptions.StoreAddDisabled(
                message=f'multidir_adopt is off in store {self._id}')
        token = claims.new_token()
        self._tidy_up()
        self._refuse_duplicate(name)
        _, saved = self._save(Upload(
            name, image_file, image_size or None, hashing_algo, None,
            within=incoming.FOLDER,
            file_name=claims.file_name(name, token), **self._how))
        return claims.Claim(name, token, saved.size, saved.checksum,
                            hashing_algo, saved.multihash)

    def forget(self, image_id, unregistered):
        """Remove what an upload that is given up has left.

        :param unregistered: whether there is no such image in Glance any
            more, so that a file under its very name is nobody's
        :returns: whether there was anything
        :raises OSError: in some directories it could not be removed; in all
            others it was
        """
        name = str(image_id)
        if not multidir_config.is_image_name(name):
            return False
        removed, failed = False, []
        for directory in self._directories.values():
            try:
                removed |= directory.call(incoming.forget, directory.path,
                                          name)
                if unregistered:
                    with contextlib.suppress(FileNotFoundError, Absent):
                        directory.delete(name)
                        removed = True
            except OSError as exc:
                failed.append(f'{directory.path}: {exc.strerror or exc}')
        if failed:
            raise OSError('; '.join(failed))
        return removed

    def _adopt(self, presented, name, image_file, hashing_algo, verifier):
        """Make the file of a claim the image, without reading it."""
        claim, body = presented.claim, presented.body
        if not self._adopts:
            raise exceptions.StoreAddDisabled()
        if claim.image_id != name or claim.algorithm != hashing_algo:
            raise exceptions.Invalid(
                message='The claim is for another image or another hash')
        self._tidy_up()
        self._refuse_duplicate(name)
        try:
            directory = self._waiting(claim)
            with incoming.opened(directory.path, claim) as (fd, adopt):
                body.open(fd)
                try:
                    self._show(image_file, claim, verifier)
                finally:
                    body.close()
                adopt(self._mode, self._durable)
        except (FileNotFoundError, incoming.Refused) as exc:
            reason = (claims.NO_FILE if isinstance(exc, OSError)
                      else f'the file {exc}')
            LOG.warning('Store %s does not adopt image %s: %s', self._id,
                        name, reason)
            raise exceptions.Invalid(
                message=f'The image is not adopted: {reason}') from exc
        except FileExistsError as exc:
            raise exceptions.Duplicate(image=name) from exc
        except OSError as exc:
            raise exceptions.StorageWriteDenied(
                message=f'The image is not adopted: {exc.strerror}') from exc
        LOG.info('Store %s adopts image %s in %s', self._id, name,
                 directory.path)
        return self._added(directory.path, name, claim.size, claim.checksum,
                           claim.multihash)

    def _waiting(self, claim):
        for directory in self._directories.values():
            with contextlib.suppress(OSError):
                if directory.call(incoming.has, directory.path, claim):
                    return directory
        raise FileNotFoundError

    @staticmethod
    def _show(image_file, claim, verifier):
        """Let Glance look at the file, as it looks at every upload."""
        shown = 0
        while piece := image_file.read(_READ_SIZE):
            shown += len(piece)
            if verifier is not None:
                verifier.update(bytes(piece))
        if shown != claim.size:
            raise exceptions.Invalid(
                message=f'Size mismatch: expected {claim.size} bytes, got '
                        f'{shown} bytes')
