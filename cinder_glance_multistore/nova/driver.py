"""Nova's VMware driver: instances start where their image already lies.

Loaded as ``compute_driver = multistore.VMwareVCDriver``; see ``loading``.
"""

import logging

import nova.conf
from nova.virt.vmwareapi import driver
import os_resource_classes as orc
from oslo_utils import units

from cinder_glance_multistore.conf import nova as options
from cinder_glance_multistore.nova import upstream
from cinder_glance_multistore.nova import vmops
from cinder_glance_multistore.vsphere import answers

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)


class VMwareVCDriver(driver.VMwareVCDriver):
    """See the module."""

    def __init__(self, virtapi, scheme='https'):
        options.register_opts(CONF)
        _tell_changes()
        super().__init__(virtapi, scheme)
        for vim in filter(None, (self._session.vim, self._session.pbm)):
            answers.separate(vim.client)
        self._vmops = vmops.VMOps(
            self._session, virtapi, self._volumeops, self._cluster_ref,
            datastore_regex=self._datastore_regex,
            vcenter=self._vcenter_uuid)

    def get_available_resource(self, nodename):
        resources = super().get_available_resource(nodename)
        if CONF.vmware_multistore.capacity == 'usable':
            capacity = self._vmops.capacity()
            resources['local_gb'] = capacity.total // units.Gi
            resources['local_gb_used'] = (
                capacity.total - capacity.free) // units.Gi
        return resources

    def update_provider_tree(self, provider_tree, nodename, allocations=None):
        if CONF.vmware_multistore.capacity != 'usable':
            super().update_provider_tree(provider_tree, nodename, allocations)
            return
        capacity = self._vmops.capacity()
        if capacity.total:
            super().update_provider_tree(provider_tree, nodename, allocations)
        # Else upstream fails: no datastore has the most free space.
        inventory = dict(provider_tree.data(nodename).inventory)
        if orc.DISK_GB not in inventory:
            LOG.warning('There is no usable datastore yet; no capacity is '
                        'reported')
            return
        disk = dict(inventory[orc.DISK_GB])
        if capacity.total:
            disk['total'] = max(1, capacity.total // units.Gi)
            disk['reserved'] = min(
                disk['total'], disk['reserved']
                + -(-capacity.kept // units.Gi))
        largest = capacity.largest // units.Gi
        disk['max_unit'] = max(1, largest)
        if not largest:
            # Full: placement takes no maximum below the minimum of 1.
            disk['reserved'] = disk['total']
        inventory[orc.DISK_GB] = disk
        provider_tree.update_inventory(nodename, inventory)


def _tell_changes():
    try:
        changed = upstream.changed()
    except (OSError, SyntaxError) as exc:
        LOG.warning('Whether this Nova is one that cinder-glance-multistore '
                    'was written for cannot be told: %s', exc)
        return
    for name in changed:
        LOG.warning(
            'The %s of this Nova is none that cinder-glance-multistore was '
            "written for. Use a newer version of it, or Nova's own driver: "
            'compute_driver = vmwareapi.VMwareVCDriver', name)
