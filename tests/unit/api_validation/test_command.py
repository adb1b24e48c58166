"""The catalogue and the checks on the command line."""

import io
import json
import pathlib

import fixtures
import testtools

from api_validation import __main__ as command
from api_validation import catalogue


class TestCommand(testtools.TestCase):

    def run_command(self, *arguments, stdin=''):
        out, err = io.StringIO(), io.StringIO()
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', out))
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', err))
        self.useFixture(fixtures.MonkeyPatch('sys.stdin',
                                             io.StringIO(stdin)))
        status = command.main(arguments)
        return status, out.getvalue(), err.getvalue()

    def test_count_says_how_many_and_how_many_check_values(self):
        count = catalogue.default().count()
        status, out, _ = self.run_command('count')
        self.assertEqual(0, status)
        self.assertIn(f'{count.definitions} definitions', out)
        self.assertIn(f'{count.value_checks} of them', out)
        _, out, _ = self.run_command('count', '--json')
        self.assertEqual(count.definitions, json.loads(out)['definitions'])
        self.assertEqual(count.value_checks, json.loads(out)['value_checks'])
        self.assertEqual(round(count.share, 3), json.loads(out)['share'])

    def test_list_finds_keys_by_a_part_of_them(self):
        status, out, _ = self.run_command('list', 'vmware:')
        self.assertEqual(0, status)
        self.assertEqual(
            ['vmware:adapter_type', 'vmware:clone_type',
             'vmware:storage_profile', 'vmware:vmdk_type'], out.split())
        self.assertEqual(1, self.run_command('list', 'nosuch')[0])
        _, out, _ = self.run_command('list', '--json')
        self.assertEqual(len(catalogue.default()), len(json.loads(out)))

    def test_show_tells_what_a_key_means(self):
        status, out, _ = self.run_command('show', 'image_service:store_id')
        self.assertEqual(0, status)
        self.assertIn('uploaded to', out)
        self.assertIn("Default: Glance's default store", out)
        _, out, _ = self.run_command('show', '--json', 'vmware:clone_type')
        self.assertEqual("'full' or 'linked'", json.loads(out)['value'])

    def test_show_says_what_was_meant(self):
        status, out, err = self.run_command('show', 'multiatach')
        self.assertEqual((1, ''), (status, out))
        self.assertIn("Did you mean 'multiattach'?", err)
        status, _, err = self.run_command('show', 'acme:tier')
        self.assertEqual("Nothing is known about 'acme:tier'.\n", err)

    def test_check_reports_and_says_so_by_its_status(self):
        status, out, _ = self.run_command(
            'check', 'multiattach=<is> True', 'acme:tier=gold')
        self.assertEqual(0, status)
        self.assertIn('Warning: acme:tier', out)
        status, out, _ = self.run_command(
            'check', '--json', '--stored', 'cacheable=<is> True',
            'multiattach=<is> True')
        self.assertEqual(1, status)
        self.assertEqual('conflict', json.loads(out)['errors'][0]['reason'])
        self.assertEqual(1, self.run_command(
            'check', '--mode', 'strict', 'acme:tier=gold')[0])

    def test_check_reads_the_stores(self):
        body = json.dumps({'stores': [{'id': 'fast'}]})
        file = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path) / 'stores.json'
        file.write_text(body)
        for name, stdin in ((str(file), ''), ('-', body)):
            status, out, _ = self.run_command(
                'check', '--stores', name, 'image_service:store_id=fsat',
                stdin=stdin)
            self.assertEqual(1, status)
            self.assertIn("Did you mean 'fast'?", out)

    def test_what_cannot_be_read_is_told_in_a_sentence(self):
        for arguments, stdin in (
                (('check', 'multiattach'), ''),
                (('check', '--stores', '/nosuch/file', 'a=b'), ''),
                (('check', '--stores', '-', 'a=b'), 'no json'),
                (('check', '--stores', '-', 'a=b'), '[' * 100_000),
                (('check', '--stores', '-', 'a=b'), '{"stores": 5}')):
            status, out, err = self.run_command(*arguments, stdin=stdin)
            self.assertEqual((2, ''), (status, out))
            self.assertTrue(err.startswith('api-validation: '), err)
            self.assertEqual(1, err.count('\n'))
