"""``image_service:store_id``, the key this project is about."""

import json

import ddt
import testtools

import api_validation

KEY = 'image_service:store_id'
ALLOWED = 'Allowed: cheap, fast, reliable (default).'


def _stores():
    return api_validation.StoresDocument.parse({'stores': [
        {'id': 'reliable', 'default': 'true'},
        {'id': 'fast'},
        {'id': 'cheap'},
        {'id': 'web', 'read-only': 'true'},
        {'id': 'old', 'status': 'draining', 'reason': 'moved to cheap'},
        {'id': 'vc', 'status': 'unavailable', 'reason': 'vc1 is down'},
        {'id': 'lab', 'status': 'melting'},
    ]})


@ddt.ddt
class TestStoreId(testtools.TestCase):

    def validate(self, value, **kwargs):
        kwargs.setdefault('stores', _stores())
        return api_validation.validate({KEY: value}, **kwargs)

    @ddt.data('reliable', 'fast', 'cheap')
    def test_a_store_that_takes_images_is_accepted(self, value):
        report = self.validate(value)
        self.assertTrue(report.ok)
        self.assertEqual(((), ()), (report.errors, report.warnings))
        self.assertEqual('', report.to_text())

    @ddt.data(
        ('fsat', 'unknown-store',
         f"there is no image store 'fsat'. {ALLOWED} Did you mean 'fast'?"),
        ('FAST', 'unknown-store',
         f"there is no image store 'FAST'. {ALLOWED} Did you mean 'fast'?"),
        ('fast ', 'unknown-store',
         f"there is no image store 'fast '. {ALLOWED} Did you mean 'fast'?"),
        ('Re-liable', 'unknown-store',
         f"there is no image store 'Re-liable'. {ALLOWED} "
         f"Did you mean 'reliable'?"),
        ('nosuch', 'unknown-store',
         f"there is no image store 'nosuch'. {ALLOWED}"),
        ('web', 'read-only-store',
         f"the image store 'web' is read-only. {ALLOWED}"),
        ('old', 'unavailable-store',
         f"the image store 'old' is being drained and takes no new images "
         f"(moved to cheap). {ALLOWED}"),
        ('vc', 'unavailable-store',
         f"the image store 'vc' is unavailable (vc1 is down). {ALLOWED}"),
        ('lab', 'unavailable-store',
         f"the image store 'lab' takes no images: its status is 'melting'. "
         f"{ALLOWED}"),
        ('os_glance_staging_store', 'reserved-store',
         f"Glance keeps the store 'os_glance_staging_store' for itself. "
         f"{ALLOWED}"),
        ('', 'empty', f'the value is empty or blank. {ALLOWED}'),
        (' \t', 'empty', f'the value is empty or blank. {ALLOWED}'),
    )
    @ddt.unpack
    def test_anything_else_is_refused_with_the_remedy(
            self, value, reason, message):
        report = self.validate(value)
        self.assertFalse(report.ok)
        problem, = report.errors
        self.assertEqual(KEY, problem.key)
        self.assertEqual(value, problem.value)
        self.assertEqual(reason, problem.reason)
        self.assertEqual(('cheap', 'fast', 'reliable'), problem.allowed)
        shown = value.replace('\t', r'\t')
        self.assertEqual(f"{KEY}='{shown}': {message}", problem.message)

    @ddt.data((None, 'null'), (True, 'true'), (5, 'a number'),
              (['fast'], 'a list'), ({}, 'an object'))
    @ddt.unpack
    def test_a_value_that_is_no_string_is_refused(self, value, kind):
        problem, = self.validate(value).errors
        self.assertEqual('not-a-string', problem.reason)
        self.assertEqual(f'{KEY}: the value must be a string, not {kind}.',
                         problem.message)

    def test_a_long_value_is_refused_and_not_echoed_whole(self):
        problem, = self.validate('x' * 256).errors
        self.assertEqual('too-long', problem.reason)
        self.assertEqual(
            f"{KEY}='{'x' * 60}...': the value has 256 characters, the limit "
            f"is 255.", problem.message)

    def test_what_a_terminal_would_act_on_is_escaped(self):
        problem, = self.validate('a\n\x1b[2J\u202e').errors
        self.assertIn(r"there is no image store 'a\n\x1b[2J\u202e'.",
                      problem.message)
        self.assertTrue(problem.message.isprintable())

    def test_a_store_that_takes_nothing_is_never_suggested(self):
        problem, = self.validate('wbe').errors
        self.assertIsNone(problem.nearest)

    def test_without_the_document_any_store_may_exist(self):
        self.assertTrue(self.validate('fsat', stores=None).ok)
        for value in ('', 'os_glance_tasks_store', 'x' * 256, None):
            self.assertFalse(self.validate(value, stores=None).ok)

    def test_a_cloud_whose_stores_take_nothing_says_so(self):
        stores = api_validation.StoresDocument.parse(
            {'stores': [{'id': 'web', 'read-only': True}]})
        problem, = self.validate('web', stores=stores).errors
        self.assertEqual(
            f"{KEY}='web': the image store 'web' is read-only, and no other "
            f"store takes images.", problem.message)

    def test_permissive_warns_of_what_standard_refuses(self):
        report = self.validate('fsat', mode='permissive')
        self.assertTrue(report.ok)
        self.assertEqual(self.validate('fsat').errors, report.warnings)
        self.assertTrue(report.to_text().startswith(f"Warning: {KEY}='fsat'"))

    def test_the_report_is_json(self):
        report = self.validate('fsat')
        self.assertEqual({
            'ok': False,
            'errors': [{
                'key': KEY, 'value': 'fsat', 'reason': 'unknown-store',
                'allowed': ['cheap', 'fast', 'reliable'], 'nearest': 'fast',
                'message': report.to_text()}],
            'warnings': [],
        }, json.loads(report.to_json()))


