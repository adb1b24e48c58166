"""Which cached bases disks are linked to, as vCenter knows it.

Upstream keeps a base as long as an instance of this nova-compute has its
image. A disk may be linked to it from another datastore, another cluster, or
an instance that another nova-compute has.
"""

import inspect

from nova.virt.vmwareapi import vim_util
from nova.virt.vmwareapi import vm_util
from oslo_vmware import vim_util as vutil

_FILES = 'layoutEx.file'
_DEVICES = 'config.hardware.device'

# Nova 29 and 30 know the root disk by its name.
_BY_NAME = 'uuid' in inspect.signature(vm_util.get_vmdk_info).parameters


class CannotTell(Exception):
    """A virtual machine cannot be read; it may be linked to anything."""


def linked_bases(session, base_folder):
    """Return the (datastore name, image id) of the bases in use.

    All virtual machines of the vCenter are asked, in one call for each page.

    :param base_folder: the cache's, such as ``cluster_base``
    :raises CannotTell: when one of them does not say what its disks are
    :raises oslo_vmware.exceptions.VimException: when vCenter cannot be asked
    """
    found = set()
    result = session._call_method(
        vim_util, 'get_objects', 'VirtualMachine',
        ['name', 'runtime.connectionState', _FILES, _DEVICES])
    if result is None:
        return found
    with vutil.WithRetrieval(session.vim, result) as machines:
        for machine in machines:
            properties = vm_util.propset_dict(
                getattr(machine, 'propSet', None) or [])
            if _FILES not in properties and _DEVICES not in properties:
                raise CannotTell(
                    f'the virtual machine '
                    f'{properties.get("name", machine.obj)!r} is '
                    f'{properties.get("runtime.connectionState", "unknown")}')
            for name in _names(properties):
                base = base_of(name, base_folder)
                if base:
                    found.add(base)
    return found


def base_of(path, base_folder):
    """Return the (datastore name, image id) of a cached file, or None.

    :param path: ``[datastore] folder/file``
    """
    datastore, bracket, path = path.partition('] ')
    folder = base_folder.strip('/') + '/'
    if not bracket or not path.startswith(folder):
        return None
    image_id, _, file = path[len(folder):].partition('/')
    return (datastore.removeprefix('['), image_id) if image_id and file else None


def chain(device):
    """Return the files a disk is made of: its own first, the base last."""
    names = []
    backing = getattr(device, 'backing', None)
    while backing is not None and getattr(backing, 'fileName', None):
        names.append(backing.fileName)
        backing = getattr(backing, 'parent', None)
    return names


def root_chain(session, instance, vm_ref):
    """Return :func:`chain` of an instance's root disk; [] without one."""
    if not _BY_NAME:
        device = vm_util.get_vmdk_info(session, vm_ref).device
        return chain(device) if device else []
    devices = session._call_method(vutil, 'get_object_property', vm_ref,
                                   _DEVICES)
    # While it has a snapshot, that is the name of a file further down.
    return next((
        files for files in map(chain, vim_util.get_array_items(devices))
        if any(name.endswith(f'/{instance.uuid}.vmdk') for name in files)),
        [])


def _names(properties):
    for file in vim_util.get_array_items(properties.get(_FILES) or []):
        yield file.name
    for device in vim_util.get_array_items(properties.get(_DEVICES) or []):
        yield from chain(device)
