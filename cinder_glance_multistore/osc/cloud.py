"""What the commands ask of a cloud, by openstacksdk.

Everything here raises ``osc_lib.exceptions.CommandError`` with a sentence
where the cloud does not do what it is asked.
"""

import contextlib

from keystoneauth1 import exceptions as ksa_exc
from openstack import exceptions as sdk_exc
from osc_lib import exceptions

import api_validation
from cinder_glance_multistore.image_service import aliases
from cinder_glance_multistore.image_service import errors

STORE_KEY = 'image_service:store_id'
# What our plug-in in Cinder answers to those who may read extra specs.
_PLUGIN = '/cinder-glance-multistore'


class Plugin:
    """What our plug-in in Cinder says of its configuration.

    :ivar mode: ``extra_specs_mode``
    :ivar aliases: image_service.aliases.Aliases
    """

    def __init__(self, mode='standard', names=None):
        self.mode = mode
        self.aliases = aliases.Aliases(names or {})


class Cloud:
    """
    :param connection: openstack.connection.Connection
    """

    def __init__(self, connection):
        self._connection = connection

    # Each asks the cloud where it is, the first time.

    @property
    def _volume(self):
        return self._connection.block_storage

    @property
    def _image(self):
        return self._connection.image

    def types(self):
        """Return all volume types the caller sees, by name."""
        with _told('The volume types could not be read'):
            # Cinder takes the word, not the value.
            return sorted(self._volume.types(is_public='none'),
                          key=lambda each: each.name)

    def type(self, name):
        """Return the volume type of a name or id."""
        with _told(f"The volume type '{name}' could not be read"):
            found = self._volume.find_type(name, ignore_missing=True)
            if found is None:
                raise exceptions.CommandError(
                    f"There is no volume type '{name}'.")
            # The look-up by name need not bring the extra specs.
            return self._volume.get_type(found.id)

    def set_spec(self, volume_type, key, value):
        with _told(f"{key} of volume type '{volume_type.name}' was not set"):
            self._volume.update_type_extra_specs(volume_type, **{key: value})

    def unset_spec(self, volume_type, key):
        with _told(f"{key} of volume type '{volume_type.name}' was not "
                   f"unset"):
            self._volume.delete_type_extra_specs(volume_type, [key])

    def zones(self):
        """Return the names of Cinder's availability zones."""
        with _told("Cinder's availability zones could not be read"):
            return [zone.name for zone in self._volume.availability_zones()]

    def stores(self):
        """Return Glance's ``api_validation.StoresDocument``."""
        with _told("Glance's stores could not be read"):
            response = self._image.get('/info/stores')
            if response.status_code == 404:
                raise exceptions.CommandError(
                    'This Glance has one image store only: its '
                    'enabled_backends is not set, so no volume type can name '
                    'a store.')
            sdk_exc.raise_from_response(response)
            try:
                return api_validation.StoresDocument.parse(response.json())
            except (api_validation.ApiValidationError, ValueError) as e:
                raise exceptions.CommandError(
                    f"Glance's stores could not be read: {e}") from e

    def plugin(self):
        """Return a :class:`Plugin`, as by default where Cinder has none."""
        with _told("Cinder's store aliases could not be read"):
            response = self._volume.get(_PLUGIN)
            if response.status_code == 404:
                return Plugin()
            if response.status_code == 403:
                raise exceptions.CommandError(
                    'Your roles do not let you see which stores volume types '
                    'name (volume_extension:types_extra_specs:'
                    'read_sensitive).')
            sdk_exc.raise_from_response(response)
            try:
                said = response.json()['multistore']
                return Plugin(said['extra_specs_mode'], said['store_aliases'])
            except (AttributeError, KeyError, TypeError, ValueError,
                    errors.InvalidAliases) as e:
                raise exceptions.CommandError(
                    f'Cinder answered nonsense to GET {_PLUGIN}: {e!r}'
                ) from e


@contextlib.contextmanager
def _told(what):
    """Make a sentence of what openstacksdk, and what is below it, raises."""
    try:
        yield
    except (sdk_exc.SDKException, ksa_exc.ClientException) as e:
        detail = getattr(e, 'details', None) or getattr(e, 'message', e)
        raise exceptions.CommandError(f'{what}: {detail}') from e
