"""The catalogue, and what a vendor adds to it."""

import configparser
import json
import os
import pathlib
import subprocess
import sys

import ddt
import fixtures
import testtools

from api_validation import catalogue
from api_validation import definitions
from api_validation import errors
from api_validation import existence
from api_validation import values

# What the reference names; a key that leaves the catalogue by mistake is
# noticed here.
SCOPES = (
    'DF', 'RESKEY', 'YADRO', 'capabilities', 'datacore', 'drivers',
    'flasharray', 'fungible', 'hbsd', 'hpe3par', 'huawei_controller',
    'image_service', 'infortrend', 'kaminario', 'lightos', 'netapp',
    'nimble', 'powerflex', 'powermax', 'powerstore', 'provisioning', 'qos',
    'replication', 'smartcache', 'smartpartition', 'smarttier', 'solidfire',
    'storagetype', 'vmware', 'vz')
UNSCOPED = (
    'volume_backend_name', 'pool_name', 'multiattach', 'cacheable',
    'replication_enabled', 'replication_type', 'thin_provisioning_support',
    'thick_provisioning_support', 'compression', 'compression_support',
    'deduplicated_support', 'fast_support',
    'consistent_group_snapshot_enabled', 'qnap_thin_provision',
    'qnap_compression', 'qnap_deduplication', 'qnap_ssd_cache',
    'storpool_template', 'sdas')


def _define(name, **kwargs):
    return definitions.Definition(name, 'Something.', **kwargs)


