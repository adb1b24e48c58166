"""The overrides for kolla and kolla-ansible, read by the services."""

import configparser
import subprocess

import jinja2
import yaml

from tests.unit.examples import base

EXAMPLE = base.EXAMPLES / 'kolla-ansible'
CONFIG = EXAMPLE / 'config'


class KollaAnsibleTest(base.ExampleTest):

    def footer(self, service):
        template = jinja2.Environment(autoescape=True).from_string(
            (EXAMPLE / 'template-overrides.j2').read_text())
        # The block alone: what it extends is kolla's Dockerfile.
        return ''.join(template.blocks[f'{service}_base_footer'](
            template.new_context()))

    def test_cinder_loads_the_extension_and_the_manager(self):
        self.assertEqual(base.CINDER, self.started(
            'cinder', (CONFIG / 'cinder.conf').read_text()))

    def test_nova_loads_the_driver(self):
        self.assertEqual(base.NOVA, self.started(
            'nova', (CONFIG / 'nova' / 'nova-compute.conf').read_text()))

    def test_glance_has_the_store_and_the_images_paste_file_the_filter(self):
        paste = self.directory / 'glance-api-paste.ini'
        paste.write_text(base.shipped_paste().read_text())
        _, run = self.footer('glance').split('RUN python3 -m pip ')
        _, edit = run.split(' && ', 1)
        subprocess.run(
            ['sh', '-ec', edit.replace('/etc/glance', str(self.directory))],
            check=True)
        self.assert_glance(self.started_glance(
            (CONFIG / 'glance' / 'glance-api.conf').read_text(),
            paste.read_text()))

    def test_each_image_gets_the_package_that_its_footer_installs(self):
        build = configparser.RawConfigParser()
        build.read(EXAMPLE / 'kolla-build.conf')
        for service in ('cinder', 'glance', 'nova'):
            plugin = build[f'{service}-base-plugin-multistore']
            self.assertEqual('local', plugin['type'])
            self.assertIn('/plugins/cinder_glance_multistore-*',
                          self.footer(service))

    def test_the_directories_of_the_store_are_in_the_container(self):
        volumes = yaml.safe_load((EXAMPLE / 'globals.yml').read_text())
        glance = (CONFIG / 'glance' / 'glance-api.conf').read_text()
        for volume in volumes['glance_api_extra_volumes']:
            inside = volume.split(':')[1]
            self.assertIn(f'multidir_directories = {inside}:', glance)
