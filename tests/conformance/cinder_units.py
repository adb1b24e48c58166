"""Cinder's own unit tests, with our extension and our volume manager.

Those of volume actions, types, extra specs, and of a volume's way to an image
and back. Tests that call a controller of Cinder by itself go past an
extension; those that go through the router or the manager meet us.
"""

from tests.conformance import compare
from tests.conformance import runner

_TESTS = 'cinder.tests.unit.'
MODULES = [_TESTS + name for name in (
    'api.contrib.test_types_extra_specs',
    'api.contrib.test_types_manage',
    'api.contrib.test_volume_actions',
    'api.v3.test_types',
    'policies.test_type_extra_specs',
    'policies.test_volume_actions',
    'policies.test_volume_type',
    'volume.test_image',
    'volume.test_volume_retype',
)]

_UPLOAD = (r'volume\.test_image\.CopyVolumeToImageTestCase\.'
           r'test_copy_volume_to_image_')

# What they are about is shown by tests/unit/cinder/test_manager.py, with an
# Image API that answers.
REASONS = [
    compare.Reason(
        _UPLOAD + r'(exception|instance_deleted|status_available|status_use'
        r'|with_image_volume_(failure|qcow2))$',
        r'^cinder_glance_multistore\.image_service\.errors\.Unreachable: no '
        r'image service \(Glance\) is configured',
        "they put a fake in the place of Cinder's image service; our manager "
        'asks Glance itself where the image is'),
    compare.Reason(
        _UPLOAD + r'(driver_exception|driver_not_initialized'
        r'|over_image_quota)$',
        r'^cinder\.exception\.VolumeTypeNotFound: ',
        'their volume has a type that is not in the database, which our '
        'manager reads first'),
    compare.Reason(
        _UPLOAD + r'with_image_volume$', r'^cinder\.exception\.Duplicate: ',
        'it meets the image that test_copy_volume_to_image_driver_exception '
        'has not come to delete'),
]


def take_place():
    """Have Cinder load us, in every test, as its configuration would."""
    # Cinder's test package first: it sets up what Cinder's modules need.
    from cinder.common import config
    import cinder.tests.unit  # noqa: F401
    for name, value in (
            ('volume_manager',
             'cinder_glance_multistore.cinder.manager.VolumeManager'),
            ('osapi_volume_extension',
             ['cinder.api.contrib.standard_extensions',
              'cinder_glance_multistore.cinder.extension'])):
        # The tests reset what is set; the default of an option stays.
        config.CONF._opts[name]['opt'].default = value


def run():
    # Cinder 2026.2 would run its tests under eventlet otherwise.
    environment = {'OS_CINDER_DISABLE_EVENTLET_PATCHING': '1'}
    return compare.Comparison(
        runner.outcomes(MODULES, environment=environment),
        runner.outcomes(MODULES, f'{__name__}:take_place', environment),
        REASONS)
