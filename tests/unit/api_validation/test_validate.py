"""Documents of extra specs, and what is said about them."""

import json

import ddt
import fixtures
import testtools

import api_validation
from api_validation import catalogue
from api_validation import definitions
from api_validation import report
from api_validation import values


def _reasons(problems):
    return [(problem.key, problem.reason) for problem in problems]


@ddt.ddt
class TestModes(testtools.TestCase):

    specs = {
        'multiattach': '<is> True',            # right
        'multiatach': '<is> True',             # near a known key
        'netapp:qos_policy': 'gold',           # unknown in a known scope
        'compression_support': 'True',         # wrong value
        'acme:tier': 'gold',                   # foreign
        'colour': 'blue',                      # foreign, without a scope
        'hpe3par:cpg': 'one',                  # deprecated
    }
    typos = [('multiatach', 'misspelled-key'),
             ('netapp:qos_policy', 'unknown-key'),
             ('compression_support', 'wrong-value')]
    foreign = [('acme:tier', 'foreign-key'), ('colour', 'foreign-key')]
    deprecated = [('hpe3par:cpg', 'deprecated')]

    def test_standard_refuses_typos_and_warns_of_foreign_keys(self):
        found = api_validation.validate(self.specs)
        self.assertEqual(self.typos, _reasons(found.errors))
        self.assertEqual(self.foreign + self.deprecated,
                         _reasons(found.warnings))

    def test_strict_refuses_foreign_keys_as_well(self):
        found = api_validation.validate(self.specs, mode='strict')
        self.assertEqual(self.typos + self.foreign, _reasons(found.errors))
        self.assertEqual(self.deprecated, _reasons(found.warnings))

    def test_permissive_refuses_nothing(self):
        found = api_validation.validate(self.specs, mode='permissive')
        self.assertTrue(found.ok)
        self.assertEqual(self.typos + self.foreign + self.deprecated,
                         _reasons(found.warnings))

    @ddt.data('strict', 'standard', 'permissive')
    def test_what_is_right_has_no_problems(self, mode):
        found = api_validation.validate({
            'volume_backend_name': '<or> lvm <or> ceph',
            'capabilities:volume_backend_name': 'lvm',
            'capabilities:acme:disks': '>= 5',
            'RESKEY:availability_zones': 'nova, az2',
            'provisioning:type': 'thin',
            'provisioning:min_vol_size': '10',
            'provisioning:max_vol_size': '100',
            'multiattach': '<is> True', 'cacheable': '<is> False',
            'storage_protocol': 'iSCSI', 'free_capacity_gb': '>= 100',
            'vmware:vmdk_type': 'eagerZeroedThick',
            'hpe3par:persona': '2 - Generic-ALUA',
            'image_service:store_id': 'fast'}, mode=mode)
        self.assertEqual('', found.to_text())


