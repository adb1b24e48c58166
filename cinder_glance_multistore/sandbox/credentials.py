"""Who there is in a sandbox with Keystone, and by which passwords.

Passwords are random, and lie in files that only their owner reads: the one
kept here, the configuration of the services, and what the clients read.
"""

import dataclasses
import json
import secrets
import threading

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import files

REGION = 'RegionOne'
#: The region whose block storage is the Cinder without the plug-in.
UPSTREAM_REGION = 'Upstream'
#: Keystone's own administrator, of the project that bootstrap makes.
ADMIN = 'admin'
ADMIN_PROJECT = 'admin'
#: The project whose users people and tests are.
PROJECT = 'demo'
#: User -> role in that project.
USERS = {'admin': 'admin', 'member': 'member', 'reader': 'reader'}
SERVICE_PROJECT = 'service'
#: User -> roles in the service project. Cinder deletes images of others.
SERVICE_USERS = {'cinder': ('admin', 'service'), 'glance': ('service',)}
SERVICE_ROLE = 'service'
DOMAIN = 'default'

_LOCK = threading.Lock()


def load(layout, in_use):
    """Return the passwords, user -> password; they are made when missing.

    :param in_use: whether there is a Keystone already that knows them
    :raises errors.SandboxError: they are in use, and their file is gone
    """
    # Services that start together must not make each their own.
    with _LOCK:
        try:
            return json.loads(layout.passwords.read_text(encoding='utf-8'))
        except FileNotFoundError:
            if in_use:
                raise errors.SandboxError(
                    f'{layout.passwords} is gone, and with it the passwords '
                    f'of the sandbox. Forget its data with "up --reset".'
                ) from None
        made = {user: secrets.token_urlsafe(24)
                for user in sorted({*USERS, *SERVICE_USERS})}
        files.write(layout.passwords, json.dumps(made, indent=2) + '\n')
        return made


@dataclasses.dataclass(frozen=True)
class Access:
    """A service's user, as sections of configuration.

    :ivar url: of Keystone
    """

    url: str
    user: str
    secret: str = dataclasses.field(repr=False)

    def password(self):
        """Return the options by which a service gets a token."""
        return {
            'auth_type': 'password',
            'auth_url': self.url,
            'username': self.user,
            'password': self.secret,
            'project_name': SERVICE_PROJECT,
            'user_domain_id': DOMAIN,
            'project_domain_id': DOMAIN,
        }

    def token_check(self):
        """Return the options of ``[keystone_authtoken]``."""
        return self.password() | {
            'www_authenticate_uri': self.url,
            'region_name': REGION,
            'service_token_roles': SERVICE_ROLE,
            'service_token_roles_required': True,
        }