@ddt.ddt
class TestKeys(testtools.TestCase):

    @ddt.data('image_service:storeid', 'image_service:store-id',
              'image_service:Store_ID', 'image_service:store',
              'image_service:', 'image_service:store_id ')
    def test_an_unknown_key_in_the_scope_is_refused(self, key):
        for value in ('fast', '', None, 5):
            problem, = api_validation.validate(
                {key: value}, stores=_stores()).errors
            self.assertEqual('unknown-key', problem.reason)
            self.assertEqual(KEY, problem.nearest)
            self.assertEqual((KEY,), problem.allowed)

    @ddt.data('image-service:store_id', 'Image_Service:store_id',
              ' image_service:store_id', 'imageservice:store_id',
              'image_service_store_id', 'image_servcie:store_id',
              'IMAGE_SERVICE:anything')
    def test_an_odd_spelling_of_the_scope_is_refused(self, key):
        problem, = api_validation.validate({key: 'fast'}).errors
        self.assertEqual('misspelled-key', problem.reason)
        self.assertIn('this is not how the key is spelled', problem.message)
        self.assertEqual((KEY,), problem.allowed)
        self.assertTrue(api_validation.touches({key: 'x'}, 'image_service'))

    def test_an_odd_key_is_quoted(self):
        problem, = api_validation.validate(
            {' image_service:store_id': 'fast'}).errors
        self.assertEqual(
            f"' {KEY}': this is not how the key is spelled. Allowed: {KEY}. "
            f"Did you mean '{KEY}'?", problem.message)

    @ddt.data({}, {'volume_backend_name': 'lvm'}, {'nfs:image_service': 'x'},
              {'image': 'x'}, {7: 'x'}, {None: None}, None, [KEY])
    def test_what_is_none_of_the_scope_does_not_touch_it(self, extra_specs):
        self.assertFalse(
            api_validation.touches(extra_specs, 'image_service'))

    def test_other_scopes_are_left_alone_when_one_is_asked_for(self):
        report = api_validation.validate(
            {'volume_backend_name': '', 'foo:bar': None, 7: 'x',
             KEY: 'fsat'},
            stores=_stores(), scopes=('image_service',))
        self.assertEqual([KEY], [problem.key for problem in report.errors])
        self.assertEqual((), report.warnings)

    def test_a_scope_nobody_defined_is_a_mistake_of_the_caller(self):
        # not a check that passes because there was nothing to check with
        self.assertRaises(api_validation.InvalidArgument,
                          api_validation.validate, {}, scopes=('imagery',))
        self.assertRaises(api_validation.InvalidArgument,
                          api_validation.touches, {}, 'imagery')

    def test_a_mode_nobody_defined_is_a_mistake_of_the_caller(self):
        self.assertRaises(api_validation.InvalidArgument,
                          api_validation.validate, {}, mode='lax')

    @ddt.data(None, [], 'image_service:store_id', 5)
    def test_what_is_no_object_is_refused(self, extra_specs):
        problem, = api_validation.validate(extra_specs).errors
        self.assertEqual('not-an-object', problem.reason)
