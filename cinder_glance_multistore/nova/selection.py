"""The chooser, asked about the datastores of a vCenter.
"""

import contextlib
import dataclasses
import logging
import random
import threading
import time

from nova import exception
import nova.conf
from nova.virt.vmwareapi import ds_util
from oslo_concurrency import lockutils
from oslo_vmware import exceptions as vexc
from oslo_vmware import vim_util as vutil

from cinder_glance_multistore.nova import chooser
from cinder_glance_multistore.nova import datastores
from cinder_glance_multistore.nova import held
from cinder_glance_multistore.nova import known
from cinder_glance_multistore.nova import settings
from cinder_glance_multistore.placement import choice
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import policies
from cinder_glance_multistore.placement.places import Place

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)

# How often room may be taken by others before it is given up.
_ROUNDS = 10

# Seconds, at most, before two that began the same look again.
_APART = 1.0


@dataclasses.dataclass(frozen=True)
class Capacity:
    """What the usable datastores have, in bytes.

    :ivar total, free: summed up
    :ivar kept: what ``keep_free`` keeps, summed up
    :ivar largest: what one of them can give
    """

    total: int
    free: int
    kept: int
    largest: int


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What was chosen, and promised.

    :ivar plan: the :class:`~.chooser.Plan`
    :ivar home, base, source: oslo.vmware's datastores; base and source may
        be None
    :ivar image_arrived: to be called when the image is in the cache, or is
        not going to be
    :ivar sized_made: likewise of the copy at the flavor's size
    """

    plan: chooser.Plan
    home: object
    base: object
    source: object
    image_arrived: object
    sized_made: object

    def explain(self):
        """Return a clause for the log."""
        if self.base is None:
            return f'{self.home.name}; it has no image'
        return {
            chooser.CACHED: f'{self.home.name}, which holds its image',
            chooser.ACROSS: f'{self.home.name}, by its image on '
                            f'{self.base.name}',
            chooser.PLACED: f'{self.home.name}, ' + (
                f'its image copied from {self.source.name}' if self.source
                else 'its image to be fetched'),
        }[self.plan.rule]


class _BegunTwice(Exception):
    """Two nova-compute began to put the same into one cache."""


class Selection:
    """Which datastores an instance goes to. Threads share one.

    :ivar held: the :class:`~.held.Held` of this cluster's cache
    """

    def __init__(self, session, cluster, base_folder, images, vcenter,
                 regex=None):
        options = CONF.vmware_multistore
        self._session = session
        self._cluster = cluster
        self._base_folder = base_folder
        self._known = images
        self._vcenter = vcenter
        self._regex = regex
        try:
            self._keep_free = settings.parse_keep_free(options.keep_free)
            self._weights = settings.parse_weights(options.datastore_weights)
            policies.load(options.policy)
            self.held = held.Held(options.reservations,
                                  f'nova {vcenter}/{base_folder}')
        except errors.LedgerUnavailable as exc:
            raise exception.InvalidInput(
                reason=f'[vmware_multistore]reservations: {exc}') from exc
        except (ValueError, errors.PolicyError) as exc:
            # Nova would take a ValueError for a driver of the wrong type.
            raise exception.InvalidInput(reason=str(exc)) from exc
        self._weights_looked_at = not self._weights
        self._browsers = {}
        self._way = known.OnTheWay()
        self._listing = threading.Lock()

    def datastores(self, **how):
        """Return ``{name: Seen}`` of the cluster."""
        return datastores.allowed(self._session, self._cluster, self._regex,
                                  **how)

    def all_datastores(self):
        """Likewise, with those that get no new instances."""
        return datastores.allowed(self._session, self._cluster)

    def place(self, seen):
        """Return a :class:`~.datastores.Seen` as the engine knows places."""
        store = seen.datastore
        return Place(
            store.name, store.freespace, store.capacity,
            self._weights.get(store.name, 0), seen.unusable,
            self._keep_free(store.capacity), f'{self._vcenter}/{seen.id}')

    def capacity(self):
        """Return the :class:`Capacity` of the cluster."""
        promised = self.held.promised()
        places = [self.place(seen) for seen in self.datastores().values()
                  if not seen.unusable]
        return Capacity(
            sum(place.total for place in places),
            sum(place.free for place in places),
            sum(place.keep_free for place in places),
            max((place.free - place.keep_free
                 - promised.get(place.space, 0) for place in places),
                default=0))

    def refusal(self, seen, size):
        """Say why a datastore does not take ``size`` bytes, or ''."""
        place = self.place(seen)
        assessed = choice.assess(
            place, size, self.held.promised().get(place.space, 0))
        return getattr(assessed, 'reason', '')

    def choose(self, need, image_info, ends, *, key, storage_policy=None,
               near=None):
        """Choose, and promise what is chosen until ``ends`` is closed.

        :param need: a :class:`~.chooser.Need`
        :param ends: a ``contextlib.ExitStack``
        :param near: the name of the datastore on which Glance keeps the
            image, or None
        :returns: a :class:`Chosen`
        :raises DatastoreNotFound: when there is none, with the reasons
        """
        image_id = image_info.image_id
        # One at a time for each image: the next one knows what this one puts
        # into which cache.
        with lockutils.lock(f'multistore-choose-{image_id}'):
            seen = self.datastores(
                storage_policy=storage_policy,
                types=ds_util.get_allowed_datastore_types(
                    image_info.disk_type),
                with_hosts=CONF.vmware_multistore.link_across_datastores)
            self._tell_unknown_weights(seen)
            try:
                chosen = self._choose(
                    seen, need, image_info, ends, key, near)
            except errors.PlacementError as exc:
                raise exception.DatastoreNotFound(
                    f'Instance {key} cannot be put on any datastore that '
                    f'the cluster, datastore_regex and the storage policy '
                    f'allow. {exc}') from exc
            if (chosen.plan.image_size and not (chosen.source or near)
                    and (self._regex or storage_policy)):
                chosen = dataclasses.replace(chosen, source=self.source(
                    image_id, chosen.base, list_anew=True))
            return chosen

    def _tell_unknown_weights(self, seen):
        if self._weights_looked_at:
            return
        self._weights_looked_at = True
        unknown = self._weights.keys() - seen.keys()
        if unknown:
            # The regex or a policy may have left it out.
            unknown -= self.all_datastores().keys()
        for name in sorted(unknown):
            LOG.warning('[vmware_multistore]datastore_weights names %s, '
                        'which is no datastore of this cluster', name)

    def _choose(self, seen, need, image_info, ends, key, near):
        image_id = image_info.image_id if need.image else None
        sized = sized_name(image_id, need.sized >> 30)
        coming = making = ()
        if image_id:
            self._list([each for each in seen.values() if not each.unusable])
        checked = set()
        # Each round looks at one more, or others were faster meanwhile.
        for _ in range(len(seen) + _ROUNDS):
            if image_id:
                coming = self._coming(seen, image_id)
                making = self._coming(seen, sized) if need.sized else ()
            offers = [self._offer(each, image_info, coming, making, near, need)
                      for each in seen.values()]
            for plan in self._plans(offers, need, image_id, key):
                believed = (plan.source if plan.rule == chooser.PLACED
                            else plan.base)
                if believed and believed.name not in checked.union(coming):
                    # What is believed is verified; then all is as it is.
                    checked.add(believed.name)
                    self.look(seen[believed.name].datastore, image_id,
                              image_info)
                    break
                try:
                    claimed = self._claim(plan, need, image_id, ends, key)
                except _BegunTwice:
                    time.sleep(random.uniform(0, _APART))  # noqa: S311
                    break
                if claimed is not None:
                    return Chosen(
                        plan, *(part and seen[part.name].datastore for part
                                in (plan.home, plan.base, plan.source)),
                        *claimed)
        raise exception.DatastoreNotFound(
            f'Instance {key} found room {_ROUNDS} times that others took '
            f'before it could. Try again when fewer are started.')

    def _coming(self, seen, what):
        """Return the datastores that it is on its way to."""
        return self.held.on_the_way(what) | {
            name for name in seen if (name, what) in self._way}

    def _plans(self, offers, need, image_id, key):
        options = CONF.vmware_multistore
        trusted = [offer for offer in offers if not (
            image_id and self._known.distrusted(offer.name, image_id))]

        def plans(offers):
            return chooser.plans(
                offers, need, options.policy,
                across=options.link_across_datastores,
                copy=options.copy_between_datastores,
                promised=self.held.promised(), key=key)

        try:
            return plans(trusted)
        except errors.NoPlace:
            if len(trusted) == len(offers):
                raise
            # Better one that failed before than none.
            return plans(offers)

    def _offer(self, each, image_info, coming, making, near, need):
        files = (self._known.files(each.name, image_info.image_id)
                 if need.image else None)
        # Whoever makes a copy of it there has it there.
        holds = (files is not None or each.name in coming
                 or each.name in making)
        sized = sized_name(image_info.image_id, need.sized >> 30)
        return chooser.Offer(
            self.place(each), each.hosts, holds,
            sized=holds and (sized in (files or ())
                             or each.name in making),
            near=each.name == near)

    def _claim(self, plan, need, image_id, ends, key):
        """Promise what a plan takes, until ``ends`` is closed or sooner.

        :returns: what ends the image's and the sized copy's part; None when
            others were faster
        :raises _BegunTwice: when another nova-compute is to put the same
            into the same cache
        """
        began = []
        with contextlib.ExitStack() as claimed:
            image = claimed.enter_context(contextlib.ExitStack())
            sized = claimed.enter_context(contextlib.ExitStack())
            try:
                claimed.callback(self.held.take(
                    plan.home.place, plan.size, key))
                if plan.sized_size:
                    name = sized_name(image_id, need.sized >> 30)
                    sized.callback(self.held.take(
                        plan.base.place, plan.sized_size,
                        held.cache_key(name)))
                    sized.callback(self._way.begin(plan.base.name, name))
                    began.append(name)
                if plan.image_size:
                    image.callback(self.held.take(
                        plan.base.place, plan.image_size,
                        held.cache_key(image_id)))
                    image.callback(self._way.begin(plan.base.name, image_id))
                    began.append(image_id)
            except errors.NoPlace:
                return None
            # Whoever sees another's promise beside its own gives way, as
            # both may: upstream deletes a copy that it finds there already,
            # be it the parent of a disk by now.
            if any(plan.base.name in self.held.on_the_way(what)
                   for what in began):
                raise _BegunTwice
            ends.push(claimed.pop_all())
            return image.close, sized.close

    # What the caches hold.

    def source(self, image_id, datastore, *, list_anew=False):
        """Return another datastore that an image can be copied from.

        It may be one that the regex or the storage policy leaves out. None
        when this one is believed to hold the image, or no other does.

        :param list_anew: whether to list what nobody has listed of late
        """
        if (not CONF.vmware_multistore.copy_between_datastores
                or self._known.files(datastore.name, image_id) is not None):
            return None
        others = [seen for name, seen in sorted(self.all_datastores().items())
                  if name != datastore.name and not seen.unusable]
        if list_anew:
            self._list(others)
        return next((
            seen.datastore for seen in others
            if self._known.files(seen.name, image_id) is not None
            and not self._known.distrusted(seen.name, image_id)), None)

    def wait_for(self, datastore, what):
        """Wait for what is on its way into a cache.

        :param what: an image's id, or the file of a copy at a flavor's size
        """
        self._way.wait(datastore.name, what)
        self.held.wait_for_others(datastore.name, what)

    def look(self, datastore, image_id, image_info):
        """See whether a datastore holds an image, and note it."""
        try:
            files = self._search(self._begin_search(
                datastore, f'{self._base_folder}/{image_id}'))
        except vexc.VMwareDriverException as exc:
            LOG.warning('%s cannot be searched, and is not taken to hold an '
                        'image: %s', datastore.name, exc)
            files = ()
        if f'{image_id}.{image_info.file_type}' not in files:
            self._known.lacks(datastore.name, image_id)
            return False
        self._known.holds(datastore.name, image_id, files)
        return True

    def _list(self, seen):
        """List the caches that nobody has listed of late."""
        with self._listing:
            names = self._known.to_list([each.name for each in seen])
            # All searches are begun before any is waited for.
            searches = []
            for each in seen:
                if each.name in names:
                    with self._told(each.name):
                        searches.append((each.name, self._begin_search(
                            each.datastore, self._base_folder)))
            for name, search in searches:
                with self._told(name):
                    self._known.listed(name, self._search(search))

    @contextlib.contextmanager
    def _told(self, name):
        try:
            yield
        except vexc.VMwareDriverException as exc:
            LOG.warning('The cached images on %s cannot be listed: %s', name,
                        exc)

    def _begin_search(self, datastore, folder):
        # Not by its name: another may have that later.
        key = vutil.get_moref_value(datastore.ref)
        if key not in self._browsers:
            self._browsers[key] = self._session._call_method(
                vutil, 'get_object_property', datastore.ref, 'browser')
        return self._session._call_method(
            self._session.vim, 'SearchDatastore_Task', self._browsers[key],
            datastorePath=str(datastore.build_path(folder)))

    def _search(self, task):
        """Return the names that a search found; none without the folder."""
        try:
            result = self._session._wait_for_task(task).result
        except vexc.FileNotFoundException:
            return frozenset()
        return frozenset(
            file.path for file in getattr(result, 'file', None) or ())


def sized_name(image_id, gib):
    """Return what upstream calls the copy of an image at a flavor's size."""
    return f'{image_id}.{gib}.vmdk'


def datastore_of(path):
    """Return the name in ``[name] folder/file``."""
    return path.partition('] ')[0].removeprefix('[')
