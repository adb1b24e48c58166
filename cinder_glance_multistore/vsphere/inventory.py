"""Every datastore of a vCenter with its state, in one call.

Upstream asks for each property of each datastore: 126,252 calls to configure
500 of them, 501 for an upload. Here one RetrievePropertiesEx walks from the
root folder over datacenters to datastores and the storage pods they are in.
"""

import dataclasses
import os
import time
import urllib.parse
import weakref

from oslo_vmware import vim_util

from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import flight

#: Objects in one answer at most; the server may send fewer.
PAGE = 1000

#: Seconds for which an unreachable vCenter is not asked again.
PATIENCE = 2.0

_NORMAL = 'normal'
_PROPERTIES = {
    'Folder': ['name', 'parent'],
    'Datacenter': ['name', 'parent', 'datastore'],
    'Datastore': ['name', 'parent', 'browser', 'summary.url', 'summary.type',
                  'summary.capacity', 'summary.freeSpace',
                  'summary.accessible', 'summary.maintenanceMode'],
    'StoragePod': ['name'],
}


@dataclasses.dataclass(frozen=True)
class Datastore:
    """A datastore as it was measured. Sizes are bytes.

    :ivar name: as the vCenter has it: ``%``, ``/`` and a backslash in it are
        ``%25``, ``%2f`` and ``%5c``
    :ivar datacenter: the path of its datacenter, without a leading slash
    :ivar pod: the name of the storage pod it is in, or ''
    :ivar ref, datacenter_ref, browser: managed object references
    :ivar url: what names it whatever the vCenter
    :ivar maintenance: ``normal``, ``enteringMaintenance``, ``inMaintenance``
    """

    name: str
    datacenter: str
    pod: str
    ref: object = dataclasses.field(repr=False, compare=False)
    datacenter_ref: object = dataclasses.field(repr=False, compare=False)
    browser: object = dataclasses.field(repr=False, compare=False)
    url: str
    type: str
    capacity: int
    free: int
    accessible: bool
    maintenance: str

    @property
    def unusable(self):
        """Why nothing can be written to it now, or ''."""
        if not self.accessible:
            return 'is not accessible'
        if self.maintenance == 'enteringMaintenance':
            return 'is entering maintenance mode'
        if self.maintenance != _NORMAL:
            return 'is in maintenance mode'
        return ''


class View:
    """The datastores as they were at one moment.

    :ivar datastores: a tuple of :class:`Datastore`
    :ivar taken: when they were asked for, of ``time.monotonic()``
    """

    def __init__(self, datastores, taken):
        self.datastores = tuple(datastores)
        self.taken = taken
        self._by_name = {(found.datacenter, found.name): found
                         for found in self.datastores}

    def find(self, datacenter, name):
        """Return the datastore of that name in that datacenter, or None.

        The name is as the vCenter has it, or as its user interface shows it.
        """
        datacenter = datacenter.strip('/')
        found = self._by_name.get((datacenter, name))
        if found is None:
            found = next(
                (each for each in self.datastores
                 if plain(each.datacenter) == plain(datacenter)
                 and plain(each.name) == plain(name)), None)
        return found

    def members(self, datacenter, pod):
        """Return the datastores in a storage pod."""
        datacenter = plain(datacenter.strip('/'))
        return [found for found in self.datastores
                if found.pod and plain(found.pod) == plain(pod)
                and plain(found.datacenter) == datacenter]

    def datacenters(self):
        """Return the paths of the datacenters that have datastores."""
        return sorted({found.datacenter for found in self.datastores})


def plain(name):
    """Return a name without the vCenter's escapes."""
    return urllib.parse.unquote(name)


def retrieve(session):
    """Ask for every datastore that the user may see.

    :param session: a :class:`~.session.Session`, or oslo.vmware's
    :returns: a :class:`View`
    :raises: what the session raises
    """
    taken = time.monotonic()
    objects = {}
    for content in _pages(session):
        properties = {
            prop.name: prop.val for prop in getattr(content, 'propSet', ())}
        objects[_key(content.obj)] = (content.obj, properties)
    return View(_datastores(objects), taken)


