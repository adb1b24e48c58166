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

_NO_ATTRIBUTE = r"^AttributeError: .*(has no|does not have the) attribute '{}'$"


def _vmware(tests, failure, why):
    return compare.Reason(
        rf'test_multistore_vmware\.TestMultiStore\.test_({tests})$', failure, why)


def _file(tests, failure, why):
    return compare.Reason(
        rf'test_multistore_filesystem\.TestMultiStore\.test_({tests})$',
        failure, why)


# What they are about is shown of our drivers by tests/contract, on directories
# and on a simulated vCenter.
REASONS = [
    _vmware('parse_datastore_info_and_weight(_less_opts|_invalid_weight'
            '|_empty_opts|_default_weight)?',
            _NO_ATTRIBUTE.format('_parse_datastore_info_and_weight'),
            "they call upstream's own parser; ours reads more, and is tested "
            'in tests/unit/stores'),
    _vmware('build_datastore_weighted_map(_equal_weight|_empty_list)?'
            '|select_datastore_empty_list',
            _NO_ATTRIBUTE.format('_build_datastore_weighted_map'),
            'they look into how upstream keeps datastores'),
    _vmware('select_datastore_(insufficient_freespace|insufficient_fs_one_ds'
            '|equal_freespace|contention)',
            _NO_ATTRIBUTE.format('_get_freespace'),
            'they fake how upstream asks for free space, a call for each '
            'datastore; ours asks for all in one'),
    _vmware('add', _NO_ATTRIBUTE.format('_build_vim_cookie_header'),
            "it fakes how upstream's makes a cookie"),
    _vmware('add_(ioerror|size_zero|with_verifier|with_verifier_size_zero)'
            '|unexpected_status(_no_response_body)?',
            _NO_ATTRIBUTE.format('select_datastore'),
            "they fake upstream's choice of a datastore"),
    _vmware('build_vim_cookie_header_(active|expired|expired_noverify)'
            '|delete_non_existing',
            _NO_ATTRIBUTE.format('session'),
            "they fake upstream's session"),
    _vmware('reset_session', _NO_ATTRIBUTE.format('reset_session'),
            "it calls upstream's own method"),
    _vmware('sanity_check_multiple_datastores',
            _NO_ATTRIBUTE.format('_sanity_check'),
            "it calls upstream's own method"),
    _vmware('get_datacenter_ref', _NO_ATTRIBUTE.format('_get_datacenter'),
            "it fakes upstream's own method"),
    _vmware('get|get_non_existing|get_random_access|get_size'
            '|get_size_non_existing|delete|http_get_redirect'
            '|http_get_max_redirects',
            r'BadStoreUri: vsphere://\S+dsName=ds1&dcPath=dc1 is no image of '
            'the store vmware1$',
            'their location is on a datastore that is not of the store, '
            'which ours refuses before anything is sent'),
    _vmware('location_url_prefix_is_set',
            r"(?m)^actual +.*'vsphere://127\.0\.0\.1/folder/openstack_glance'",
            "upstream's prefix is that of no location it makes: those begin "
            'with /folder'),
    _file('add_(thick|thin)_provisioning_with(out)?_(partial_)?holes_in_file',
          r'MismatchError: 0 != [1-9]$',
          "they count the calls of upstream's own write and truncate"),
    _file('backend_defaults_timeout_config'
          '|multiple_backends_(different_timeout_configs'
          '|one_with_timeout_one_without)',
          _NO_ATTRIBUTE.format('timeout_executor'),
          "they look at upstream's own attribute"),
    _file('configure_add_(check_metadata_list_of_dicts_success'
          '|check_metadata_success_list_val_for_some_key'
          '|with_metadata_file_success)',
          _NO_ATTRIBUTE.format('FILESYSTEM_STORE_METADATA'),
          "they look at upstream's own attribute"),
    _file('add_check_metadata_list_with_valid_mountpoint_locations',
          r"MismatchError: \{'id': 'abcdefg', 'mountpoint': '/tmp'\} != "
          r"\{'store': 'file1'\}$",
          "it sets upstream's own attribute, which ours has not"),
    _file('configure_add_chunk_size', _NO_ATTRIBUTE.format('chunk_size'),
          "it looks at upstream's own attribute"),
    _file('configure_add_with_file_perm', _NO_ATTRIBUTE.format('datadir'),
          "it looks at upstream's own attribute"),
    _file('configure_add_with_multi_datadirs',
          _NO_ATTRIBUTE.format('priority_data_map'),
          "it looks at upstream's own attribute"),
    _file('thin_provisioning_is_disabled_by_default',
          _NO_ATTRIBUTE.format('thin_provisioning'),
          "it looks at upstream's own attribute"),
    _file('add_with_multiple_dirs_storage_full',
          _NO_ATTRIBUTE.format('_get_capacity_info'),
          "it fakes upstream's own method"),
    _file('add_(file_too_big|storage_full|other_failure)',
          r'StorageWriteDenied: .*(cannot be looked at: None|is no directory)'
          r'\. Bring one of them back',
          'they break open(), by which ours looks at the directory first'),
    _file('add_image_exceeding_max_size_raises_exception',
          'does not match "Size mismatch: expected 1020 bytes, got 1120 bytes"',
          'it asks for a text: ours says "Size mismatch", and both sizes'),
    _file('configure_add_with_inaccessible_file_perm',
          r'MismatchError: <bound method Store\.configure_add .* returned None$',
          'a mode under which the owner cannot read is taken as it is told'),
    _file('get', r'MismatchError: 2 != 1$',
          'an image is read in pieces of 1 MiB at least, not of 10 bytes'),
    _file('delete_non_existing',
          r'BadStoreUri: file:///tmp/glance-tests/non-existing is no image of',
          'its location is in no directory of the store, and is refused as '
          'such'),
]


def take_place():
    """Load our class wherever upstream's is asked for."""
    from glance_store._drivers import filesystem
    from glance_store._drivers import vmware_datastore

    from cinder_glance_multistore.stores import multidir
    from cinder_glance_multistore.stores import vsphere
    filesystem.Store = multidir.Store
    vmware_datastore.Store = vsphere.Store
    # The setUp of all puts a fake there: so each test comes to its own point.
    vsphere.Store._get_datastore = None


def run():
    return compare.Comparison(
        runner.outcomes(MODULES),
        runner.outcomes(MODULES, f'{__name__}:take_place'),
        REASONS)
