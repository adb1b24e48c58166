"""Where an instance and its image are, which upstream takes for one place.
"""

import copy

from nova.virt.vmwareapi import vmops


class InstanceConfigInfo(vmops.VirtualMachineInstanceConfigInfo):
    """Upstream's, with the image's cache on a datastore of its own.

    :ivar datastore: the instance's
    :ivar cache_datastore: where the cached image is, or is to be
    :ivar source: a datastore that the image can be copied from, or None
    """

    def __init__(self, instance, image_info, datastore, dc_info, image_cache,
                 extra_specs=None, *, cache_datastore=None, source=None):
        super().__init__(instance, image_info, datastore, dc_info,
                         image_cache, extra_specs)
        self.cache_datastore = cache_datastore or datastore
        self.source = source

    @property
    def cache_image_folder(self):
        if self.ii.image_id is None:
            return None
        return self._image_cache.get_image_cache_folder(
            self.cache_datastore, self.ii.image_id)

    @property
    def across(self):
        """Whether they are two."""
        return self.cache_datastore.name != self.datastore.name

    def at_cache(self):
        """Return it for what upstream does to the cached image."""
        info = copy.copy(self)
        info.datastore = self.cache_datastore
        return info

    @classmethod
    def of(cls, info):
        """Return upstream's as one of ours."""
        if isinstance(info, cls):
            return info
        return cls(info.instance, info.ii, info.datastore, info.dc_info,
                   info._image_cache, info._extra_specs)