def _pages(session):
    vim = session.vim
    collector = vim.service_content.propertyCollector
    factory = vim.client.factory
    options = factory.create('ns0:RetrieveOptions')
    options.maxObjects = PAGE
    answer = session.invoke_api(
        vim, 'RetrievePropertiesEx', collector, specSet=[_filter(vim)],
        options=options)
    while answer:
        yield from getattr(answer, 'objects', None) or ()
        token = getattr(answer, 'token', None)
        if not token:
            return
        answer = session.invoke_api(
            vim, 'ContinueRetrievePropertiesEx', collector, token=token)


def _filter(vim):
    factory = vim.client.factory

    def traverse(name, kind, path, select):
        return vim_util.build_traversal_spec(
            factory, name, kind, path, False, select)

    into_pods = traverse('pods', 'Datastore', 'parent', [])
    into_datastores = traverse('datastores', 'Datacenter', 'datastore',
                               [into_pods])
    folders = traverse(
        'folders', 'Folder', 'childEntity',
        [vim_util.build_selection_spec(factory, 'folders'),
         into_datastores])
    return vim_util.build_property_filter_spec(
        factory,
        [vim_util.build_property_spec(factory, kind, paths)
         for kind, paths in _PROPERTIES.items()],
        [vim_util.build_object_spec(
            factory, vim.service_content.rootFolder, [folders])])


def _key(ref):
    return vim_util.get_moref_type(ref), vim_util.get_moref_value(ref)


def _datastores(objects):
    for (kind, _), (ref, properties) in objects.items():
        if kind != 'Datacenter':
            continue
        path = _path(objects, properties)
        members = getattr(properties.get('datastore'),
                          'ManagedObjectReference', ())
        for member in members:
            _, found = objects.get(_key(member), (None, None))
            if found and 'name' in found:
                yield _datastore(objects, member, found, path, ref)


def _datastore(objects, ref, properties, path, datacenter_ref):
    parent = properties.get('parent')
    pod = ''
    if parent is not None and _key(parent)[0] == 'StoragePod':
        _, found = objects.get(_key(parent), (None, {}))
        pod = str(found.get('name', ''))

    def number(name):
        # A datastore that is not accessible may have none.
        return max(int(properties.get(name) or 0), 0)

    return Datastore(
        name=str(properties['name']), datacenter=path, pod=pod, ref=ref,
        datacenter_ref=datacenter_ref, browser=properties.get('browser'),
        url=str(properties.get('summary.url') or ''),
        type=str(properties.get('summary.type') or ''),
        capacity=number('summary.capacity'),
        free=number('summary.freeSpace'),
        accessible=bool(properties.get('summary.accessible')),
        maintenance=str(properties.get('summary.maintenanceMode')
                        or _NORMAL))


def _path(objects, properties):
    """Return a datacenter's path as FindByInventoryPath takes it."""
    names = [str(properties.get('name', ''))]
    parent = properties.get('parent')
    while parent is not None:
        _, properties = objects.get(_key(parent), (None, {}))
        parent = properties.get('parent')
        if parent is not None:
            # The root folder's own name is none of it.
            names.insert(0, str(properties.get('name', '')))
    return '/'.join(names)


class Inventory:
    """A view of the datastores that is kept for a short time.

    :param session: a :class:`~.session.Session`, or oslo.vmware's
    :param max_age: seconds for which a view is used
    """

    def __init__(self, session, max_age):
        self._session = session
        self.max_age = max_age
        self._view = None
        self._failed = None
        self._flight = flight.Flight(self._retrieve)
        _inventories.add(self)

    def view(self, max_age=None):
        """Return a :class:`View` that is not older than ``max_age`` seconds.

        :raises VSphereError: when the vCenter cannot be asked
        """
        now = time.monotonic()
        if max_age is None:
            max_age = self.max_age
        view = self._view
        while view is None or view.taken < now - max_age:
            # Another thread may forget it between two looks.
            failed = self._failed
            if failed is not None:
                error, at = failed
                if time.monotonic() - at < PATIENCE:
                    raise error
            view = self._flight.run()
        return view

    @property
    def last(self):
        """The last :class:`View`, of whatever age, or None."""
        return self._view

    def _retrieve(self):
        try:
            view = retrieve(self._session)
        except errors.VSphereError as exc:
            self._failed = (exc, time.monotonic())
            raise
        self._failed = None
        self._view = view
        return view


_inventories = weakref.WeakSet()


def _after_fork():
    for inventory in list(_inventories):
        inventory._flight.reset()


os.register_at_fork(after_in_child=_after_fork)
