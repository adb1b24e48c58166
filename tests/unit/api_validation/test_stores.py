"""The stores document, and whatever else may come in its place."""

import subprocess
import sys

import ddt
import testtools

from api_validation import InvalidStoresDocument
from api_validation import Store
from api_validation import StoresDocument


def _parse(*stores, **members):
    return StoresDocument.parse({'stores': list(stores), **members})


class TestStoresDocument(testtools.TestCase):

    def test_reads_what_glance_documents(self):
        document = _parse(
            {'id': 'reliable', 'description': 'three copies',
             'default': 'true'},
            {'id': 'web', 'read-only': 'true'},
            {'id': 'fast'})

        self.assertEqual((
            Store('reliable', 'three copies', default=True),
            Store('web', read_only=True),
            Store('fast'),
        ), document.stores)
        self.assertEqual(('reliable', 'web', 'fast'), document.ids)
        self.assertEqual(('reliable', 'fast'), document.writable_ids)
        self.assertEqual('reliable', document.default_id)
        self.assertEqual(Store('fast'), document.get('fast'))
        self.assertIsNone(document.get('FAST'))

    def test_reads_what_our_filter_and_the_details_add(self):
        document = _parse(
            {'id': 'vc', 'type': 'vsphere', 'weight': 100,
             'properties': {'data_dir': '/srv', 'deep': [[{}]]},
             'status': 'unavailable', 'reason': 'no answer from vc1'})

        self.assertEqual(
            Store('vc', status='unavailable', reason='no answer from vc1',
                  weight=100),
            document.get('vc'))

    def test_a_cloud_without_stores_is_a_document(self):
        document = _parse()
        self.assertEqual((), document.stores)
        self.assertIsNone(document.default_id)

    def test_unknown_members_are_tolerated_however_deep(self):
        deep = []
        for _ in range(100_000):
            deep = [deep]
        document = _parse({'id': 'fast', 'colour': deep}, links=deep)
        self.assertEqual(('fast',), document.ids)

    def test_equal_documents_are_equal(self):
        self.assertEqual(_parse({'id': 'a'}), _parse({'id': 'a'}))
        self.assertNotEqual(_parse({'id': 'a'}), _parse({'id': 'b'}))
        self.assertEqual(1, len({_parse({'id': 'a'}), _parse({'id': 'a'})}))


@ddt.ddt
class TestReadOnly(testtools.TestCase):
    """Upstream takes every spelling but one for writable (C3)."""

    @ddt.data('true', 'True', 'TRUE', ' true ', True, 1, '1', 'yes', 'on',
              't', 'y')
    def test_is_seen_in_every_spelling_of_true(self, value):
        for name in ('read-only', 'read_only'):
            document = _parse({'id': 'web', name: value})
            self.assertTrue(document.get('web').read_only)
            self.assertEqual((), document.writable_ids)

    @ddt.data('false', 'False', False, 0, '0', 'no', 'off', None)
    def test_is_not_seen_in_any_spelling_of_false(self, value):
        for name in ('read-only', 'read_only'):
            self.assertEqual(('a',), _parse({'id': 'a', name: value})
                             .writable_ids)

    @ddt.data('maybe', '', 2, 'read-only', [], {}, 'truetrue', 0.5)
    def test_refuses_what_is_neither(self, value):
        error = self.assertRaises(InvalidStoresDocument, _parse,
                                  {'id': 'web', 'read-only': value})
        self.assertEqual(1, len(error.problems))
        self.assertIn('neither true nor false', error.problems[0])

    def test_is_also_a_status(self):
        self.assertTrue(_parse({'id': 'a', 'status': 'read-only'})
                        .get('a').read_only)


@ddt.ddt
class TestWritable(testtools.TestCase):

    @ddt.data(None, 'available')
    def test_a_store_is_by_these(self, status):
        self.assertTrue(_parse({'id': 'a', 'status': status})
                        .get('a').writable)

    @ddt.data('draining', 'unavailable', 'read-only', 'on holiday')
    def test_a_store_is_not_by_any_other_status(self, status):
        document = _parse({'id': 'a', 'status': status})
        self.assertEqual(status, document.get('a').status)
        self.assertEqual((), document.writable_ids)

    def test_a_reserved_store_is_not(self):
        self.assertEqual(('fast',), _parse(
            {'id': 'os_glance_staging_store'}, {'id': 'fast'}).writable_ids)


