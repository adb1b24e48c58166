"""What stores of several places have in common, whatever the places are.

A place is looked for by policy among those that have the room, reserved
before the first byte, and given up for the next one when it fails and the
source can be read again.
"""

import contextlib
import logging

from glance_store import capabilities
from glance_store import exceptions
import glance_store.driver
from oslo_config import cfg

from cinder_glance_multistore.placement import choice
from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement import keep_free
from cinder_glance_multistore.placement.places import listed
from cinder_glance_multistore.stores import report
from cinder_glance_multistore.transfer import errors as transfer_errors

LOG = logging.getLogger(__name__)

parse_min_free = keep_free.parse

# Drivers before glance_store 5 (2025.2) have no section in common.
_SHARED = getattr(glance_store.driver, 'SHARED_CONF_GROUP',
                  'backend_defaults')


class PlacedStore(report.TellsPlaces, glance_store.driver.Store):
    """
    :cvar PLACE: what a place is called in messages
    :cvar PLACE_ERRORS: what a place may raise, beside placement's errors
    :cvar is_image_name: a function from a name to whether an image's file
        may have it
    """

    PLACE = 'place'
    PLACE_ERRORS = (OSError,)

    _policy = choice.DEFAULT_POLICY
    _wait = 0.0
    _ledger = None

    @property
    def _id(self):
        return self.backend_group or 'glance_store'

    @property
    def ledger(self):
        """The :class:`~..placement.ledger.Ledger` of its reservations."""
        return self._ledger

    def _option(self, name, *default):
        """Return an option of the section, or of [backend_defaults]."""
        groups = [self._id]
        if self.backend_group:
            groups.append(_SHARED)
        for group in groups:
            with contextlib.suppress(cfg.NoSuchOptError,
                                     cfg.NoSuchGroupError):
                where = self.conf.get_location(name, group)
                # What an option is by default must not hide what
                # [backend_defaults] says. Newer releases of glance_store
                # clear the defaults of a section.
                if where and where.location != cfg.Locations.opt_default:
                    value = self.conf[group].get(name)
                    if value is not None:
                        return value
        for opt in self.OPTIONS:
            if opt.name == name:
                return opt.default
        [value] = default
        return value

    def read_section(self):
        """Read the section; make nothing, and ask no place.

        :raises BadStoreConfiguration: when it cannot be understood
        """
        try:
            self._configure()
        except (ValueError, OSError, placement_errors.PlacementError) as exc:
            raise exceptions.BadStoreConfiguration(
                store_name=self._id, reason=exc) from exc

    def _configure(self):
        """Read the section.

        :raises ValueError, OSError, PlacementError: with a sentence that
            names the value
        """
        raise NotImplementedError

    @glance_store.driver.back_compat_add
    @capabilities.check
    def add(self, image_id, image_file, image_size, hashing_algo,
            context=None, verifier=None):
        """Store an image in the first place, by policy, that takes it.

        :param image_id: the name that its file gets
        :param image_file: what its bytes are read from
        :param image_size: bytes, or 0 when they are not known
        :param hashing_algo: the multihash's algorithm
        :param verifier: what is given every byte to check a signature
        :returns: (URI, bytes, md5, multihash, metadata)
        :raises Duplicate: when there is an image of that id
        :raises StorageFull: when no place has the room
        :raises StorageWriteDenied: when none can be written to
        :raises Invalid: when there are fewer or more bytes than were said
        :raises UnknownHashingAlgo: when hashlib does not have it
        :raises: what reading the image or verifying it raised
        """
        name = str(image_id)
        if not self.is_image_name(name):
            raise exceptions.Invalid(
                message=f'{name!r} cannot be the name of an image')
        return self._add(name, image_file, image_size or None, hashing_algo,
                         verifier)

    def _add(self, name, image_file, size, hashing_algo, verifier):
        """See :meth:`add`; size is None when it is not known."""
        raise NotImplementedError

    def _measure(self, upload):
        """Return each place as it is now, for this upload."""
        raise NotImplementedError

    def _measure_again(self, upload, place):
        """Return a place as it is now; it is locked, so do it soon."""
        raise NotImplementedError

    def _save(self, upload):
        """Write an image into the first place that takes it.

        :returns: (place, what :meth:`~.upload.Upload.save` returned)
        :raises: what ``add`` of a driver may raise
        """
        while True:
            try:
                place, held = self._reserve(upload)
            except placement_errors.NoPlace as exc:
                raise self._no_place(upload, exc) from upload.error or exc
            try:
                # The reservation is to see the error that ends the upload.
                with held:
                    LOG.info('Store %s puts image %s into %s, %s', self._id,
                             upload.name, place.name, held.choice.explain())
                    return place, upload.save(place, held)
            except FileExistsError as exc:
                if exc is upload.source_error:
                    raise
                raise exceptions.Duplicate(image=exc.filename) from exc
            except transfer_errors.UnknownAlgorithm as exc:
                raise exceptions.UnknownHashingAlgo(
                    algo=upload.algorithm) from exc
            except transfer_errors.SourceChanged as exc:
                raise exceptions.Invalid(
                    message=f'Size mismatch: expected {exc.expected} '
                            f'bytes, got {exc.found} bytes') from exc
            except (*self.PLACE_ERRORS,
                    placement_errors.PlacementError) as exc:
                if exc is upload.source_error:
                    raise
                # Only here is it certain that it was the place's fault.
                upload.failed(place, exc)
            LOG.warning('Store %s could not put image %s into %s, which %s',
                        self._id, upload.name, place.name,
                        upload.tried[place.name])
            try:
                upload.rewind()
            except transfer_errors.NotRewindable as exc:
                raise self._cannot_go_on(upload, exc) from upload.error

    def _reserve(self, upload):
        """Return the place for an upload, and what is promised of it.

        :raises NoPlace: when no place takes it
        """
        try:
            held = self._promise(upload)
        except placement_errors.LedgerUnavailable as exc:
            LOG.warning('Store %s makes no reservation: %s', self._id, exc)
            answer = choice.choose(
                self._measure(upload), upload.size, self._policy,
                key=upload.name)
            return answer.first, Unpromised(answer)
        return held.place, held

    def _promise(self, upload):
        return self._ledger.reserve(
            lambda: self._measure(upload), upload.size, self._policy,
            key=upload.name, scope=self._id, wait=self._wait,
            remeasure=lambda place: self._measure_again(upload, place))

    def _no_place(self, upload, exc):
        """Return glance_store's error for what placement said."""
        full = upload.error is not None and upload.is_full()
        if full or any(not entry.place.unusable for entry in exc.left_out):
            return exceptions.StorageFull(
                message=f'Store {self._id}: {exc}')
        return exceptions.StorageWriteDenied(
            message=f'Store {self._id}: {exc}')

    def _cannot_go_on(self, upload, exc):
        places = '; '.join(f'{name} {reason}'
                           for name, reason in upload.tried.items())
        try:
            others = listed(
                f'{place.name} '
                f'{place.unusable or f"has {place.free} bytes free"}'
                for place in self._measure(upload)
                if place.name not in upload.tried)
        except self.PLACE_ERRORS as error:
            others = f'not known now ({error})'
        kind = (exceptions.StorageFull if upload.is_full()
                else exceptions.StorageWriteDenied)
        size = ('an unknown number of' if upload.size is None
                else upload.size)
        return kind(
            message=f'Store {self._id}: image {upload.name} of {size} bytes '
                    f'was not saved: {places}. No other {self.PLACE} was '
                    f'tried, because {exc}. Others: {others or "none"}. '
                    f'Nothing is left of it.')


class Unpromised:
    """What a reservation is where the ledger cannot be used: nothing."""

    def __init__(self, answer):
        self.choice = answer
        self.size = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        pass

    def shrink(self, size):
        pass

    def settle(self):
        pass

    def grow(self, size, least=None):
        self.size += size
        return size

    def release(self):
        pass
