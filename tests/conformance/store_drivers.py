"""glance_store's own tests of its drivers, with ours in their place.

Those of ``file`` with ``multidir``, those of ``vmware`` with ``vsphere``.
"""

from tests.conformance import compare
from tests.conformance import runner

_TESTS = 'glance_store.tests.unit.'
MODULES = [_TESTS + name for name in (
    'test_multistore_filesystem',
    'test_multistore_vmware',
)]

_VMWARE = r'test_multistore_vmware\.TestMultiStore\.test_'
_FILE = r'test_multistore_filesystem\.TestMultiStore\.test_'

REASONS = [
    (_VMWARE,
     "they put fakes into upstream's private methods (_get_datastore, "
     '_select_datastore, ...); what vsphere promises is in tests/contract, '
     'run on a simulated vCenter'),
    (_FILE + r'add_thi(n|ck)_provisioning_with(out)?_(partial_)?holes_in_file',
     "they count the calls of upstream's own write and truncate"),
    (_FILE + r'(.*timeout.*config|multiple_backends_one_with_timeout_'
             r'|configure_add_(check_metadata|chunk_size|with_file_perm'
             r'|with_metadata_file|with_multi_datadirs)'
             r'|thin_provisioning_is_disabled'
             r'|add_check_metadata_list_with_valid)',
     "they look at or set attributes of upstream's class"),
    (_FILE + r'add_(file_too_big|storage_full|other_failure'
             r'|with_multiple_dirs_storage_full)',
     "they break open() or a method that upstream's class uses; "
     'tests/contract breaks the disk instead'),
    (_FILE + r'add_image_exceeding_max_size_raises_exception',
     'they ask for a text: ours says "Size mismatch", and both sizes'),
    (_FILE + r'configure_add_with_inaccessible_file_perm',
     'a mode under which the owner cannot read is taken as it is told'),
    (_FILE + r'get$',
     'an image is read in pieces of 1 MiB at least, not of 10 bytes'),
    (_FILE + r'delete_non_existing',
     'its location is in no directory of the store, and is refused as such'),
]


def take_place():
    """Load our class wherever upstream's is asked for."""
    from glance_store._drivers import filesystem
    from glance_store._drivers import vmware_datastore

    from cinder_glance_multistore.stores import multidir
    from cinder_glance_multistore.stores import vsphere
    filesystem.Store = multidir.Store
    vmware_datastore.Store = vsphere.Store


def run():
    return compare.Comparison(
        runner.outcomes(MODULES),
        runner.outcomes(MODULES, f'{__name__}:take_place'),
        REASONS)
