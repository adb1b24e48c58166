"""The values for the charts of openstack-helm, read by the services."""

import yaml

from tests.unit.examples import base


def rendered(conf):
    """Return the file that ``helm-toolkit.utils.to_oslo_conf`` makes."""
    sections = {}
    for section, options in conf.items():
        sections[section] = lines = []
        for name, value in options.items():
            if isinstance(value, dict):
                assert value['type'] == 'multistring'
                lines.extend((name, each) for each in value['values'])
            else:
                lines.append((name, value))
    return base.ini(sections)


class OpenstackHelmTest(base.ExampleTest):

    def values(self, chart):
        path = base.EXAMPLES / 'openstack-helm' / f'{chart}.yaml'
        return yaml.safe_load(path.read_text())

    def test_cinder_loads_the_extension_and_the_manager(self):
        self.assertEqual(base.CINDER, self.started(
            'cinder', rendered(self.values('cinder')['conf']['cinder'])))

    def test_nova_loads_the_driver(self):
        self.assertEqual(base.NOVA, self.started(
            'nova', rendered(self.values('nova')['conf']['nova'])))

    def test_glance_has_the_store_and_the_filter(self):
        conf = self.values('glance')['conf']
        self.assert_glance(self.started_glance(
            rendered(conf['glance']), self.overridden_paste(conf['paste'])))

    def test_the_directories_of_the_store_are_mounted(self):
        values = self.values('glance')
        mounts = values['pod']['mounts']['glance_api']['glance_api']
        self.assertEqual(
            {volume['name'] for volume in mounts['volumes']},
            {mount['name'] for mount in mounts['volumeMounts']})
        directories = values['conf']['glance']['fast']['multidir_directories']
        self.assertEqual(
            [mount['mountPath'] for mount in mounts['volumeMounts']],
            [value.partition(':')[0] for value in directories['values']])
