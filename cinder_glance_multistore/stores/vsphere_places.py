"""The datastores of a ``vsphere`` store as places, with their state.
"""

import dataclasses

from cinder_glance_multistore.placement.places import Place
from cinder_glance_multistore.vsphere.inventory import plain


class Places:
    """What the lines of ``vmware_datastores`` mean at a moment.

    :param entries: :class:`~.vsphere_config.Entry` objects
    :param keep_free: a function from total bytes to bytes to keep free
    :param address: the vCenter's
    """

    def __init__(self, entries, keep_free, address):
        self._entries = entries
        self._keep_free = keep_free
        self._address = address
        self._named = {_key(entry.datacenter, entry.datastore): entry
                       for entry in entries if entry.datastore}
        self._pods = {_key(entry.datacenter, entry.pod): entry
                      for entry in entries if not entry.datastore}
        self._spelled = {plain(entry.datacenter.strip('/')): entry.datacenter
                         for entry in entries}
        # As they were found last, by the name of the place.
        self._found = {}

    @property
    def has_pods(self):
        """Whether a whole storage pod is one of the lines."""
        return bool(self._pods)

    def names(self, datacenter, datastore):
        """Say whether a line names this datastore."""
        return _key(datacenter, datastore) in self._named

    def holds(self, view, datacenter, datastore):
        """Say whether it is in a storage pod that a line names."""
        found = view.find(datacenter, datastore)
        return found is not None and (
            _key(found.datacenter, found.pod) in self._pods)

    def spelled(self, datacenter):
        """Return the path of a datacenter as the operator wrote it.

        So it stands in the locations that upstream's driver writes.
        """
        spelled = self._spelled.get(plain(datacenter), datacenter)
        return spelled if spelled.strip('/') == datacenter else datacenter

    def datastore(self, name):
        """Return the :class:`~..vsphere.inventory.Datastore` of a place."""
        return self._found[name]

    def datastores(self, view):
        """Return ``{place: Datastore}``, None where it is not there."""
        return {_name(entry, found): found
                for entry, found, _ in self._look(view)}

    def present(self, view):
        """Return the datastores that are there, each once."""
        return [found for _, found, _ in self._look(view)
                if found is not None]

    def measure(self, view):
        """Return a :class:`~..placement.places.Place` for each."""
        return [self._place(entry, found, reason)
                for entry, found, reason in self._look(view)]

    def measure_one(self, view, place):
        """Return one of the places as it is now."""
        return next((each for each in self.measure(view)
                     if each.name == place.name),
                    dataclasses.replace(place,
                                        unusable='is not there any more'))

    def _look(self, view):
        """Yield (entry, datastore or None, why it is left out)."""
        for entry in self._entries:
            if not entry.datastore:
                yield from self._members(view, entry)
                continue
            found = view.find(entry.datacenter, entry.datastore)
            if found is None:
                yield entry, None, self._why_missing(view, entry)
            elif entry.pod and plain(found.pod) != plain(entry.pod):
                where = (f'in {found.pod}' if found.pod
                         else 'in none')
                yield entry, found, (f'is not in the storage pod '
                                     f'{entry.pod} but {where}')
            else:
                yield entry, found, found.unusable

    def _members(self, view, entry):
        members = view.members(entry.datacenter, entry.pod)
        if not members:
            yield entry, None, ('is no storage pod, or has no datastore that '
                                'this user may see')
        for found in members:
            if not self.names(found.datacenter, found.name):
                yield entry, found, found.unusable

    @staticmethod
    def _why_missing(view, entry):
        datacenters = view.datacenters()
        if plain(entry.datacenter.strip('/')) not in map(plain, datacenters):
            known = ', '.join(datacenters[:8]) or 'none'
            return (f'is not there: the vCenter has no datacenter '
                    f'{entry.datacenter} that this user may see and that '
                    f'has datastores (it has: {known})')
        return 'is not there, or this user may not see it'

    def _place(self, entry, found, reason):
        name = _name(entry, found)
        if found is None:
            return Place(name, 0, 0, entry.weight, unusable=reason)
        self._found[name] = found
        return Place(
            name, free=found.free, total=found.capacity, weight=entry.weight,
            unusable=reason, keep_free=self._keep_free(found.capacity),
            space=self._space(found))

    def _space(self, found):
        """Name the datastore so that all who share it name it alike."""
        if found.url.startswith('ds://'):
            return found.url
        return f'{self._address} {found.url or found.name}'


def _name(entry, found):
    return (str(entry) if found is None
            else f'{found.datacenter}:{found.name}')


def _key(datacenter, name):
    return plain(datacenter.strip('/')), plain(name)
