"""What the doors say of all other extra specs, and of aliases of stores."""

from cinder.api import extensions
from cinder.db import api as db
from cinder.tests.unit import utils
import ddt

from cinder_glance_multistore.cinder import store_spec
from cinder_glance_multistore.image_service import errors
from tests.unit.cinder import base
from tests.unit.cinder import test_doors
from tests.unit.cinder import test_manager
from tests.unit.cinder.base import KEY

TRUE = '<is> True'
# (key, value, sentences of the answer)
_WRONG = (
    ('multiattach', 'true', ["multiattach='true'",
                             "Did you mean '<is> True'?"]),
    ('multiatach', TRUE, ["Did you mean 'multiattach'?"]),
    ('vmware:vmdk_type', 'thn', ['Allowed: thin, thick, eagerZeroedThick',
                                 "Did you mean 'thin'?"]),
    ('provisioning:min_vol_sise', '1',
     ["Did you mean 'provisioning:min_vol_size'?"]),
    ('netapp:space_alocation', TRUE,
     ["Did you mean 'netapp:space_allocation'?"]),
    ('free_capacity_gb', '>=10', ["Did you mean '>= 10'?"]),
    ('provisioning:min_vol_size', None, ['must be a string, not null']),
)


@ddt.ddt
class TestOtherSpecs(test_doors.DoorsTestCase):

    @ddt.data(*_WRONG)
    @ddt.unpack
    def test_what_is_wrong_is_refused_at_each_door(self, key, value, texts):
        self.assertRefused(400, texts, {key: value})
        self.assertEqual(0, self.stores_asked())

    def test_all_that_is_wrong_is_said_at_once(self):
        specs = {KEY: 'fsat', 'multiattach': 'true', 'vmware:vmdk_typ': 'x'}
        for door in self.doors()[::2]:
            self.assertAnswer(400, [
                "Did you mean 'fast'?", "Did you mean '<is> True'?",
                "Did you mean 'vmware:vmdk_type'?"], door(specs))

    def test_a_long_answer_is_cut(self):
        _, body = self.set_specs(
            self.gold, {f'vmware:nosuch{n}': 'x' for n in range(100)})
        message = body['badRequest']['message']
        self.assertIn('There are 80 more problems.', message)

    def test_one_key_is_checked_against_what_the_type_has(self):
        # Upstream's check of an update of one key is dead code.
        gold = self.type('a', cacheable=TRUE)
        self.assertAnswer(
            400, ["cannot be set together with cacheable='<is> True'"],
            self.put_spec(gold, 'multiattach', TRUE))
        self.assertAnswer(400, ['cacheable'],
                          self.set_specs(gold, {'multiattach': TRUE}))
        self.assertAnswer(400, ['cacheable'], self.create_type(
            {'multiattach': TRUE, 'cacheable': TRUE}))
        self.assertEqual({'cacheable': TRUE}, self.specs(gold))
        gold = self.type('b', **{'provisioning:max_vol_size': '10'})
        self.assertAnswer(
            400, ["above provisioning:max_vol_size='10'"],
            self.put_spec(gold, 'provisioning:min_vol_size', '11'))

    def test_keys_that_nobody_knows_go_by_the_mode(self):
        specs = {'acme:tier': 'gold'}
        self.assertEqual(200, self.set_specs(self.gold, specs)[0])
        self.assertIn('nothing is known about this key', self.log.output)
        self.override_config('extra_specs_mode', 'strict', 'multistore')
        self.assertAnswer(400, ['acme:tier', 'nothing is known'],
                          self.set_specs(self.gold, specs))

    def test_permissive_only_warns_except_of_image_service(self):
        self.override_config('extra_specs_mode', 'permissive', 'multistore')
        for key, value, texts in _WRONG[:-1]:
            self.assertEqual(
                200, self.set_specs(self.gold, {key: value})[0])
            self.assertIn(texts[0], self.log.output)
        self.assertAnswer(400, ["Did you mean 'fast'?"],
                          self.set_specs(self.gold, {KEY: 'fsat'}))
        self.assertAnswer(
            400, ["Did you mean 'image_service:store_id'?"],
            self.set_specs(self.gold, {'image_service:storeid': 'fast'}))

    def test_an_availability_zone_that_does_not_exist_is_warned_of(self):
        key = 'RESKEY:availability_zones'
        # Without any service nobody knows.
        self.assertEqual(200, self.put_spec(self.gold, key, 'nvoa')[0])
        self.assertNotIn('availability zone', self.log.output)
        utils.create_service(self.admin, {
            'host': 'h@lvm', 'binary': 'cinder-volume',
            'topic': 'cinder-volume', 'availability_zone': 'az1',
            'disabled': True})
        told = ("there is no availability zone 'nvoa'. "
                "There are: az1, nova. Did you mean 'nova'?")
        self.assertEqual(200, self.put_spec(self.gold, key, 'az1,nova')[0])
        self.assertNotIn('availability zone', self.log.output)
        self.assertEqual(200, self.put_spec(self.gold, key, 'az1,nvoa')[0])
        self.assertIn(told, self.log.output)
        self.override_config('extra_specs_mode', 'strict', 'multistore')
        self.assertAnswer(400, [told],
                          self.put_spec(self.gold, key, 'az1,nvoa'))
        self.assertEqual(200, self.put_spec(self.gold, key, 'nova, az1')[0])


