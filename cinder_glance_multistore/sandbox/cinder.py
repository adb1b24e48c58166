"""Cinder of the sandbox: its configuration and the command that runs it.

Two can run beside each other: ``cinder`` with our plug-in, and ``upstream``
as it was released.
"""

from oslo_log import log as defaults

from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import layout as layouts
from cinder_glance_multistore.sandbox import surroundings

NAME = 'cinder'
UPSTREAM = 'upstream'
PACKAGES = ('cinder', 'oslo.db', 'SQLAlchemy')
SYNC = ('import sys; from cinder.cmd.manage import main; sys.exit(main())',
        'db', 'sync')

PLUGIN = {
    'DEFAULT': {
        'osapi_volume_extension': [
            'cinder.api.contrib.standard_extensions',
            'cinder_glance_multistore.cinder.extension',
        ],
        'volume_manager':
            'cinder_glance_multistore.cinder.manager.VolumeManager',
    },
}


_ANYONE = """
[filter:anyone]
paste.filter_factory = cinder_glance_multistore.sandbox.anyone:filter_factory
"""
# The key manager of Cinder's own warns at each use that it is not castellan's.
_LOG_LEVELS = [
    *defaults.get_default_log_levels(), 'castellan=ERROR', 'stevedore=ERROR']


def config(layout, name, port, glance_url, auth_strategy='noauth',
           access=None):
    """Return the sections of cinder.conf, without our plug-in.

    :param auth_strategy: how Cinder talks to Glance; callers of the API are
        never asked for a password. With ``noauth`` upstream drops the header
        that names the store (C9), with ``keystone`` it sends it.
    :param access: credentials.Access of the service's user where there is a
        Keystone, which callers then need a token of
    """
    data = layout.data(name)
    sections = {
        'DEFAULT': {
            'use_stderr': True,
            'default_log_levels': ','.join(_LOG_LEVELS),
            'host': layouts.HOST,
            'my_ip': '127.0.0.1',
            'auth_strategy': auth_strategy,
            # Delivers inside one process only, which cinder_all is.
            'transport_url': 'fake://',
            'state_path': data,
            'api_paste_config': layout.config_dir(name) / 'api-paste.ini',
            'resource_query_filters_file': surroundings.shipped(
                'cinder', 'etc/cinder/resource_filters.json'),
            'osapi_volume_listen': '127.0.0.1',
            'osapi_volume_listen_port': port,
            'osapi_volume_workers': 1,
            'glance_api_servers': glance_url,
            'enabled_backends': layouts.BACKEND,
            'image_conversion_dir': data / 'conversion',
            'allow_compression_on_image_upload': True,
            'enable_force_upload': True,
            'quota_volumes': -1,
            'quota_gigabytes': -1,
            'quota_snapshots': -1,
            # The scheduler and the volume service share a process and start
            # together: neither has to wait for the other's first report.
            'service_down_time': 100000000,
            'periodic_fuzzy_delay': 0,
            # An upload under way does not hold up ``down``.
            'graceful_shutdown_timeout': 5,
        },
        'database': {
            'connection': f'sqlite:///{layout.database(name)}?timeout=1',
            # A crash of the machine may cost a sandbox its database.
            'sqlite_synchronous': False,
        },
        layouts.BACKEND: {
            'volume_driver':
                'cinder_glance_multistore.sandbox.driver.DirectoryDriver',
            'volume_backend_name': layouts.BACKEND,
            'nas_host': layouts.SHARE[0],
            'nas_share_path': layouts.SHARE[1],
            'nas_secure_file_permissions': 'true',
            # 'true' would rule snapshots out; nothing runs as root anyway.
            'nas_secure_file_operations': 'false',
            'nfs_mount_point_base': layout.volumes(name).parent,
            'nfs_snapshot_support': True,
        },
        'coordination': {'backend_url': f'file://{data / "coordination"}'},
        'oslo_concurrency': {'lock_path': data / 'lock'},
        'oslo_messaging_notifications': {'driver': 'noop'},
        # Encrypted volumes need a key manager; this key protects nothing.
        'key_manager': {
            'backend': 'cinder.keymgr.conf_key_mgr.ConfKeyManager',
            'fixed_key': '0' * 64,
        },
    }
    if access:
        sections['keystone_authtoken'] = access.token_check()
        sections['service_user'] = {
            'send_service_user_token': True} | access.password()
        # What Cinder does in Glance in its own name.
        sections['glance'] = access.password()
    return sections


def write_config(layout, name, sections, noauth=True):
    paste = surroundings.shipped(
        'cinder', 'etc/cinder/api-paste.ini').read_text(encoding='utf-8')
    directory = layout.config_dir(name)
    files.write(directory / 'api-paste.ini',
                _without_keystone(paste) if noauth else paste)
    files.write(directory / 'cinder.conf', ini.render(sections))


def config_files(layout, name):
    return [layout.config_dir(name) / 'cinder.conf']


def command(layout, name):
    """Return the command that runs API, scheduler and volume services."""
    words = ['-m', 'cinder_glance_multistore.sandbox.cinder_all']
    for path in config_files(layout, name):
        words += ['--config-file', path]
    return surroundings.python(*words)


def _without_keystone(paste):
    """Return upstream's api-paste.ini with pipelines that trust everyone.

    ``auth_strategy`` also names the pipeline: the one called keystone gets
    the noauth filter in place of those that ask Keystone.
    """
    pipelines = paste.replace(' authtoken keystonecontext ', ' noauth ')
    return pipelines.replace(' noauth ', ' anyone noauth ') + _ANYONE
