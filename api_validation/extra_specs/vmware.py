"""``vmware:``, VMware vCenter (VMDK and FCD)."""

from api_validation.definitions import Definition
from api_validation.values import Choice
from api_validation.values import Text

_VMWARE = 'VMware vCenter'
_VMDK = 'cinder/volume/drivers/vmware/vmdk.py'
_OPERATIONS = 'cinder/volume/drivers/vmware/volumeops.py'


def register():
    """Return the definitions of this namespace."""
    return [
        Definition(
            name='vmware:vmdk_type',
            description='The type of the virtual disk.',
            value=Choice('thin', 'thick', 'eagerZeroedThick'),
            default='thin', read_by=_VMWARE, source=_VMDK),
        Definition(
            name='vmware:adapter_type',
            description='The virtual controller that the disk hangs on.',
            value=Choice('lsiLogic', 'busLogic', 'lsiLogicsas',
                         'paraVirtual', 'ide'),
            default='vmware_adapter_type',
            read_by=_VMWARE, source=_OPERATIONS),
        Definition(
            name='vmware:storage_profile',
            description='The storage policy that the datastore must comply '
                        'with.',
            value=Text('the name of a storage policy'),
            read_by=_VMWARE, source=_VMDK),
        Definition(
            name='vmware:clone_type',
            description='Whether a clone is a copy, or depends on its '
                        'origin.',
            value=Choice('full', 'linked'), default='full',
            read_by=_VMWARE, source=_OPERATIONS),
    ]
