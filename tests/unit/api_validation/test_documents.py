"""Whatever comes over the network, only our own errors come out.

Documents are random, and mutated from right ones: a right document with one
thing wrong reaches deeper than noise does.
"""

import copy
import json

from hypothesis import given
from hypothesis import strategies as st
import testtools

import api_validation
from api_validation import catalogue
from api_validation import report
from tests.unit.api_validation import profiles

_NAMES = sorted(definition.name for definition in catalogue.default()
                if not definition.parameters)
_RELATED = sorted((definition.name, rule.key)
                  for definition in catalogue.default()
                  for rule in definition.rules)
_GOOD_VALUES = (
    '<is> True', '<is> False', 'true', 'thin', 'lvm', '<or> a <or> b',
    '>= 5', '10', 'az1,az2', 'LV0:thin;LV1:full', '<in> sync', 'fast')
_STORES = api_validation.StoresDocument.parse({'stores': [
    {'id': 'fast', 'default': 'true'}, {'id': 'web', 'read-only': True},
    {'id': 'old', 'status': 'draining', 'reason': 'full'}]})

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(),
    st.integers(min_value=10 ** 300, max_value=10 ** 301), st.floats(),
    st.text(max_size=20), st.binary(max_size=5), st.complex_numbers(),
    st.decimals(allow_nan=False), st.just(object()), st.sampled_from([int, len, ...]))
_ANYTHING = st.recursive(
    _SCALARS, lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.tuples(inner),
        st.frozensets(st.integers(), max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=20), st.integers()),
                        inner, max_size=4)), max_leaves=5)
_LONG = st.builds(lambda part, times: (part * times)[:1000],
                  st.sampled_from(('a', 'aS', '<or> ', ':', '9', ',', 'é')),
                  st.sampled_from((64, 65, 255, 256, 1000)))


@st.composite
def _misspelled(draw, words):
    """Draw a word with up to three letters changed, or none."""
    letters = list(draw(st.sampled_from(words)))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, max(0, len(letters) - 1)))
        letters[at:at + draw(st.integers(0, 2))] = draw(
            st.text('aeS_-: <>=,;\n', max_size=2))
    return ''.join(letters)


_PAIRS = st.one_of(
    # right, or nearly
    st.tuples(st.sampled_from(_NAMES), st.sampled_from(_GOOD_VALUES)),
    st.tuples(st.sampled_from(_NAMES), _misspelled(_GOOD_VALUES)),
    st.tuples(_misspelled(_NAMES), st.sampled_from(_GOOD_VALUES)),
    # what has checks of its own
    st.tuples(st.just('image_service:store_id'),
              _misspelled(('fast', 'web', 'old', 'os_glance_x', ''))),
    st.tuples(st.sampled_from(('RESKEY:availability_zones',
                               'volume_backend_name')),
              _misspelled(('az1', 'az1,az2', 'lvm', '<or> lvm <or> b'))),
    # noise
    st.tuples(st.text(max_size=20) | _LONG | _SCALARS,
              st.text(max_size=20) | _LONG | _ANYTHING),
    st.tuples(st.sampled_from(_NAMES), _LONG | _ANYTHING))
_TOGETHER = st.builds(
    lambda keys, one, other: dict(zip(keys, (one, other), strict=True)),
    st.sampled_from(_RELATED), st.sampled_from(_GOOD_VALUES),
    st.sampled_from(_GOOD_VALUES))
_SPECS = st.builds(lambda pairs, together: {**dict(pairs), **together},
                   st.lists(_PAIRS, max_size=6), st.just({}) | _TOGETHER)
_STORED = st.dictionaries(st.sampled_from(_NAMES),
                          st.sampled_from(_GOOD_VALUES), max_size=3)

_GOOD_STORES = {'stores': [
    {'id': 'fast', 'description': 'SSD', 'default': 'true', 'weight': 10},
    {'id': 'web', 'read-only': 'true'},
    {'id': 'vc', 'status': 'unavailable', 'reason': 'no answer',
     'properties': {'a': [1, {'b': None}]}}]}


