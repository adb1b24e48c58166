"""Keystone of the sandbox: its configuration and the command that serves it.
"""

from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import uwsgi

NAME = 'keystone'
PACKAGES = ('keystone', 'oslo.db', 'SQLAlchemy')
SETUP = ('from cinder_glance_multistore.sandbox import keystone_setup; '
         'keystone_setup.main()',)

_APPLICATION = 'cinder_glance_multistore.sandbox.keystone_app'
_THREADS = 8


def config(layout):
    """Return the sections of keystone.conf."""
    data = layout.data(NAME)
    return {
        'DEFAULT': {'use_stderr': True},
        'database': {
            'connection': f'sqlite:///{layout.database(NAME)}?timeout=1',
            # A crash of the machine may cost a sandbox its database.
            'sqlite_synchronous': False,
        },
        'token': {'provider': 'fernet'},
        'fernet_tokens': {'key_repository': data / 'fernet'},
        'fernet_receipts': {'key_repository': data / 'receipts'},
        'credential': {'key_repository': data / 'credential'},
        # Passwords here are 192 random bits: nothing is gained by hashing
        # them slowly.
        'identity': {'password_hash_rounds': 4},
        'oslo_policy': {
            'policy_file': layout.config_dir(NAME) / 'policy.yaml'},
        'oslo_messaging_notifications': {'driver': 'noop'},
    }


def write_config(layout, sections):
    """Write the directory that ``OS_KEYSTONE_CONFIG_DIR`` names."""
    directory = layout.config_dir(NAME)
    files.write(directory / 'policy.yaml', '{}\n')
    files.write(directory / 'keystone.conf', ini.render(sections))


def config_files(layout):
    return [layout.config_dir(NAME) / 'keystone.conf']


def environment(layout):
    return {'OS_KEYSTONE_CONFIG_DIR': str(layout.config_dir(NAME))}


def command(port):
    """Return the command of the WSGI server."""
    return uwsgi.command(port, _APPLICATION, _THREADS)
