"""The datastores that the cluster, the regex and the storage policy allow.
"""

import dataclasses

from nova.virt.vmwareapi import ds_util
from nova.virt.vmwareapi import vim_util
from nova.virt.vmwareapi import vm_util
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

    Those in maintenance mode or not accessible are in it, and say so.

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
            found = ds_util._filter_datastores_matching_storage_policy(
                session, found, storage_policy)
        seen = [_seen(entry, hosts, regex, types) for entry in found
                if getattr(entry, 'propSet', None)]
    return {each.name: each for each in seen if each is not None}


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