@st.composite
def _mutated_stores(draw):
    """Draw the good document with some of it replaced, added or gone."""
    body = copy.deepcopy(_GOOD_STORES)
    for _ in range(draw(st.integers(1, 3))):
        if not isinstance(body, dict):
            break
        stores = body.get('stores')
        where = draw(st.sampled_from(
            ('body', 'stores', 'entry', 'member', 'member', 'member')))
        if where == 'body':
            body = draw(st.one_of(_ANYTHING, st.just([body])))
        elif where == 'stores' or not isinstance(stores, list) or not stores:
            body['stores'] = draw(_ANYTHING)
        elif where == 'entry':
            at = draw(st.integers(0, len(stores) - 1))
            stores[at] = draw(st.one_of(_ANYTHING, st.sampled_from(stores)))
        else:
            entry = draw(st.sampled_from(stores))
            if isinstance(entry, dict):
                entry[draw(st.sampled_from((
                    'id', 'default', 'read-only', 'read_only', 'status',
                    'reason', 'weight', 'description', 'x')))] = draw(
                        st.one_of(_ANYTHING, st.sampled_from(
                            ('true', 'false', True, 'fast', 'web', ''))))
    return body


class TestExtraSpecs(testtools.TestCase):

    @profiles.documents
    @given(_SPECS, st.none() | _STORED | _SPECS,
           st.sampled_from(('strict', 'standard', 'permissive')),
           st.sampled_from((None, _STORES)),
           st.sampled_from((None, ('image_service',), ('netapp', 'qos'))))
    def test_any_document_gets_a_report(
            self, specs, stored, mode, stores, scopes):
        found = api_validation.validate(
            specs, stored=stored, stores=stores, mode=mode, scopes=scopes,
            availability_zones=('az1',), backends=('lvm',))

        self.assertEqual(not found.errors, found.ok)
        self.assertTrue(mode != 'permissive' or found.ok)
        for problem in (*found.errors, *found.warnings):
            self.assertIn(problem.reason, report.REASONS)
            self.assertIn(problem.key, specs)
            self.assertTrue(problem.message.isprintable(), problem.message)
            self.assertLess(len(problem.message), 5000)
        json.loads(found.to_json())
        api_validation.touches(specs, 'image_service')

    @profiles.others
    @given(_SPECS)
    def test_the_modes_differ_in_what_they_refuse_alone(self, specs):
        strict, standard, permissive = (
            api_validation.validate(specs, mode=mode)
            for mode in ('strict', 'standard', 'permissive'))
        said = [
            sorted(problem.message
                   for problem in (*found.errors, *found.warnings))
            for found in (strict, standard, permissive)]
        self.assertEqual(said[0], said[1])
        self.assertEqual(said[1], said[2])
        self.assertLessEqual(len(standard.errors), len(strict.errors))

    @profiles.others
    @given(_ANYTHING)
    def test_what_is_no_document_is_refused(self, document):
        found = api_validation.validate(document)
        if not isinstance(document, dict):
            self.assertEqual(
                ['not-an-object'],
                [problem.reason for problem in found.errors])

    @profiles.others
    @given(_SPECS)
    def test_a_problem_of_a_scope_is_found_when_it_is_touched(self, specs):
        found = api_validation.validate(specs, scopes=('image_service',))
        if found.errors:
            self.assertTrue(api_validation.touches(specs, 'image_service'))


class TestStoresDocuments(testtools.TestCase):

    @profiles.documents
    @given(st.one_of(_mutated_stores(), _mutated_stores(),
                     _mutated_stores(), _ANYTHING))
    def test_any_document_is_read_or_refused_in_sentences(self, body):
        try:
            document = api_validation.StoresDocument.parse(body)
        except api_validation.InvalidStoresDocument as error:
            self.assertTrue(error.problems)
            for problem in error.problems:
                self.assertTrue(problem.isprintable(), problem)
                self.assertTrue(problem.endswith('.'), problem)
                self.assertLess(len(problem), 300)
            return
        ids = [entry['id'] for entry in body['stores']]
        self.assertEqual(ids, list(document.ids))
        self.assertEqual(len(ids), len(set(ids)))
        self.assertLessEqual(set(document.writable_ids), set(ids))
        for entry in body['stores']:
            # C3: upstream takes all spellings but one for writable
            if entry.get('read-only') in ('true', True):
                self.assertNotIn(entry['id'], document.writable_ids)
        hash(document)
        for store_id in ids:
            found = api_validation.validate(
                {'image_service:store_id': store_id}, stores=document)
            self.assertEqual(store_id in document.writable_ids, found.ok)