@ddt.ddt
class TestKeys(testtools.TestCase):

    @ddt.data(
        ('MULTIATTACH', 'multiattach'), ('multi-attach', 'multiattach'),
        ('volume_backendname', 'volume_backend_name'),
        ('volume_bakend_name', 'volume_backend_name'),
        ('replication-enabled', 'replication_enabled'),
        ('reskey:availability_zones', 'RESKEY:availability_zones'),
        ('RESKEY:availability_zone', 'RESKEY:availability_zones'),
        ('df:replica_count', 'DF:replica_count'),
        ('vmware:vmdktype', 'vmware:vmdk_type'),
        ('vmwaer:vmdk_type', 'vmware:vmdk_type'),
        ('capabilities:multiatach', 'capabilities:multiattach'),
        ('Capabilities:multiattach', 'capabilities:multiattach'),
        ('qnap_compresion', 'qnap_compression'),
        # the documentation of upstream has this one
        ('storagetype:replayprofile', 'storagetype:replayprofiles'))
    @ddt.unpack
    def test_a_typo_is_refused_with_what_was_meant(self, key, meant):
        problem, = api_validation.validate({key: 'x'}).errors
        self.assertEqual(meant, problem.nearest)
        self.assertIn(f"Did you mean '{meant}'?", problem.message)

    @ddt.data('acme:tier', 'acme:', 'colour', 'multi', 'pool', 'tier1',
              'x', 'sda', 'a b', 'ä', ':', '::', 'vmw:vmdk_type')
    def test_a_foreign_key_is_let_through_with_a_warning(self, key):
        found = api_validation.validate({key: 'whatever'})
        self.assertTrue(found.ok, found.to_text())
        self.assertEqual(['foreign-key'],
                         [problem.reason for problem in found.warnings])

    @ddt.data('', 'x' * 256, 'capabilities:' + 'x' * 243, 5, None, (1,), 1.5)
    def test_what_is_no_key_of_cinder_is_refused(self, key):
        found = api_validation.validate({key: 'x'}, mode='strict')
        self.assertFalse(found.ok)
        self.assertLess(len(found.to_text()), 600)

    def test_a_key_is_checked_before_its_value(self):
        problem, = api_validation.validate({'multiatach': None}).errors
        self.assertEqual('misspelled-key', problem.reason)


@ddt.ddt
class TestValues(testtools.TestCase):

    @ddt.data(
        ('multiattach', '<is> true', '<is> True'),
        ('multiattach', 'True', '<is> True'),
        ('replication_type', '<in> snyc', '<in> sync'),
        ('provisioning:type', 'Thin', 'thin'),
        ('provisioning:min_vol_size', '1.5', None),
        ('provisioning:min_vol_size', 'ten', None),
        ('free_capacity_gb', '>=10', '>= 10'),
        ('storage_protocol', '<or> iSCSI FC', None),
        ('hpe3par:persona', '2-generic-alua', '2 - Generic-ALUA'),
        ('replication:sync_period', '299', None),
        ('netapp_dedup', 'yes', '<is> True'),
        ('infortrend:tiering', 'LV0:0,9', None),
        ('capabilities:acme', '>5', None),
        ('capabilities:thin_provisioning_support', 'true', '<is> True'),
        ('storagetype:storagegrouptags', 'a,b c', None),
        ('lightos:qos_policy', 'gold', None))
    @ddt.unpack
    def test_that_no_back_end_can_meet_are_refused(self, key, value, nearest):
        problem, = api_validation.validate({key: value}).errors
        self.assertEqual((key, value, 'wrong-value', nearest), (
            problem.key, problem.value, problem.reason, problem.nearest))
        self.assertTrue(problem.message.startswith(f"{key}='{value}': "))

    @ddt.data(('multiattach', ''), ('vmware:storage_profile', ' '),
              ('capabilities:x', '\t'))
    @ddt.unpack
    def test_empty_ones_are_refused(self, key, value):
        problem, = api_validation.validate({key: value}).errors
        self.assertEqual('empty', problem.reason)

    def test_of_a_key_without_a_check_may_be_anything_short(self):
        for value in ('', ' ', 'x' * 255):
            self.assertTrue(api_validation.validate(
                {'hpe3par:group_replication': value}).ok)
        for value in ('x' * 256, None, 5, [], {}):
            self.assertFalse(api_validation.validate(
                {'hpe3par:group_replication': value}).ok)

    def test_a_definition_that_fails_stops_nobody(self):
        class Broken(values.Value):
            def check(self, value):
                raise KeyError(value)

            def describe(self):
                return 'broken'

        known = catalogue.Catalogue([definitions.Definition(
            'acme:x', 'Broken.', Broken())])
        log = self.useFixture(fixtures.FakeLogger())
        found = api_validation.validate({'acme:x': 'y'}, catalogue=known)
        self.assertTrue(found.ok)
        self.assertIn('The check of acme:x failed', log.output)
        self.assertEqual([('acme:x', 'unchecked')], _reasons(found.warnings))