class TestOurs(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.catalogue = catalogue.default()

    def test_has_every_scope(self):
        self.assertEqual(
            set(), set(SCOPES) - set(self.catalogue.scopes))

    def test_has_the_keys_without_a_scope(self):
        names = {definition.name
                 for definition in self.catalogue.in_scope('')}
        self.assertEqual(set(), set(UNSCOPED) - names)

    def test_counts_its_definitions_and_value_checks(self):
        count = self.catalogue.count()
        self.assertGreaterEqual(count.definitions, 215)
        self.assertGreaterEqual(count.value_checks, 175)
        self.assertGreaterEqual(count.share, 0.8)
        self.assertEqual(count.definitions, len(self.catalogue))

    def test_is_described(self):
        for definition in self.catalogue:
            self.assertTrue(definition.description.endswith('.'),
                            definition.name)
            self.assertTrue(definition.source, definition.name)
            self.assertTrue(definition.read_by, definition.name)
            for _, text in definition.facts():
                self.assertTrue(text.isprintable(), definition.name)

    def test_has_rules_with_keys_it_knows(self):
        for definition in self.catalogue:
            for rule in definition.rules:
                self.assertIsNotNone(self.catalogue.find(rule.key),
                                     f'{definition.name}: {rule.key}')

    def test_no_name_is_a_typo_of_another(self):
        # each would be refused as a misspelling of the other
        for definition in self.catalogue:
            if definition.parameters:
                continue
            self.assertIs(definition, self.catalogue.find(definition.name))
            self.assertEqual(definition.scope,
                             self.catalogue.meant(definition.name))

    def test_accepts_its_own_defaults_where_they_are_values(self):
        for name, default in (
                ('hpe3par:persona', '2 - Generic-ALUA'),
                ('nimble:encryption', 'no'), ('vmware:clone_type', 'full'),
                ('replication:sync_period', '900'),
                ('infortrend:tiering', 'all')):
            definition = self.catalogue.find(name)
            self.assertEqual(default, definition.default)
            self.assertIsNone(definition.value.check(default))

    def test_has_an_entry_point_for_each_module(self):
        root = pathlib.Path(catalogue.__file__).parent
        modules = {file.stem
                   for file in (root / 'extra_specs').glob('*.py')}
        setup = configparser.ConfigParser()
        setup.read(root.parent / 'setup.cfg')
        points = dict(
            line.split(' = ') for line in
            setup['entry_points'][catalogue.NAMESPACE].strip().splitlines())
        self.assertEqual(
            {name: f'{catalogue.NAMESPACE}.{name}'
             for name in modules - {'__init__'}}, points)


@ddt.ddt
class TestLookUps(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.catalogue = catalogue.Catalogue([
            _define('multiattach', capability=True),
            _define('storpool_template'),
            _define('image_service:store_id'),
            _define('capabilities:smarttier'),
            _define('capabilities:{name}', parameters=(
                definitions.Parameter('name', '[A-Za-z0-9_:]+', 'Any.'),)),
        ])

    @ddt.data(
        ('multiattach', 'multiattach'),
        ('capabilities:multiattach', 'multiattach'),
        ('capabilities:smarttier', 'capabilities:smarttier'),
        ('capabilities:storpool_template', 'capabilities:{name}'),
        ('capabilities:a:b', 'capabilities:{name}'),
        ('capabilities:{name}', None), ('capabilities:', None),
        ('capabilities:a b', None), ('Multiattach', None), ('', None))
    @ddt.unpack
    def test_a_key_has_one_definition(self, key, name):
        definition = self.catalogue.find(key)
        self.assertEqual(name, definition and definition.name)

    @ddt.data(
        ('image_service:anything', 'image_service'),
        ('Image-Service:x', 'image_service'),
        ('image_service_store_id', 'image_service'),
        ('image_srevice:store_id', 'image_service'),
        ('image_srevice:anything', None),
        ('multiatach', ''), ('MultiAttach', ''), ('multi', None),
        (':store_id', None), ('', None), (':', None), ('other:x', None))
    @ddt.unpack
    def test_a_key_is_meant_for_a_scope(self, key, scope):
        self.assertEqual(scope, self.catalogue.meant(key))

    @ddt.data(('capabilities:multiatach', 'capabilities:multiattach'),
              ('capabilities:smartteir', 'capabilities:smarttier'),
              ('capabilities:other', None))
    @ddt.unpack
    def test_a_typo_is_found_where_every_name_is_possible(self, key, name):
        self.assertEqual(name, self.catalogue.typo(key))

    def test_definitions_are_searched_by_name_and_description(self):
        found = self.catalogue.search('STORE_ID')
        self.assertEqual(['image_service:store_id'],
                         [definition.name for definition in found])
        self.assertEqual(5, len(self.catalogue.search('something')))

    def test_two_definitions_of_one_name_are_refused(self):
        self.assertRaises(errors.InvalidDefinition, catalogue.Catalogue,
                          [_define('a:b'), _define('a:b')])


ACME = '''
from api_validation.definitions import Definition
from api_validation.values import Integer

def register():
    return [
        Definition('acme:tier', 'The tier.',
                   {'enum': ['gold', 'silver']}, read_by='Acme'),
        Definition('acme:copies', 'Copies.', Integer(1, 3), read_by='Acme'),
    ]
'''
CHECK = '''
import json, logging, sys
logging.basicConfig(stream=sys.stderr)
import api_validation
report = api_validation.validate(json.loads(sys.argv[1]))
print(report.to_json())
'''


class TestThirdParty(testtools.TestCase):
    """What an installer leaves behind, in a folder of its own."""

    def install(self, name, module):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (folder / f'{name}.py').write_text(module)
        metadata = folder / f'{name}-1.0.dist-info'
        metadata.mkdir()
        (metadata / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n')
        (metadata / 'entry_points.txt').write_text(
            f'[api_validation.extra_specs]\n{name} = {name}\n')
        return folder

    def validate(self, folder, specs):
        path = os.pathsep.join(filter(None, [
            str(folder), *sys.path, os.environ.get('PYTHONPATH')]))
        done = subprocess.run(
            [sys.executable, '-c', CHECK, json.dumps(specs)],
            env={**os.environ, 'PYTHONPATH': path},
            capture_output=True, text=True, check=True)
        return json.loads(done.stdout), done.stderr

    def test_a_package_of_ten_lines_is_honoured(self):
        folder = self.install('acme_specs', ACME)
        report, _ = self.validate(folder, {
            'acme:tier': 'glod', 'acme:copies': '4', 'acme:teir': 'gold',
            'Acme:tier': 'gold', 'image_service:store_id': 'fast'})
        self.assertEqual(
            [('acme:tier', 'wrong-value', 'gold'),
             ('acme:copies', 'wrong-value', None),
             ('acme:teir', 'unknown-key', 'acme:tier'),
             ('Acme:tier', 'misspelled-key', 'acme:tier')],
            [(problem['key'], problem['reason'], problem['nearest'])
             for problem in report['errors']])

    def test_without_it_the_keys_are_foreign(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        report, _ = self.validate(folder, {'acme:tier': 'glod'})
        self.assertEqual([], report['errors'])
        self.assertEqual(['foreign-key'], [
            problem['reason'] for problem in report['warnings']])

    def test_a_broken_package_is_logged_and_left_out(self):
        for module in ('import nosuchmodule', 'register = 5',
                       'def register(): return [7]',
                       'def register(): raise SystemError("broken")'):
            folder = self.install('broken_specs', module)
            report, log = self.validate(
                folder, {'image_service:storeid': 'fast'})
            self.assertEqual(1, len(report['errors']))
            self.assertIn('broken_specs', log)

    def test_nobody_takes_over_a_name_of_ours(self):
        folder = self.install('evil_specs', '''
from api_validation.definitions import Definition

def register():
    return [Definition('image_service:store_id', 'Anything goes.'),
            Definition('evil:x', 'Its own.')]
''')
        report, log = self.validate(folder, {
            'image_service:store_id': '', 'evil:y': ''})
        self.assertEqual(['empty', 'unknown-key'], [
            problem['reason'] for problem in report['errors']])
        self.assertIn('image_service:store_id is defined already', log)


class TestStaleEntryPoints(testtools.TestCase):

    def test_take_no_definition_of_ours_away(self):
        # an editable installation keeps the entry points of its first day
        self.useFixture(fixtures.MonkeyPatch(
            'stevedore.ExtensionManager', lambda *args, **kwargs: []))
        self.assertEqual(
            {definition.name for definition in catalogue.default()},
            {definition.name for definition in catalogue.load()})


class TestHooks(testtools.TestCase):

    def test_every_hook_is_used(self):
        used = {definition.exists_in for definition in catalogue.default()}
        self.assertEqual({None, *existence.KINDS}, used)

    def test_every_kind_of_value_is_used(self):
        used = {type(definition.value) for definition in catalogue.default()}
        for kind in (values.Operators, values.IsBoolean, values.Boolean,
                     values.Integer, values.Number, values.Choice,
                     values.Names, values.Text, values.PerPool,
                     values.Either):
            self.assertIn(kind, used)
