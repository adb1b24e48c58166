"""The variables for OpenStack-Ansible's roles, read by the services."""

import yaml

from tests.unit.examples import base


def rendered(overrides):
    """Return the file that ``config_template`` makes of overrides alone."""
    sections = {}
    for section, options in overrides.items():
        sections[section] = lines = []
        for name, value in options.items():
            # Its spelling of an option that is given many times: a set.
            values = value if isinstance(value, dict) else [value]
            lines.extend((name, each) for each in values)
    return base.ini(sections)


class OpenstackAnsibleTest(base.ExampleTest):

    def setUp(self):
        super().setUp()
        self.variables = yaml.safe_load(
            (base.EXAMPLES / 'openstack-ansible' /
             'user_variables_multistore.yml').read_text())

    def test_cinder_loads_the_extension_and_the_manager(self):
        self.assertEqual(base.CINDER, self.started('cinder', rendered(
            self.variables['cinder_cinder_conf_overrides'])))

    def test_nova_loads_the_driver(self):
        self.assertEqual(base.NOVA, self.started('nova', rendered(
            self.variables['nova_nova_conf_overrides'])))

    def test_glance_has_the_store_and_the_filter(self):
        stores = [{'name': 'file', 'type': 'file'},
                  *self.variables['glance_additional_stores']]
        # The role's template writes this line, of the default store and ours.
        backends = base.ini({'DEFAULT': [('enabled_backends', ','.join(
            f"{store['name']}:{store['type']}" for store in stores))]})
        self.assert_glance(self.started_glance(
            backends + rendered(
                self.variables['glance_glance_api_conf_overrides']),
            self.overridden_paste(
                self.variables['glance_glance_api_paste_ini_overrides'])))
