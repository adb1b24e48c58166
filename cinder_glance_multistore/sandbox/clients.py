"""What the real clients need to talk to a sandbox.

Without Keystone ``openstack`` reads a clouds.yaml that names the endpoints,
``cinder`` and ``glance`` take theirs from variables. The same shell can use
all three. With Keystone all three take a user's name and password, from
variables; and ``openstack`` from a clouds.yaml too.
"""

import json
import os
import shlex

from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import layout as layouts

_CLOUDS = {'cinder': 'sandbox', 'upstream': 'sandbox-upstream'}
_REGIONS = {'cinder': credentials.REGION,
            'upstream': credentials.UPSTREAM_REGION}
# What a shell has for a sandbox without Keystone.
_NO_KEYSTONE = (
    'CINDER_ENDPOINT', 'CINDER_PROJECT_ID', 'Cinder_ENDPOINT',
    'Cinder_PROJECT_ID', 'Cinder_USER_ID', 'OS_AUTH_SYSTEM', 'OS_AUTH_TOKEN',
    'OS_CLIENT_CONFIG_FILE', 'OS_CLOUD', 'OS_IMAGE_URL')
# They would send a command to the cloud that the shell was set up for.
_FOREIGN = (
    'CINDER_ENDPOINT_TYPE', 'CINDER_PASSWORD', 'CINDER_USERNAME', 'OS_AUTH_PLUGIN', 'OS_AUTH_TYPE', 'OS_AUTH_URL',
    'OS_CACERT', 'OS_CERT', 'OS_DEFAULT_DOMAIN', 'OS_DOMAIN_ID',
    'OS_DOMAIN_NAME', 'OS_ENDPOINT_TYPE', 'OS_IDENTITY_API_VERSION',
    'OS_IMAGE_API_VERSION', 'OS_INTERFACE', 'OS_KEY', 'OS_PASSWORD',
    'OS_PROJECT_DOMAIN_ID', 'OS_PROJECT_DOMAIN_NAME', 'OS_PROJECT_ID',
    'OS_PROJECT_NAME', 'OS_REGION_NAME', 'OS_SERVICE_TYPE', 'OS_SYSTEM_SCOPE', 'OS_TENANT_ID',
    'OS_TENANT_NAME', 'OS_TOKEN', 'OS_TRUST_ID', 'OS_URL',
    'OS_USER_DOMAIN_ID', 'OS_USER_DOMAIN_NAME', 'OS_USER_ID', 'OS_USERNAME',
    'OS_VOLUME_API_VERSION')


def environment(layout, endpoints, service):
    """Return variables for the clients: name -> value, None to unset it.

    :param endpoints: service -> URL
    :param service: the Cinder they talk to, ``cinder`` or ``upstream``
    """
    return dict.fromkeys(_FOREIGN) | _without_proxy() | {
        # openstack, openstacksdk
        'OS_CLIENT_CONFIG_FILE': str(layout.clouds),
        'OS_CLOUD': _CLOUDS[service],
        # cinder. Not OS_AUTH_TYPE and not OS_VOLUME_API_VERSION, which
        # openstack reads too, and takes for more than the clouds.yaml.
        'OS_AUTH_SYSTEM': 'noauth',
        'CINDER_ENDPOINT': endpoints[service],
        'CINDER_PROJECT_ID': layouts.PROJECT,
        'Cinder_ENDPOINT': endpoints[service],
        'Cinder_PROJECT_ID': layouts.PROJECT,
        'Cinder_USER_ID': layouts.USER,
        # glance
        'OS_IMAGE_URL': endpoints['glance'],
        'OS_AUTH_TOKEN': f'{layouts.USER}:{layouts.PROJECT}',
    }


def user_environment(auth_url, user, password, service='cinder'):
    """Return variables for the clients, where there is Keystone.

    :param service: the Cinder they talk to, ``cinder`` or ``upstream``
    :returns: name -> value, None to unset it
    """
    return (dict.fromkeys(_FOREIGN) | dict.fromkeys(_NO_KEYSTONE) |
            _without_proxy() | {
        'OS_AUTH_URL': auth_url,
        'OS_IDENTITY_API_VERSION': '3',
        'OS_USERNAME': user,
        'OS_PASSWORD': password,
        'OS_PROJECT_NAME': credentials.PROJECT,
        'OS_USER_DOMAIN_ID': credentials.DOMAIN,
        'OS_PROJECT_DOMAIN_ID': credentials.DOMAIN,
        'OS_REGION_NAME': _REGIONS[service],
    })


def _without_proxy():
    no_proxy = ','.join(filter(None, [
        os.environ.get('no_proxy') or os.environ.get('NO_PROXY'),
        '127.0.0.1']))
    return {'no_proxy': no_proxy, 'NO_PROXY': no_proxy}


def shell(variables):
    """Return lines that make a shell set and unset variables."""
    lines = []
    unset = sorted(name for name, value in variables.items()
                   if value is None)
    if unset:
        lines.append('unset ' + ' '.join(unset))
    lines += [f'export {name}={shlex.quote(value)}'
              for name, value in variables.items() if value is not None]
    return '\n'.join(lines)


def write_clouds(layout, endpoints):
    """Write the clouds.yaml of a sandbox, a cloud for each Cinder."""
    text = 'clouds:\n'
    for service, cloud in _CLOUDS.items():
        if service in endpoints:
            text += _CLOUD.format(
                cloud=cloud, glance=endpoints['glance'],
                cinder=endpoints[service].removesuffix('/v3'),
                user=layouts.USER, project=layouts.PROJECT)
    files.write(layout.clouds, text)


def write_user_clouds(layout, auth_url, passwords, upstream):
    """Write clouds.yaml and an openrc of each user, where there is Keystone.

    :param passwords: user -> password
    :param upstream: whether there is a Cinder without the plug-in
    """
    clouds = {}
    for user in credentials.USERS:
        variables = user_environment(auth_url, user, passwords[user])
        files.write(layout.openrc(user), shell(variables) + '\n')
        for service, cloud in _CLOUDS.items():
            if service == 'upstream' and not upstream:
                continue
            name = cloud if user == credentials.ADMIN else f'{cloud}-{user}'
            clouds[name] = {
                'auth': {
                    'auth_url': auth_url,
                    'username': user,
                    'password': passwords[user],
                    'project_name': credentials.PROJECT,
                    'user_domain_id': credentials.DOMAIN,
                    'project_domain_id': credentials.DOMAIN,
                },
                'region_name': _REGIONS[service],
                'identity_api_version': '3',
                'block_storage_default_microversion': '3.70',
            }
    # JSON is YAML, and quotes what a password may begin with.
    files.write(layout.clouds, json.dumps({'clouds': clouds}, indent=2) + '\n')


# There is no identity service; commands that only ask it for names work.
_CLOUD = """\
  {cloud}:
    auth_type: admin_token
    auth:
      endpoint: {glance}
      token: '{user}:{project}'
    image_endpoint_override: {glance}
    block_storage_endpoint_override: {cinder}
    block_storage_default_microversion: '3.70'
    identity_api_version: '3'
    identity_endpoint_override: {glance}
"""