@ddt.ddt
class TestExistence(testtools.TestCase):

    @ddt.data(('az1', None), ('az1,az2', None), ('az1, az3', 'az1'),
              ('AZ2', 'az2'))
    @ddt.unpack
    def test_of_availability_zones(self, value, nearest):
        specs = {'RESKEY:availability_zones': value}
        found = api_validation.validate(
            specs, availability_zones=['az2', 'az1', 'az1'])
        self.assertTrue(api_validation.validate(specs).ok)
        if nearest is None:
            self.assertEqual('', found.to_text())
            return
        problem, = found.warnings
        self.assertEqual('unknown-availability-zone', problem.reason)
        self.assertEqual(('az1', 'az2'), problem.allowed)
        self.assertEqual(nearest, problem.nearest)
        self.assertIn('There are: az1, az2.', problem.message)

    @ddt.data(('permissive', 0, 2), ('standard', 1, 1), ('strict', 2, 0))
    @ddt.unpack
    def test_a_zone_may_be_yet_to_come_and_a_store_may_not(
            self, mode, errors, warnings):
        found = api_validation.validate(
            {'image_service:store_id': 'os_glance_x',
             'RESKEY:availability_zones': 'az3'},
            mode=mode, availability_zones=['az1'])
        self.assertEqual((errors, warnings),
                         (len(found.errors), len(found.warnings)))
        self.assertEqual(
            'reserved-store', (found.errors + found.warnings)[0].reason)

    @ddt.data('lvm', '<or> lvm <or> ceph', 's== ceph', '<in> anything',
              's!= lvm')
    def test_of_back_ends(self, value):
        for key in ('volume_backend_name',
                    'capabilities:volume_backend_name'):
            self.assertTrue(api_validation.validate(
                {key: value}, backends={'lvm', 'ceph'}).ok)

    @ddt.data(('lvn', 'lvm'), ('<or> lvm <or> cehp', 'ceph'),
              ('s== other', None))
    @ddt.unpack
    def test_of_back_ends_that_are_none(self, value, nearest):
        problem, = api_validation.validate(
            {'volume_backend_name': value}, backends={'lvm', 'ceph'}).errors
        self.assertEqual('unknown-backend', problem.reason)
        self.assertEqual(('ceph', 'lvm'), problem.allowed)
        self.assertEqual(nearest, problem.nearest)


    def test_an_empty_value_is_told_what_could_stand_there(self):
        found = api_validation.validate(
            {'RESKEY:availability_zones': ' ', 'volume_backend_name': ''},
            availability_zones=('az1',), backends=('lvm',))
        self.assertEqual([('az1',), ('lvm',)],
                         [problem.allowed for problem in found.errors])


class TestReport(testtools.TestCase):

    def test_every_reason_is_explained(self):
        found = api_validation.validate(
            {**TestModes.specs, 'image_service:store_id': 'os_glance_x',
             'cacheable': '<is> True', None: None, 'volume_backend_name': ''},
            mode='strict')
        for problem in (*found.errors, *found.warnings):
            self.assertIn(problem.reason, report.REASONS)

    def test_what_json_cannot_hold_is_described(self):
        found = api_validation.validate(
            {5: object(), 'multiattach': float('nan'), 'cacheable': 10 ** 999,
             'sdas': {'a': b''}, '\ud800': '\ud800'}, mode='strict')
        errors = json.loads(found.to_json())['errors']
        self.assertEqual(
            [('a number', 'a Python object'), ('multiattach', 'a number'),
             ('cacheable', 'a number'), ('sdas', 'an object'),
             (r'\ud800', r'\ud800')],
            [(error['key'], error['value']) for error in errors])

    def test_text_has_a_line_for_each_problem(self):
        found = api_validation.validate(
            {'multiattach': 'a\nb', 'acme:x': 'y'})
        self.assertEqual(
            [r"multiattach='a\nb': this is not '<is> True' or '<is> False'.",
             'Warning: acme:x: nothing is known about this key.'],
            found.to_text().splitlines())
