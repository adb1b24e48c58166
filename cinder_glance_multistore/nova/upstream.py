"""Nova's functions that are overridden or relied on, release by release.

The one list of them. What they were when this was written is pinned by
signature and by a digest of their source, so that a change upstream is
noticed: by a test here, and by a warning in the log of nova-compute.

``python -m cinder_glance_multistore.nova.upstream PATH`` prints the pins of
the Nova below a directory, without running any of it.
"""

import ast
import hashlib
from importlib import util
import json
import os
import sys

from cinder_glance_multistore.nova import pins

#: What each is to us.
FUNCTIONS = {
    'driver.VMwareVCDriver.__init__': 'extended: our VMOps, options',
    'driver.VMwareVCDriver.get_available_resource': 'extended: capacity',
    'driver.VMwareVCDriver.update_provider_tree': 'extended: capacity',
    'vmops.VMwareVMOps.__init__': 'extended: our ImageCacheManager',
    'vmops.VMwareVMOps.spawn': 'extended: promises end with it',
    'vmops.VMwareVMOps._get_vm_config_info': 'replaced: the rules',
    'vmops.VMwareVMOps._fetch_image_if_missing':
        "extended: on the cache's datastore, copied where it can be",
    'vmops.VMwareVMOps._get_image_callbacks': 'extended: copying',
    'vmops.VMwareVMOps._fetch_image_as_file':
        'extended: what did not arrive whole is removed and refused',
    'vmops.VMwareVMOps._use_disk_image_as_linked_clone':
        "extended: on the cache's datastore",
    'vmops.VMwareVMOps._use_disk_image_as_full_clone':
        'extended: a base that fails is not preferred again',
    'vmops.VMwareVMOps.snapshot': 'extended: refused or consolidated',
    'vmops.VMwareVMOps.migrate_disk_and_power_off':
        'extended: refused before the instance is powered off',
    'vmops.VirtualMachineInstanceConfigInfo.__init__':
        'extended: home and cache apart',
    'vmops.VirtualMachineInstanceConfigInfo.cache_image_folder':
        'replaced: home and cache apart',
    'imagecache.ImageCacheManager.__init__': 'extended: known images',
    'imagecache.ImageCacheManager.update': 'extended: links asked anew',
    'imagecache.ImageCacheManager._list_datastore_images':
        'extended: tells what it saw',
    'imagecache.ImageCacheManager._age_cached_images':
        'extended: what disks are linked to is in use',
    'imagecache.ImageCacheManager._folder_delete':
        'extended: tells what it saw',
    'vmops.VMwareVMOps.rescue': 'relied on: fetches as spawn does',
    'vmops.VMwareVMOps._fetch_vsphere_image':
        'relied on: believes the location it is given',
    'vmops.VMwareVMOps._cache_flat_image': 'relied on: moves a folder',
    'vmops.VMwareVMOps._delete_datastore_file': 'relied on',
    'vmops.VMwareVMOps._destroy_instance':
        "relied on: deletes the instance's folder and nothing else",
    'vmops.VMwareVMOps._resize_disk': 'relied on: copies the whole chain',
    'vmops.VMwareVMOps.manage_image_cache': 'relied on',
    'imagecache.ImageCacheManager.enlist_image': 'relied on',
    'imagecache.ImageCacheManager.get_image_cache_folder': 'relied on',
    'ds_util._is_datastore_valid': 'relied on',
    'ds_util.file_size': 'relied on',
    'ds_util.get_allowed_datastore_types': 'relied on',
    'images.get_vsphere_location': 'relied on: the first location',
    'vm_util._create_virtual_disk_spec':
        "relied on: an empty child's name and the parent's path",
    'vm_util.copy_virtual_disk': 'relied on',
    'vm_util.get_vmdk_info': 'relied on',
}


def read(directory):
    """Return ``{function: (signature, digest)}`` of the Nova in a directory.

    :param directory: the one that holds ``nova``
    """
    found = {}
    for module in sorted({name.partition('.')[0] for name in FUNCTIONS}):
        path = os.path.join(directory, 'nova', 'virt', 'vmwareapi',
                            f'{module}.py')
        with open(path, encoding='utf-8') as file:
            text = file.read()
        found.update(_functions(module, ast.parse(text), text.splitlines()))
    return {name: found.get(name) for name in FUNCTIONS}


def installed():
    """Return :func:`read` of the Nova that is installed."""
    spec = util.find_spec('nova')
    return read(os.path.dirname(os.path.dirname(spec.origin)))


def changed(found=None):
    """Return the functions that no supported Nova has like that, sorted."""
    found = installed() if found is None else found
    return sorted(
        name for name, pin in found.items()
        if pin not in [known for known, _ in pins.PINS.get(name, ())])


def _functions(prefix, node, lines):
    for child in node.body:
        name = f'{prefix}.{getattr(child, "name", "")}'
        if isinstance(child, ast.ClassDef):
            yield from _functions(name, child, lines)
        elif isinstance(child, ast.FunctionDef):
            source = '\n'.join(lines[child.lineno - 1:child.end_lineno])
            yield name, (ast.unparse(child.args), hashlib.sha256(
                source.encode()).hexdigest()[:16])


if __name__ == '__main__':
    json.dump(read(sys.argv[1]), sys.stdout, indent=1)
