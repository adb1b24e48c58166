"""What :mod:`~.upstream` names, in Nova 29.4.0, 30.3.0, 31.3.1, 32.2.1, 33.0.2, 34.0.0.

Written by reading the sources of these releases with ``upstream.read``.
"""

#: ``{function: (((signature, digest), releases), ...)}``
PINS = {
    'driver.VMwareVCDriver.__init__': (
        ((
            "self, virtapi, scheme='https'",
            '8df3eea43eb6cc51'), (29, 30, 31, 32, 33, 34)),
    ),
    'driver.VMwareVCDriver.get_available_resource': (
        ((
            'self, nodename',
            '712b53a8e3bf2df8'), (29, 30, 31, 32, 33, 34)),
    ),
    'driver.VMwareVCDriver.update_provider_tree': (
        ((
            'self, provider_tree, nodename, allocations=None',
            'b97608e663b2ddf8'), (29, 30)),
        ((
            'self, provider_tree, nodename, allocations=None',
            '574325982004c016'), (31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps.__init__': (
        ((
            'self, session, virtapi, volumeops, cluster=None, '
            'datastore_regex=None',
            'c0ab80a009cf1abf'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps.spawn': (
        ((
            'self, context, instance, image_meta, injected_files, '
            'admin_password, network_info, block_device_info=None',
            'aeedd6980bf40d33'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._get_vm_config_info': (
        ((
            'self, instance, image_info, extra_specs',
            '2f635404d1f0a546'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._fetch_image_if_missing': (
        ((
            'self, context, vi',
            'e0fade8a39b70770'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._get_image_callbacks': (
        ((
            'self, vi',
            '3d61a363a1d0e279'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._fetch_image_as_file': (
        ((
            'self, context, vi, image_ds_loc',
            '436591506138a6fc'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._use_disk_image_as_linked_clone': (
        ((
            'self, vm_ref, vi',
            '932a3258c17d8db5'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps.snapshot': (
        ((
            'self, context, instance, image_id, update_task_state',
            'a8fd2eb2d2eafd1d'), (29, 30)),
        ((
            'self, context, instance, image_id, update_task_state',
            '528cdbe09d9a89d1'), (31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps.migrate_disk_and_power_off': (
        ((
            'self, context, instance, dest, flavor',
            '440abc1e57f13340'), (29, 30)),
        ((
            'self, context, instance, dest, flavor',
            'eb157033dc0a7789'), (31, 32, 33, 34)),
    ),
    'vmops.VirtualMachineInstanceConfigInfo.__init__': (
        ((
            'self, instance, image_info, datastore, dc_info, '
            'image_cache, extra_specs=None',
            'b6a62f09856bc5f8'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VirtualMachineInstanceConfigInfo.cache_image_folder': (
        ((
            'self',
            '59c53b3a199c05d9'), (29, 30, 31, 32, 33, 34)),
    ),
    'imagecache.ImageCacheManager.__init__': (
        ((
            'self, session, base_folder',
            '2123329515ef2167'), (29, 30, 31, 32, 33, 34)),
    ),
    'imagecache.ImageCacheManager.update': (
        ((
            'self, context, instances, datastores_info',
            'e802ec2f7cd58951'), (29, 30, 31, 32, 33, 34)),
    ),
    'imagecache.ImageCacheManager._list_datastore_images': (
        ((
            'self, ds_path, datastore',
            'f7864d7a17b7ac44'), (29, 30, 31, 32, 33, 34)),
    ),
    'imagecache.ImageCacheManager._age_cached_images': (
        ((
            'self, context, datastore, dc_info, ds_path',
            '0ae2912be75807a3'), (29, 30, 31, 32, 33, 34)),
    ),
    'imagecache.ImageCacheManager._folder_delete': (
        ((
            'self, ds_path, dc_ref',
            '9703581b41806609'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps.rescue': (
        ((
            'self, context, instance, network_info, image_meta',
            '6d1a98730e5c4d15'), (29, 30)),
        ((
            'self, context, instance, network_info, image_meta',
            '88840715891e9629'), (31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._use_disk_image_as_full_clone': (
        ((
            'self, vm_ref, vi',
            '4933923195103df6'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._fetch_vsphere_image': (
        ((
            'self, context, vi, image_ds_loc',
            '02993392e762f7a7'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._cache_flat_image': (
        ((
            'self, vi, tmp_image_ds_loc',
            '040c7a5a1fcee296'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._delete_datastore_file': (
        ((
            'self, datastore_path, dc_ref',
            '320af70f6ec09eb0'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._destroy_instance': (
        ((
            'self, instance, destroy_disks=True',
            'd82ce44a554b471e'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps._resize_disk': (
        ((
            'self, instance, vm_ref, vmdk, flavor',
            'a221cfaf379d408b'), (29, 30, 31, 32, 33, 34)),
    ),
    'vmops.VMwareVMOps.manage_image_cache': (
        ((
            'self, context, instances',
            'cf56efbfad3a245b'), (29, 30, 31, 32, 33, 34)),
    ),
    'imagecache.ImageCacheManager.enlist_image': (
        ((
            'self, image_id, datastore, dc_ref',
            'df0695a497c6e265'), (29, 30, 31, 32, 33, 34)),
    ),
    'imagecache.ImageCacheManager.get_image_cache_folder': (
        ((
            'self, datastore, image_id',
            '48b41ad7c0ba3ce1'), (29, 30, 31, 32, 33, 34)),
    ),
    'ds_util._is_datastore_valid': (
        ((
            'propdict, datastore_regex, ds_types',
            '5d799acfffb2bcf0'), (29, 30, 31, 32, 33, 34)),
    ),
    'ds_util.file_size': (
        ((
            'session, ds_browser, ds_path, file_name',
            '0efcf795fbbda9d9'), (29, 30, 31, 32, 33, 34)),
    ),
    'ds_util.get_allowed_datastore_types': (
        ((
            'disk_type',
            'cdee37ec0a98c2d2'), (29, 30, 31, 32, 33, 34)),
    ),
    'images.get_vsphere_location': (
        ((
            'context, image_id',
            'ca91e73ef645b61b'), (29, 30, 31, 32, 33, 34)),
    ),
    'vm_util._create_virtual_disk_spec': (
        ((
            'client_factory, controller_key, '
            'disk_type=constants.DEFAULT_DISK_TYPE, file_path=None, '
            'disk_size=None, linked_clone=False, unit_number=None, '
            'device_name=None, disk_io_limits=None',
            '04690b9aa4633075'), (29, 30, 31, 32, 33, 34)),
    ),
    'vm_util.copy_virtual_disk': (
        ((
            'session, dc_ref, source, dest',
            '383290dbd6006779'), (29, 30, 31, 32, 33, 34)),
    ),
    'vm_util.get_vmdk_info': (
        ((
            'session, vm_ref, uuid=None',
            '478e6308bfb8ffed'), (29, 30)),
        ((
            'session, vm_ref',
            '2d871e54fe864927'), (31, 32, 33, 34)),
    ),
}
