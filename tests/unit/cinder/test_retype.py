"""A retype that changes the image store alone moves no data (C12)."""

from unittest import mock

from cinder import exception
from cinder import objects
from cinder.volume import driver
from cinder.volume import manager as cinder_manager
from cinder.volume.drivers import lvm

from cinder_glance_multistore.cinder import retype
from tests import defects
from tests.unit.cinder import test_manager
from tests.unit.cinder.base import KEY


class TestRetype(test_manager.ManagerTestCase):

    def setUp(self):
        super().setUp()
        # LVM's own says yes to everything; most drivers have the base's.
        self.mock_object(lvm.LVMVolumeDriver, 'retype',
                         driver.VolumeDriver.retype)
        self.silver = self.type('silver', **{KEY: 'reliable'})

    def retype(self, manager, volume, new_type):
        manager.retype(self.admin, volume, new_type.id,
                       {'host': volume.host, 'cluster_name': None})
        return objects.Volume.get_by_id(self.admin, volume.id)

    def ready(self, manager):
        self.mock_object(manager, '_is_our_backend', return_value=True)
        self.mock_object(manager, '_notify_about_volume_usage')
        self.mock_object(manager, 'publish_service_capabilities')
        return manager

    def test_to_another_store_moves_nothing(self):
        volume = self.volume(status='retyping', previous_status='available',
                             host='h@lvm#pool')
        upstream = self.ready(cinder_manager.VolumeManager(host='h@lvm'))
        upstream.driver.set_initialized()
        self.assertRaises(exception.VolumeMigrationFailed, self.retype,
                          upstream, volume, self.silver)
        volume.update({'status': 'retyping'})
        volume.save()
        ours = self.ready(self.new_manager())
        volume = self.retype(ours, volume, self.silver)
        self.assertEqual((self.silver.id, 'available'),
                         (volume.volume_type_id, volume.status))
        defects.record('unit', 'C12', 'a retype from store to store',
                       'needs a migration', 'done, nothing moved')

    def test_other_differences_are_the_drivers(self):
        volume = self.volume(status='retyping', previous_status='available',
                             host='h@lvm#pool')
        thick = self.type('thick', **{
            KEY: 'reliable', 'thick_provisioning_support': '<is> True'})
        asked = self.mock_object(lvm.LVMVolumeDriver, 'retype',
                                 return_value=(False, None))
        ours = self.ready(self.new_manager())
        self.assertRaises(exception.VolumeMigrationFailed, self.retype,
                          ours, volume, thick)
        asked.assert_called_once()
        self.assertIn('thick_provisioning_support',
                      asked.call_args.args[-2]['extra_specs'])

    def test_nothing_known_of_a_difference_is_the_drivers_too(self):
        inner = mock.Mock(return_value=False)
        for diff in ({}, {'extra_specs': {KEY: ('a', 'a')}},
                     {'extra_specs': {KEY: ('a', 'b')},
                      'qos_specs': {'maxIOPS': (None, '1')}}):
            retype._retype(inner, None, mock.Mock(), None, diff, None)
        self.assertEqual(3, inner.call_count)
