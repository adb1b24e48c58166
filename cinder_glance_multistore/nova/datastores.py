"""The datastores that the cluster, the regex and the storage policy allow.
"""

import dataclasses

from nova import exception
from nova.virt.vmwareapi import ds_util
from nova.virt.vmwareapi import vim_util
from nova.virt.vmwareapi import vm_util
from oslo_vmware import pbm
from oslo_vmware import vim_util as vutil
from oslo_vmware.objects import datastore as ds_obj

_PROPERTIES = ('summary.type', 'summary.name', 'summary.capacity',
               'summary.freeSpace', 'summary.accessible',
               'summary.maintenanceMode')


@dataclasses.dataclass(frozen=True)
class Seen:
    """A datastore, as vCenter says.

    :ivar datastore: oslo.vmware's object
    :ivar hosts: the cluster's hosts that can write to it; empty when that
        was not asked
    :ivar unusable: why no instance can go there, or ''
    """

    datastore: ds_obj.Datastore
    hosts: frozenset
    unusable: str

    @property
    def name(self):
        return self.datastore.name

    @property
    def id(self):
        return vutil.get_moref_value(self.datastore.ref)


def allowed(session, cluster, regex=None, storage_policy=None,
            types=ds_util.ALL_SUPPORTED_DS_TYPES, with_hosts=False):
    """Return ``{name: Seen}``, in two calls and one for each further page.

    Those in maintenance mode or not accessible are in it, and say so. A
    storage policy takes three calls more.

    :raises DatastoreNotFound: when there is no such policy
    :param with_hosts: whether to ask which hosts see each
    """
    properties = session._call_method(
        vutil, 'get_object_properties_dict', cluster, ['datastore', 'host'])
    refs = vim_util.get_array_items(properties.get('datastore') or [])
    if not refs:
        return {}
    hosts = {vutil.get_moref_value(ref) for ref in
             vim_util.get_array_items(properties.get('host') or [])}
    result = session._call_method(
        vim_util, 'get_properties_for_a_collection_of_objects', 'Datastore',
        refs, [*_PROPERTIES, *(['host'] if with_hosts else [])])
    with vutil.WithRetrieval(session.vim, result) as found:
        if storage_policy:
            found = _matching(session, list(found), storage_policy)
        seen = [_seen(entry, hosts, regex, types) for entry in found
                if getattr(entry, 'propSet', None)]
    return {each.name: each for each in seen if each is not None}


def _matching(session, entries, storage_policy):
    """Leave what matches a storage policy. Nova's own fails (N7)."""
    profile = pbm.get_profile_id_by_name(session, storage_policy)
    if profile is None:
        raise exception.DatastoreNotFound(
            f'There is no storage policy {storage_policy!r} in this vCenter. '
            f'Check vmware:storage_policy of the flavor, and '
            f'[vmware]pbm_default_policy.')
    refs = {vutil.get_moref_value(entry.obj): entry for entry in entries}
    hubs = pbm.convert_datastores_to_hubs(
        session.pbm.client.factory, [entry.obj for entry in entries])
    return [refs[hub.hubId] for hub in
            pbm.filter_hubs_by_profile(session, hubs, profile) or ()
            if hub.hubId in refs]


def _seen(entry, hosts, regex, types):
    summary = vm_util.propset_dict(entry.propSet)
    if 'summary.name' not in summary or 'summary.type' not in summary:
        return None
    # As upstream does, but for being accessible and in maintenance: those
    # are to be named with their reason.
    if not ds_util._is_datastore_valid(
            {**summary, 'summary.accessible': True,
             'summary.maintenanceMode': 'normal'}, regex, types):
        return None
    capacity = summary.get('summary.capacity') or 0
    free = min(summary.get('summary.freeSpace') or 0, capacity)
    mounts = vim_util.get_array_items(summary.get('host') or [])
    return Seen(
        ds_obj.Datastore(entry.obj, summary['summary.name'],
                         capacity=capacity, freespace=free),
        frozenset(
            vutil.get_moref_value(mount.key) for mount in mounts
            if ds_obj.Datastore.is_datastore_mount_usable(mount.mountInfo)
        ) & hosts, _unusable(summary))


def _unusable(summary):
    if not summary.get('summary.accessible'):
        return 'is not accessible'
    mode = summary.get('summary.maintenanceMode') or 'normal'
    if mode != 'normal':
        return f'is in maintenance mode ({mode})'
    return ''
