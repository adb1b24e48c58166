"""What the examples of a deployment tool are tried with: the services."""

import configparser
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

import fixtures
import testtools

EXAMPLES = pathlib.Path(__file__).parents[3] / 'examples'
CINDER = {
    'extensions': ['cinder.api.contrib.standard_extensions',
                   'cinder_glance_multistore.cinder.extension'],
    'manager': 'cinder_glance_multistore.cinder.manager.VolumeManager',
    'unknown': [],
}
NOVA = {'driver': 'cinder_glance_multistore.nova.driver.VMwareVCDriver',
        'unknown': []}
# What any Glance has, and the examples leave to the tools.
GLANCE = """
[database]
connection = sqlite:///{0}/glance.sqlite
[DEFAULT]
use_stderr = true
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = {0}/file
[os_glance_staging_store]
filesystem_store_datadir = {0}/staging
[os_glance_tasks_store]
filesystem_store_datadir = {0}/tasks
[paste_deploy]
flavor = keystone
"""


def ini(sections):
    """Return the text of ``{section: [(option, value), ...]}``."""
    return '\n'.join(
        f'[{section}]\n' + ''.join(f'{name} = {value}\n'
                                   for name, value in options)
        for section, options in sections.items())


def shipped_paste():
    """Return the path of the paste file that Glance is installed with."""
    return next(
        pathlib.Path(file.locate())
        for file in importlib.metadata.files('glance')
        if file.name == 'glance-api-paste.ini')


class ExampleTest(testtools.TestCase):
    """Writes files to a directory of its own, and starts services on them."""

    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path)

    def started(self, service, text):
        """Return what a service tells of itself, configured so."""
        path = self.directory / f'{service}.conf'
        path.write_text(text)
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m',
             f'tests.unit.examples.start_{service}', str(path)],
            cwd=EXAMPLES.parent, text=True, capture_output=True,
            env={**os.environ, 'OS_GLANCE_CONFIG_DIR': str(self.directory),
                 'OS_CINDER_DISABLE_EVENTLET_PATCHING': '1'})
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def started_glance(self, text, paste):
        """Return what glance-api tells, with directories of our own."""
        text = text.replace('/srv/', f'{self.directory}/srv/')
        text = text.replace('/var/lib/glance/', f'{self.directory}/')
        for name in ('a', 'b'):
            (self.directory / 'srv' / name).mkdir(parents=True)
        (self.directory / 'glance-api-paste.ini').write_text(paste)
        (self.directory / 'glance-api.conf').write_text(
            text + GLANCE.format(self.directory))
        return self.started('glance', text)

    def assert_glance(self, told):
        """Glance has the store, the filter after context, and knows all."""
        self.assertEqual([], told['unknown'])
        self.assertEqual('cinder_glance_multistore.stores.multidir',
                         told['stores']['fast'])
        self.assertEqual('glance_store._drivers.filesystem',
                         told['stores']['file'])
        context = told['pipeline'].index('ContextMiddleware')
        self.assertEqual('Filter', told['pipeline'][context + 1])

    def overridden_paste(self, overrides):
        """Return Glance's paste file as the tool that adds these leaves it."""
        paste = configparser.RawConfigParser()
        paste.optionxform = str
        paste.read(shipped_paste())
        for name, line in overrides['composite:api'].items():
            # Where Glance changes its pipelines the examples are to follow.
            self.assertEqual(
                paste['composite:api'][name].replace(
                    ' context ', ' context multistore '), line)
        paste.read_dict(overrides)
        return ini({name: paste.items(name) for name in paste.sections()})