class TestAliases(test_doors.DoorsTestCase):

    def setUp(self):
        super().setUp()
        self.override_config(
            'store_aliases', {'old': 'older', 'older': 'fast',
                              'gone': 'nosuch', 'reliable': 'fast'},
            'multistore')

    def test_an_alias_is_stored_as_what_it_stands_for(self):
        for door in self.doors():
            status, body = door({KEY: 'old', 'quality': 'x'})
            self.assertEqual(200, status, body)
        self.assertEqual('fast', self.specs(self.gold)[KEY])
        self.assertEqual('fast', db.volume_type_get_by_name(
            self.admin, 'silver')['extra_specs'][KEY])
        self.assertIn("'old' is now called 'fast'", self.log.output)

    def test_an_alias_counts_while_the_store_is_still_there(self):
        self.assertEqual(200, self.put_spec(self.gold, KEY, 'reliable')[0])
        self.assertEqual({KEY: 'fast'}, self.specs(self.gold))

    def test_an_alias_of_no_store_is_refused(self):
        self.assertRefused(400, ["there is no image store 'nosuch'"],
                           {KEY: 'gone'})

    def test_a_type_that_says_an_alias_uploads(self):
        cast = self.patch(
            'cinder.volume.rpcapi.VolumeAPI.copy_volume_to_image')
        status, body = self.upload(self.volume(store='old'))
        self.assertEqual(202, status, body)
        cast.assert_called_once()
        self.assertAnswer(400, ["no image store 'nosuch'"],
                          self.upload(self.volume(store='gone')))


class TestAliasesInAnUpload(test_manager.ManagerTestCase):

    def test_the_bits_go_where_the_alias_leads(self):
        self.override_config('store_aliases', {'old': 'fast'}, 'multistore')
        volume, image_id = self.uploading(store='old')
        self.copy(volume, image_id)
        self.assertEqual(('active', 'fast', self.digest), tuple(
            self.api.images[image_id][name]
            for name in ('status', 'stores', 'os_hash_value')))
        self.assertOver(volume)
        # The type goes on to say what its owner wrote.
        self.assertEqual('old', db.volume_type_get(
            self.admin, volume.volume_type_id)['extra_specs'][KEY])


class TestAliasesThatMakeNoSense(base.TestCase):

    def test_the_api_does_not_start(self):
        self.override_config('osapi_volume_extension',
                             list(base.ApiTestCase.EXTENSIONS))
        self.override_config('store_aliases', {'a': 'b', 'b': 'a'},
                             'multistore')
        stopped = self.assertRaises(SystemExit, extensions.ExtensionManager)
        self.assertIn('in a circle: a -> b -> a', str(stopped))

    def test_the_volume_service_does_not_start(self):
        self.override_config('store_aliases', {'a': 'b', 'b': 'a'},
                             'multistore')
        self.assertRaises(errors.InvalidAliases, store_spec.aliases)