@ddt.ddt
class TestRefusals(testtools.TestCase):

    @ddt.data(
        (None, 'The document is not an object, but null.'),
        ('<html>', 'The document is not an object, but a string.'),
        (b'{}', 'The document is not an object, but a Python bytes.'),
        ([], 'The document is not an object, but a list.'),
        (7, 'The document is not an object, but a number.'),
        ({}, 'The document has no "stores".'),
        ({'stores': None}, '"stores" is not a list, but null.'),
        ({'stores': {'id': 'a'}}, '"stores" is not a list, but an object.'),
        ({'stores': ({'id': 'a'},)},
         '"stores" is not a list, but a Python tuple.'),
        ({'stores': ['fast']},
         'Entry 0 of "stores" is not an object, but a string.'),
        ({'stores': [{}]}, 'Entry 0 of "stores" has no "id".'),
        ({'stores': [{'id': 'a'}, {'id': 7}]},
         'Entry 1 of "stores": "id" is not a string, but a number.'),
        ({'stores': [{'id': True}]},
         'Entry 0 of "stores": "id" is not a string, but true.'),
        ({'stores': [{'id': '\t'}]}, 'Entry 0 of "stores": "id" is blank.'),
        ({'stores': [{'id': 'x' * 256}]},
         'Entry 0 of "stores": "id" is longer than 255 characters.'),
        ({'stores': [{'id': 'a', 'weight': 10 ** 5000}]},
         'Entry 0 of "stores": "weight" is not a number, but a huge number.'),
        ({'stores': [{'id': 'a', 'weight': float('nan')}]},
         'Entry 0 of "stores": "weight" is not a number, but a number '
         'without a value.'),
        ({'stores': [{'id': 'a'}, {'id': 'b'}, {'id': 'a'}]},
         "The id 'a' is there more than once."),
        ({'stores': [{'id': 'a', 'default': 'true'},
                     {'id': 'b', 'default': True}]},
         "There is more than one default store: 'a', 'b'."),
    )
    @ddt.unpack
    def test_say_what_is_wrong(self, body, problem):
        error = self.assertRaises(InvalidStoresDocument,
                                  StoresDocument.parse, body)
        self.assertEqual([problem], error.problems)
        self.assertIn(problem, str(error))

    def test_say_everything_that_is_wrong(self):
        error = self.assertRaises(
            InvalidStoresDocument, _parse,
            {'id': None}, {'description': 'x'}, {'id': 'a', 'status': 5})
        self.assertEqual(3, len(error.problems))

    def test_stay_short_for_a_huge_document(self):
        error = self.assertRaises(InvalidStoresDocument, StoresDocument.parse,
                                  {'stores': [0] * 1_000_000})
        self.assertEqual(21, len(error.problems))
        self.assertEqual('"stores" has more than 1000 entries.',
                         error.problems[0])
        self.assertLess(len(str(error)), 1000)

    def test_do_not_descend_into_a_deep_one(self):
        deep = {}
        for _ in range(100_000):
            deep = {'stores': deep}
        error = self.assertRaises(InvalidStoresDocument,
                                  StoresDocument.parse, deep)
        self.assertEqual(['"stores" is not a list, but an object.'],
                         error.problems)

    def test_survive_a_document_that_contains_itself(self):
        body = {}
        body['stores'] = [body]
        self.assertRaises(InvalidStoresDocument, StoresDocument.parse, body)

    def test_escape_what_they_echo(self):
        error = self.assertRaises(
            InvalidStoresDocument, _parse,
            {'id': 'a\x1b[2J\n'}, {'id': 'a\x1b[2J\n'})
        self.assertEqual([r"The id 'a\x1b[2J\n' is there more than once."],
                         error.problems)


class TestImport(testtools.TestCase):

    def test_loads_nothing_that_is_not_needed_yet(self):
        loaded = subprocess.run(
            [sys.executable, '-c',
             'import sys, api_validation; print(*sys.modules)'],
            capture_output=True, text=True, check=True).stdout.split()
        self.assertIn('api_validation.stores', loaded)
        self.assertEqual([], sorted(
            {'jsonschema', 'jsonpath_ng', 'stevedore', 'oslo_config',
             'oslo_utils', 'cinder', 'glance',
             'api_validation.extra_specs'}.intersection(loaded)))
