"""What the entry point ``tempest.test_plugins`` names."""

import pathlib

from tempest import config
from tempest.test_discover import plugins

from multistore_tempest_plugin import config as options


class MultistoreTempestPlugin(plugins.TempestPlugin):

    def load_tests(self):
        """Return the directory of the tests, and the one to import from."""
        package = pathlib.Path(__file__).resolve().parent
        return str(package / 'tests'), str(package.parent)

    def register_opts(self, conf):
        config.register_opt_group(conf, options.GROUP, options.OPTS)

    def get_opt_lists(self):
        return [(options.GROUP.name, options.OPTS)]

    def get_service_clients(self):
        return [config.service_client_config('image') | {
            'name': 'multistore_image',
            'service_version': 'image.v2.multistore',
            'module_path': 'multistore_tempest_plugin.services.images_client',
            'client_names': ['StoresImagesClient'],
        }]
