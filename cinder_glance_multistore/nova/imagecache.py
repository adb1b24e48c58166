"""Nova's image cache manager, which asks who links to a base.
"""

import logging

from nova.virt.vmwareapi import imagecache
from oslo_vmware import exceptions as vexc
from oslo_vmware.objects import datastore as ds_obj

from cinder_glance_multistore.nova import links

LOG = logging.getLogger(__name__)


class ImageCacheManager(imagecache.ImageCacheManager):
    """Ages what no disk is linked to, and tells what it saw.

    :param known: the :class:`~.known.KnownImages` to be corrected
    """

    def __init__(self, session, base_folder, known):
        super().__init__(session, base_folder)
        self._known = known
        self._linked = None

    def update(self, context, instances, datastores_info):
        # Asked anew in each pass, and only when something would be aged.
        self._linked = None
        super().update(context, instances, datastores_info)

    def _list_datastore_images(self, ds_path, datastore):
        images = super()._list_datastore_images(ds_path, datastore)
        self._known.listed(datastore.name, images['originals'])
        return images

    def _age_cached_images(self, context, datastore, dc_info, ds_path):
        used = self.used_images
        if set(self.originals) - used:
            try:
                linked = self._linked_bases()
            except (links.CannotTell, vexc.VimException) as exc:
                LOG.warning(
                    'No cached image on %s is aged: which of them disks are '
                    'linked to is not known (%s). Bring that machine back, '
                    'or remove it from the inventory.', datastore.name, exc)
                self.originals = set()
            else:
                # What is in use here is also what loses its timestamp.
                self.used_images = used | {
                    image for name, image in linked
                    if name == datastore.name}
        try:
            super()._age_cached_images(context, datastore, dc_info, ds_path)
        finally:
            self.used_images = used

    def _linked_bases(self):
        if self._linked is None:
            self._linked = links.linked_bases(self._session,
                                              self._base_folder)
        return self._linked

    def _folder_delete(self, ds_path, dc_ref):
        super()._folder_delete(ds_path, dc_ref)
        path = ds_obj.DatastorePath.parse(str(ds_path))
        if path.dirname == self._base_folder:
            # Gone or not, it is looked at before it is used.
            self._known.lacks(path.datastore, path.basename)
