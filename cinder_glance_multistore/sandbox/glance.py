"""Glance of the sandbox: its configuration and the command that serves it.
"""

import re

from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import layout as layouts
from cinder_glance_multistore.sandbox import surroundings
from cinder_glance_multistore.sandbox import uwsgi
from cinder_glance_multistore.sandbox import vcenter

NAME = 'glance'
PACKAGES = ('glance', 'glance_store', 'oslo.db', 'SQLAlchemy')
SYNC = ('import sys; from glance.cmd.manage import main; sys.exit(main())',
        'db', 'sync')

# More than any test uploads at once: a request for the list of stores must
# not wait behind twenty uploads.
_THREADS = 32
_APPLICATION = 'cinder_glance_multistore.sandbox.glance_app'
_NOAUTH_APPLICATION = 'cinder_glance_multistore.sandbox.glance_noauth_app'


def config(layout, port, stores, access=None, vcenter_port=None):
    """Return the sections of glance-api.conf.

    :param stores: ids of the stores to have, a subset of ``layout.STORES``
    :param access: credentials.Access of the service's user, or None where
        there is no Keystone
    :param vcenter_port: of the sandbox's vCenter, which is one store more
    """
    data = layout.data(NAME)
    types = {store: layouts.STORES[store] for store in stores}
    if vcenter_port:
        types[layouts.VCENTER_STORE] = 'vsphere'
    sections = {
        'DEFAULT': {
            'use_stderr': True,
            'worker_self_reference_url': f'http://127.0.0.1:{port}',
            'enabled_backends': ','.join(
                f'{store}:{kind}' for store, kind in sorted(types.items())),
            'enabled_import_methods':
                '[glance-direct,web-download,copy-image]',
            'image_cache_dir': data / 'cache',
            'node_staging_uri': f'file://{data / "staging"}',
            # Without Keystone there are no registered limits.
            'limit_param_default': 500,
        },
        'glance_store': {'default_backend': layouts.DEFAULT_STORE},
        'os_glance_staging_store': {
            'filesystem_store_datadir': data / 'staging'},
        'os_glance_tasks_store': {
            'filesystem_store_datadir': data / 'tasks'},
        'database': _database(layout.database(NAME)),
        # Who plays with it does not want to wait half a minute.
        'multistore_discovery': {'refresh_interval': 2},
        'oslo_concurrency': {'lock_path': data / 'lock'},
        'oslo_policy': {
            'policy_file': layout.config_dir(NAME) / 'policy.yaml'},
        'paste_deploy': {
            'config_file': layout.config_dir(NAME) / 'glance-api-paste.ini',
            'flavor': 'keystone' if access else '',
        },
    }
    if access:
        sections['keystone_authtoken'] = access.token_check()
    for store in sorted(stores):
        sections[store] = {'weight': layouts.WEIGHTS[store]} | (
            _STORE_OPTIONS[layouts.STORES[store]](layout, store))
    if vcenter_port:
        sections[layouts.VCENTER_STORE] = {
            **vcenter.store_options(layout.data(vcenter.NAME), vcenter_port),
            'vsphere_reservations': f'sqlite:///{layout.reservations()}'}
    return sections


def _file(layout, store):
    return {
        'store_description': f'Files in {layout.store(store)}',
        'filesystem_store_datadir': layout.store(store),
    }


def _http(layout, store):
    return {'store_description': 'Images on web servers, read-only'}


def _multidir(layout, store):
    return {
        'store_description':
            f'Files in the directories of {layout.store(store)}',
        'multidir_directories': [
            re.sub(r'([\\:])', r'\\\1', str(layout.store(store) / name))
            + f':{weight}'
            for name, weight in layouts.DIRECTORIES[store].items()],
        'multidir_policy': layouts.POLICIES[store],
        'multidir_reservations': f'sqlite:///{layout.reservations()}',
    }


_STORE_OPTIONS = {'file': _file, 'http': _http, 'multidir': _multidir}


def write_config(layout, sections, filtered=True):
    """Write the directory that ``OS_GLANCE_CONFIG_DIR`` names.

    :param filtered: with our paste filter
    """
    directory = layout.config_dir(NAME)
    files.write(directory / 'glance-api-paste.ini', _paste(
        surroundings.shipped('glance', 'etc/glance/glance-api-paste.ini')
        .read_text(encoding='utf-8'), filtered))
    files.write(directory / 'policy.yaml', '{}\n')
    files.write(directory / 'glance-api.conf', ini.render(sections))


def _paste(shipped, filtered):
    """Return Glance's pipelines with our filter, as an operator has them."""
    def pipeline(line):
        # glance_noauth_app says who asks; this makes Glance believe it.
        text = line[0].replace('unauthenticated-context', 'context')
        if filtered:
            text = re.sub(r'\bcontext\b', 'context multistore', text)
        return text

    return (re.sub(r'(?m)^[\w+]+ = cors .*$', pipeline, shipped) +
            '\n[filter:multistore]\n'
            'paste.filter_factory = '
            'cinder_glance_multistore.glance.filter:factory\n')


def config_files(layout):
    return [layout.config_dir(NAME) / 'glance-api.conf']


def environment(layout):
    return {'OS_GLANCE_CONFIG_DIR': str(layout.config_dir(NAME))}


def command(port, noauth):
    """Return the command of the WSGI server.

    :param noauth: believe everyone
    """
    return uwsgi.command(
        port, _NOAUTH_APPLICATION if noauth else _APPLICATION, _THREADS)


def _database(path):
    return {
        'connection': f'sqlite:///{path}?timeout=1',
        # A crash of the machine may cost a sandbox its database.
        'sqlite_synchronous': False,
    }
