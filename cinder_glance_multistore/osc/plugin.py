"""What the ``openstack`` client loads: ``openstack.cli.extension``.

The commands are the entry points ``openstack.multistore.v1``.
"""

API_NAME = 'multistore'
API_VERSION_OPTION = 'os_multistore_api_version'
API_VERSIONS = ('1',)
DEFAULT_API_VERSION = '1'


def make_client(instance):
    """Return the client that commands find as ``client_manager.multistore``.
    """
    from cinder_glance_multistore.osc import cloud
    return cloud.Cloud(instance.sdk_connection)


def build_option_parser(parser):
    """Add no global option; there is one version."""
    return parser
