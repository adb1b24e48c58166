"""Nova's operations on virtual machines, started where their image lies.

What is overridden here is in ``upstream``, and pinned there.
"""

import contextlib
import logging

from nova import exception
import nova.conf
from nova.i18n import _
from nova.virt import driver
from nova.virt.vmwareapi import constants
from nova.virt.vmwareapi import ds_util
from nova.virt.vmwareapi import images
from nova.virt.vmwareapi import vm_util
from nova.virt.vmwareapi import vmops
from oslo_utils import units
from oslo_utils import uuidutils
from oslo_vmware import exceptions as vexc

from cinder_glance_multistore.nova import config_info
from cinder_glance_multistore.nova import imagecache
from cinder_glance_multistore.nova import known
from cinder_glance_multistore.nova import links
from cinder_glance_multistore.nova import locations
from cinder_glance_multistore.nova import need
from cinder_glance_multistore.nova import selection

CONF = nova.conf.CONF
LOG = logging.getLogger(__name__)

# Images of these types are a file that can be copied as it is.
_FILES = {constants.DISK_TYPE_SPARSE, *constants.SUPPORTED_FLAT_VARIANTS}


class _Spawn:
    """What a spawn under way holds, and what ``spawn`` was told."""

    def __init__(self, context=None, min_disk_gb=0, block_device_info=None):
        self.context = context
        self.min_disk_gb = min_disk_gb
        self.block_device_info = block_device_info
        self.ends = contextlib.ExitStack()
        self.chosen = None


