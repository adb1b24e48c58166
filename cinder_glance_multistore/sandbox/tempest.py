"""A tempest.conf for a sandbox with Keystone.
"""

import shlex

from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import layout as layouts
from cinder_glance_multistore.sandbox import surroundings

#: The public image that tempest makes volumes from.
IMAGE = 'tempest-reference'
_SIZE = 1024 * 1024


def reference_image(session, glance_url):
    """Return the id of the image; it is made when it is missing.

    :param session: keystoneauth session of an administrator
    :raises errors.SandboxError: Glance refused
    """
    from keystoneauth1 import exceptions
    images = f'{glance_url}/v2/images'
    try:
        found = session.get(
            f'{images}?name={IMAGE}&status=active&visibility=public',
            ).json()['images']
        if found:
            return found[0]['id']
        image_id = session.post(images, json={
            'name': IMAGE, 'visibility': 'public', 'disk_format': 'raw',
            'container_format': 'bare'}).json()['id']
        session.put(
            f'{images}/{image_id}/file', data=bytes(_SIZE),
            headers={'Content-Type': 'application/octet-stream'})
        return image_id
    except exceptions.ClientException as error:
        raise errors.SandboxError(
            f'Glance at {glance_url} did not take an image for tempest: '
            f'{error}') from error


def write_config(layout, auth_url, password, image_id, stores, plugin):
    """Write tempest.conf; tempest's other files go beside it.

    :param auth_url: of Keystone
    :param password: of Keystone's administrator
    :param image_id: of a public, active image
    :param stores: ids of the stores that there are
    :param plugin: whether Cinder has our plug-in
    """
    directory = layout.tempest_config.parent
    files.make_directory(directory)
    files.write(layout.tempest_config, ini.render(_sections(
        layout, directory, auth_url, password, image_id, stores, plugin)))


def _sections(layout, directory, auth_url, password, image_id, stores,
              plugin):
    return {
        'DEFAULT': {'log_file': directory / 'tempest.log'},
        'oslo_concurrency': {'lock_path': directory / 'lock'},
        'auth': {
            'use_dynamic_credentials': True,
            'create_isolated_networks': False,
            'admin_username': credentials.ADMIN,
            'admin_password': password,
            'admin_project_name': credentials.ADMIN_PROJECT,
            'admin_domain_name': 'Default',
        },
        'identity': {
            'uri_v3': auth_url,
            'auth_version': 'v3',
            'region': credentials.REGION,
        },
        'service_available': {
            'cinder': True, 'glance': True, 'nova': False, 'neutron': False,
            'swift': False, 'horizon': False,
        },
        'enforce_scope': {'cinder': True, 'glance': True},
        'compute': {'image_ref': image_id, 'image_ref_alt': image_id},
        'image': {
            'build_interval': 1,
            # Machines of CI have other things to do.
            'build_timeout': 600,
            'container_formats': 'bare,ami,ari,aki,ovf,ova,docker',
        },
        'image-feature-enabled': {
            'import_image': True,
            'store_weight_enabled': True,
        },
        'volume': {
            'catalog_type': 'block-storage',
            'min_microversion': '3.0',
            'max_microversion': 'latest',
            'build_interval': 1,
            'build_timeout': 600,
            'storage_protocol': 'nfs',
            'vendor_name': 'Open Source',
        },
        'volume-feature-enabled': {
            'backup': False,
            'snapshot': True,
            'clone': True,
            'manage_volume': False,
            'manage_snapshot': False,
            'extend_attached_volume': False,
        },
        'multistore': {
            'plugin': plugin,
            'discovery_filter': plugin,
            'read_only_store': 'web' in stores,
            'fillable_store': (layouts.SMALL_STORE
                               if layouts.SMALL_STORE in stores else ''),
            'vsphere_store': layouts.VCENTER_STORE in stores,
            'store_weights': True,
            # Cinder's NFS driver cannot upload them: qemu-img gets no key.
            'encrypted_volumes': False,
            'glance_stop_command': _command('stop', layout),
            'glance_start_command': _command('start', layout),
        },
    }


def _command(verb, layout):
    return shlex.join(surroundings.python(
        '-m', 'cinder_glance_multistore.cmd.sandbox', verb, 'glance',
        '--dir', str(layout.root)))
