from pathlib import Path
import subprocess
import tempfile
import unittest

from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import glance
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import surroundings
from cinder_glance_multistore.stores import multidir_config


class GlanceConfigTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = layout.Layout(directory.name)

    def test_stores_are_listed_in_alphabetical_order(self):
        sections = glance.config(
            self.layout, 20001, ['web', 'small', 'fast', 'reliable'])
        self.assertEqual(
            'fast:multidir,reliable:file,small:file,web:http',
            sections['DEFAULT']['enabled_backends'])

    def test_a_store_that_cannot_be_is_left_out_altogether(self):
        sections = glance.config(self.layout, 20001, ['fast', 'reliable'])
        self.assertNotIn('small', sections)
        self.assertNotIn('small', sections['DEFAULT']['enabled_backends'])

    def test_a_vcenter_is_one_store_more(self):
        sections = glance.config(
            self.layout, 20001, ['fast', 'web'], vcenter_port=20009)
        self.assertEqual('fast:multidir,vc:vsphere,web:http',
                         sections['DEFAULT']['enabled_backends'])
        self.assertEqual('127.0.0.1:20009',
                         sections['vc']['vmware_server_host'])
        self.assertEqual(
            ['DC0:gold:300', 'DC0:silver:200', 'DC0:bronze:100'],
            sections['vc']['vmware_datastores'])

    def test_every_directory_it_names_is_made(self):
        made = set(self.layout.directories(['glance']))
        sections = glance.config(self.layout, 20001, layout.STORES)
        for store, options in sections.items():
            path = options.get('filesystem_store_datadir')
            if path:
                self.assertIn(path, made, store)
            for path, _ in multidir_config.parse_directories(
                    options.get('multidir_directories', ())):
                self.assertIn(Path(path), made, store)

    def test_directories_are_understood_whatever_the_sandbox_is_called(self):
        places = layout.Layout(self.layout.root / 'a:1\\b')
        section = glance.config(places, 20001, ['fast'])['fast']
        self.assertEqual(
            [(str(places.store('fast') / 'a'), 200),
             (str(places.store('fast') / 'b'), 100)],
            multidir_config.parse_directories(
                section['multidir_directories']))

    def test_it_listens_on_this_machine_only(self):
        command = [str(word) for word in glance.command(20001, True)]
        self.assertIn('127.0.0.1:20001', command)
        self.assertNotIn('0.0.0.0', ' '.join(command))

    def test_glance_finds_its_whole_configuration_in_the_directory(self):
        files.make_directory(self.layout.config_dir('glance'))
        sections = glance.config(self.layout, 20001, layout.STORES)
        glance.write_config(self.layout, sections)
        self.assertEqual(
            {'glance-api.conf', 'glance-api-paste.ini', 'policy.yaml'},
            {path.name for path in
             self.layout.config_dir('glance').iterdir()})
        self.assertEqual(
            str(self.layout.config_dir('glance')),
            glance.environment(self.layout)['OS_GLANCE_CONFIG_DIR'])


class GlanceReadsItTest(unittest.TestCase):

    def test_glance_knows_every_option_and_accepts_every_value(self):
        # In a process of its own: the options of Glance and of Cinder do
        # not fit into one CONF.
        source = (
            'import sys\n'
            'from oslo_config import cfg\n'
            'import glance_store\n'
            'from glance.common import config, wsgi_app\n'
            'from oslo_policy import opts\n'
            'opts._register(cfg.CONF)\n'
            'from cinder_glance_multistore.conf import discovery\n'
            'discovery.register_opts(cfg.CONF)\n'
            'from oslo_db import options\n'
            'cfg.CONF.register_opts(options.database_opts, "database")\n'
            'conf = cfg.CONF\n'
            'conf([], default_config_files=[sys.argv[1]])\n'
            'glance_store.register_store_opts(\n'
            '    conf, reserved_stores=wsgi_app.RESERVED_STORES)\n'
            'glance_store.create_multi_stores(\n'
            '    conf, reserved_stores=wsgi_app.RESERVED_STORES)\n'
            'from oslo_config import iniparser\n'
            'class Parser(iniparser.BaseParser):\n'
            '    section = None\n'
            '    def new_section(self, name): self.section = name\n'
            '    def assignment(self, key, value):\n'
            '        group = self.section\n'
            '        if group == "DEFAULT": conf[key]\n'
            '        elif group != "oslo_concurrency": conf[group][key]\n'
            '    def comment(self, text): pass\n'
            'Parser().parse(open(sys.argv[1]).readlines())\n')
        with tempfile.TemporaryDirectory() as directory:
            places = layout.Layout(directory)
            for path in places.directories(['glance']):
                files.make_directory(path)
            glance.write_config(
                places, glance.config(places, 20001, layout.STORES))
            done = subprocess.run(
                surroundings.python(
                    '-c', source, *glance.config_files(places)),
                capture_output=True, text=True, check=False,
                env=surroundings.environment(places))
        self.assertEqual(0, done.returncode, done.stderr)