class VMOps(vmops.VMwareVMOps):
    """See the module.

    :param vcenter: the vCenter's uuid
    """

    def __init__(self, session, virtapi, volumeops, cluster=None,
                 datastore_regex=None, *, vcenter=''):
        super().__init__(session, virtapi, volumeops, cluster,
                         datastore_regex)
        options = CONF.vmware_multistore
        self._known = known.KnownImages(options.known_images_max_age,
                                        options.known_images_max)
        self._imagecache = imagecache.ImageCacheManager(
            session, self._base_folder, self._known)
        self._selection = selection.Selection(
            session, cluster, self._base_folder, self._known, vcenter,
            datastore_regex)
        self._spawns = {}

    def capacity(self):
        """Return the :class:`~.selection.Capacity` of the cluster."""
        return self._selection.capacity()

    # Spawn.

    def spawn(self, context, instance, image_meta, injected_files,
              admin_password, network_info, block_device_info=None):
        spawn = _Spawn(
            context, _min_disk(image_meta), block_device_info)
        self._spawns[instance.uuid] = spawn
        try:
            with spawn.ends:
                super().spawn(context, instance, image_meta, injected_files,
                              admin_password, network_info,
                              block_device_info)
        finally:
            del self._spawns[instance.uuid]

    def _get_vm_config_info(self, instance, image_info, extra_specs):
        """Choose the datastores; upstream takes the one with most space."""
        root = instance.flavor.root_gb * units.Gi
        if root and (image_info.file_size or 0) > root:
            raise exception.InstanceUnacceptable(
                instance_id=instance.uuid,
                reason=_('Image disk size greater than requested disk size'))
        spawn = self._spawns.get(instance.uuid) or _Spawn()
        near = self._believe_location(spawn.context, image_info)
        chosen = self._selection.choose(
            self._need(instance, image_info, extra_specs, spawn),
            image_info, spawn.ends, key=instance.uuid,
            storage_policy=extra_specs.storage_policy,
            near=near and near.datastore)
        spawn.chosen = chosen
        LOG.info('Instance %(uuid)s goes to %(why)s',
                 {'uuid': instance.uuid, 'why': chosen.explain()})
        return config_info.InstanceConfigInfo(
            instance, image_info, chosen.home,
            self.get_datacenter_ref_and_name(chosen.home.ref),
            self._imagecache, extra_specs, cache_datastore=chosen.base,
            source=chosen.source)

    @staticmethod
    def _need(instance, image_info, extra_specs, spawn):
        flavor = instance.flavor
        ephemerals = driver.block_device_info_get_ephemerals(
            spawn.block_device_info)
        swap = driver.block_device_info_get_swap(spawn.block_device_info)
        return need.need(
            root_gb=flavor.root_gb,
            image_id=instance.image_ref and image_info.image_id,
            image_size=image_info.file_size,
            disk_type=image_info.disk_type, is_ova=image_info.is_ova,
            is_iso=image_info.is_iso, linked=image_info.linked_clone,
            min_disk_gb=spawn.min_disk_gb,
            ephemeral_gb=(sum(each['size'] for each in ephemerals)
                          if ephemerals else flavor.ephemeral_gb),
            swap_mb=(swap['swap_size'] if driver.swap_is_usable(swap)
                     else flavor.swap),
            memory_mb=max(0, flavor.memory_mb
                          - (extra_specs.memory_limits.reservation or 0)))

    def _believe_location(self, context, image_info):
        """Leave only a location that is this image's in this vCenter.

        :returns: the :class:`~.locations.Location` that can be copied, or
            None
        """
        url = image_info.vsphere_location
        if not url:
            return None
        options = CONF.vmware_multistore
        hosts = [CONF.vmware.host_ip, *options.glance_vcenter_hosts]

        def believe(url):
            return locations.believe(url, image_info.image_id, hosts,
                                     options.glance_image_directories)

        found = believe(url)
        if found is None and context is not None:
            # Upstream looks at the first one only.
            metadata = images.IMAGE_API.get(context, image_info.image_id,
                                            include_locations=True)
            found = next(filter(None, (
                believe(entry.get('url') or '')
                for entry in metadata.get('locations') or [])), None)
        image_info.vsphere_location = found and found.url
        if found is None:
            LOG.info('Image %s has no location that is its own in this '
                     'vCenter; it comes from Glance', image_info.image_id)
        return found if image_info.disk_type in _FILES and (
            not image_info.is_ova) else None

    # The image.

    def _fetch_image_if_missing(self, context, vi):
        info = config_info.InstanceConfigInfo.of(vi)
        image_id = info.ii.image_id
        spawn = self._spawns.get(info.instance.uuid)
        if info is not vi:
            # From rescue, which chose nothing.
            self._believe_location(context, info.ii)
            info.source = self._selection.source(image_id, info.datastore)
        if info.across:
            self._imagecache.enlist_image(image_id, info.cache_datastore,
                                          info.dc_info.ref)
        if spawn is None or spawn.chosen is None or (
                not spawn.chosen.plan.image_size):
            # Another spawn is putting it there, from where it can be copied.
            self._selection.wait_for(info.cache_datastore, image_id)
        try:
            self._fetch(context, info)
        except Exception:
            self._known.lacks(info.cache_datastore.name, image_id)
            raise
        else:
            self._known.holds(info.cache_datastore.name, image_id)
        finally:
            if spawn is not None and spawn.chosen is not None:
                spawn.chosen.image_arrived()

    def _fetch(self, context, info):
        name, image_id = info.cache_datastore.name, info.ii.image_id
        if image_id != info.instance.image_ref:
            # A rescue with another image: upstream downloads the instance's
            # and keeps it under the other's name.
            info.instance = info.instance.obj_clone()
            info.instance.image_ref = image_id
        if info.source is not None:
            self._selection.wait_for(info.source, image_id)
            try:
                self._imagecache.enlist_image(image_id, info.source,
                                              info.dc_info.ref)
                if self._selection.look(info.source, image_id, info.ii):
                    super()._fetch_image_if_missing(context, info.at_cache())
                    return
            except vexc.VMwareDriverException as exc:
                LOG.warning('Image %s cannot be copied from %s to %s, and '
                            'is downloaded: %s', image_id, info.source.name,
                            name, exc)
            info.source = None
        super()._fetch_image_if_missing(context, info.at_cache())

    def _get_image_callbacks(self, vi):
        """Copy from another datastore's cache where there is one."""
        if getattr(vi, 'source', None) is None:
            return super()._get_image_callbacks(vi)
        return self._prepare_copy, self._copy_image, self._cache_flat_image

    def _prepare_copy(self, vi):
        directory = vi.datastore.build_path(self._tmp_folder,
                                            uuidutils.generate_uuid())
        path = directory.join(vi.ii.image_id, vi.cache_image_path.basename)
        ds_util.mkdir(self._session, path.parent, vi.dc_info.ref)
        return directory, path

    def _copy_image(self, context, vi, path):
        source = self._imagecache.get_image_cache_folder(
            vi.source, vi.ii.image_id).join(path.basename)
        with self._removing(path.parent.parent, vi.dc_info.ref):
            if vi.ii.is_iso:
                ds_util.file_copy(self._session, str(source), vi.dc_info.ref,
                                  str(path), vi.dc_info.ref)
            else:
                vm_util.copy_virtual_disk(self._session, vi.dc_info.ref,
                                          str(source), str(path))

    def _fetch_image_as_file(self, context, vi, image_ds_loc):
        with self._removing(image_ds_loc.parent.parent, vi.dc_info.ref):
            super()._fetch_image_as_file(context, vi, image_ds_loc)
            self._refuse_part(vi, image_ds_loc)

    def _refuse_part(self, vi, path):
        """Refuse a download that did not arrive whole (N8).

        oslo.vmware looks neither at the answer to what it sent, nor at the
        error when there is none.
        """
        if not vi.ii.file_size:
            return
        try:
            size = ds_util.file_size(
                self._session, self._get_ds_browser(vi.datastore.ref),
                path.parent, path.basename)
        except vexc.FileNotFoundException:
            size = None
        if size != vi.ii.file_size:
            # Of some other kinds Nova would blame the image, and try no
            # other host.
            raise exception.CouldNotFetchImage(_(
                'Of the %(size)s bytes of image %(image)s, %(found)s have '
                'arrived on the datastore %(name)s; they were removed. Look '
                'for what ended the transfer in the log of this host and of '
                'the ESX hosts, and at the room on the datastore; then try '
                'again.') % {
                    'size': vi.ii.file_size, 'image': vi.ii.image_id,
                    'found': size or 0, 'name': vi.datastore.name})

    @contextlib.contextmanager
    def _removing(self, directory, dc_ref):
        """Remove a directory if what is put into it fails."""
        try:
            yield
        except Exception:
            try:
                self._delete_datastore_file(directory, dc_ref)
            except vexc.VMwareDriverException as exc:
                LOG.warning('%s cannot be removed; do it in vCenter: %s',
                            directory, exc)
            raise

    def _use_disk_image_as_linked_clone(self, vm_ref, vi):
        name, image_id = vi.cache_datastore.name, vi.ii.image_id
        sized = selection.sized_name(image_id, vi.root_gb)
        spawn = self._spawns.get(vi.instance.uuid)
        chosen = spawn and spawn.chosen
        if not (chosen and chosen.plan.sized_size):
            # Upstream takes it for whole as soon as it is there.
            self._selection.wait_for(vi.cache_datastore, sized)
        # The sized copy is made beside the base, and the child where the
        # virtual machine is.
        with self._distrusting(vi):
            super()._use_disk_image_as_linked_clone(vm_ref, vi.at_cache())
        if chosen:
            chosen.sized_made()
        self._known.holds(name, image_id, {
            *(self._known.files(name, image_id) or ()), sized})
        if vi.across:
            LOG.info('Instance %(uuid)s on %(home)s is linked to its image '
                     'on %(base)s', {'uuid': vi.instance.uuid,
                                     'home': vi.datastore.name,
                                     'base': vi.cache_datastore.name})

    def _use_disk_image_as_full_clone(self, vm_ref, vi):
        with self._distrusting(vi):
            super()._use_disk_image_as_full_clone(vm_ref, vi)

    @contextlib.contextmanager
    def _distrusting(self, vi):
        """Have instances go elsewhere after one could not be made of a base.

        It would be preferred again and again, for being there.
        """
        try:
            yield
        except vexc.NoDiskSpaceException:
            raise
        except vexc.VMwareDriverException as exc:
            LOG.warning(
                'No disk could be made of the image %(image)s on %(name)s: '
                '%(error)s. For a while instances of it go to other '
                'datastores where they can. If the image is broken there, '
                'remove %(folder)s when no disk is linked to it.',
                {'image': vi.ii.image_id, 'name': vi.cache_datastore.name,
                 'error': exc, 'folder': vi.cache_image_folder})
            self._known.distrust(vi.cache_datastore.name, vi.ii.image_id)
            raise

    # Instances that are linked across datastores.

    def snapshot(self, context, instance, image_id, update_task_state):
        vm_ref = vm_util.get_vm_ref(self._session, instance)
        before = self._root_chain(instance, vm_ref)
        self._refuse_lost_bases(instance, before)
        try:
            super().snapshot(context, instance, image_id, update_task_state)
        finally:
            self._consolidate(instance, vm_ref, before)

    def _root_chain(self, instance, vm_ref):
        return links.root_chain(self._session, instance, vm_ref)

    def _refuse_lost_bases(self, instance, chain):
        """Refuse before anything is made what would fail in the middle."""
        names = {selection.datastore_of(path) for path in chain}
        if len(names) < 2:
            return
        seen = self._selection.all_datastores()
        for name in sorted(names):
            reason = (seen[name].unusable if name in seen
                      else 'is not one of the cluster')
            if reason:
                raise exception.InstanceUnacceptable(
                    instance_id=instance.uuid, reason=_(
                        'its disk is linked to an image on the datastore '
                        '%(name)s, which %(reason)s. Bring the datastore '
                        'back and try again.')
                    % {'name': name, 'reason': reason})

    def _consolidate(self, instance, vm_ref, before):
        """See to it that the disk is what it was before the snapshot.

        The image is good by now, or there is an error already: never raises.
        """
        if len({selection.datastore_of(path) for path in before}) < 2:
            return
        try:
            after = self._root_chain(instance, vm_ref)
            if after != before:
                task = self._session._call_method(
                    self._session.vim, 'ConsolidateVMDisks_Task', vm_ref)
                self._session._wait_for_task(task)
                after = self._root_chain(instance, vm_ref)
        except vexc.VMwareDriverException as exc:
            LOG.warning('After its snapshot the disk of instance %s could '
                        'not be consolidated; do it in vCenter: %s',
                        instance.uuid, exc)
            return
        if after != before:
            LOG.warning('After its snapshot the disk of instance %s is the '
                        'chain %s, not %s: consolidate it in vCenter',
                        instance.uuid, after, before)

    def migrate_disk_and_power_off(self, context, instance, dest, flavor):
        self._refuse_larger_disk_than_room(instance, flavor)
        super().migrate_disk_and_power_off(context, instance, dest, flavor)

    def _refuse_larger_disk_than_room(self, instance, flavor):
        """Refuse before the instance is powered off.

        Upstream copies the disk to one of its full size beside it; a disk
        that was linked had taken next to nothing.
        """
        if flavor.root_gb <= instance.flavor.root_gb:
            return
        vm_ref = vm_util.get_vm_ref(self._session, instance)
        chain = self._root_chain(instance, vm_ref)
        if not chain:
            return
        try:
            self._refuse_lost_bases(instance, chain)
        except exception.InstanceUnacceptable as exc:
            # Of any other kind Nova would think that something was done.
            raise exception.InstanceFaultRollback(exc) from exc
        seen = self._selection.all_datastores().get(
            selection.datastore_of(chain[0]))
        size = flavor.root_gb * units.Gi
        reason = seen and self._selection.refusal(seen, size)
        if reason:
            raise exception.InstanceFaultRollback(exception.ResizeError(
                reason=_('the resized disk needs %(size)s bytes on the '
                         'datastore %(name)s, which %(reason)s')
                % {'size': size, 'name': seen.name, 'reason': reason}))


def _min_disk(image_meta):
    return (image_meta.min_disk or 0
            if image_meta.obj_attr_is_set('min_disk') else 0)
