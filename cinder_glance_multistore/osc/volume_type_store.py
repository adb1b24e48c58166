"""``openstack volume type store``: which store a type's images go to."""

from osc_lib import exceptions
from osc_lib.command import command

import api_validation
from api_validation.text import printable
from cinder_glance_multistore.osc import cloud

_BY_TYPE = 'extra spec'
_BY_DEFAULT = 'default store'


class ListVolumeTypeStore(command.Lister):
    """List volume types with the image store that their images go to"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--store', metavar='<store>',
            help='List only the volume types whose images go to this store '
                 '(ID)')
        return parser

    def take_action(self, parsed_args):
        client = self.app.client_manager.multistore
        aliases = client.plugin().aliases
        stores = client.stores()
        rows = [_row(volume_type, aliases, stores)
                for volume_type in client.types()]
        if parsed_args.store:
            rows = [row for row in rows if row[1] == parsed_args.store]
        return ('Volume Type', 'Store', 'Resolved By', 'State'), rows


class SetVolumeTypeStore(command.Command):
    """Set the image store that images of volumes of a type go to"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'volume_type', metavar='<volume-type>',
            help='Volume type to modify (name or ID)')
        parser.add_argument(
            'store', metavar='<store>',
            help='Image store (ID, see "openstack image stores list")')
        return parser

    def take_action(self, parsed_args):
        client = self.app.client_manager.multistore
        volume_type = client.type(parsed_args.volume_type)
        store = client.plugin().aliases.resolve(parsed_args.store)
        report = api_validation.validate({cloud.STORE_KEY: store},
                                         stores=client.stores())
        if not report.ok:
            raise exceptions.CommandError(report.to_text())
        try:
            client.set_spec(volume_type, cloud.STORE_KEY, store)
        except exceptions.CommandError as e:
            raise _with_way_out(e) from e


class UnsetVolumeTypeStore(command.Command):
    """Let images of volumes of a type go to the default store"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'volume_type', metavar='<volume-type>',
            help='Volume type to modify (name or ID)')
        return parser

    def take_action(self, parsed_args):
        client = self.app.client_manager.multistore
        volume_type = client.type(parsed_args.volume_type)
        if cloud.STORE_KEY not in (volume_type.extra_specs or {}):
            raise exceptions.CommandError(
                f"Volume type '{volume_type.name}' names no image store.")
        try:
            client.unset_spec(volume_type, cloud.STORE_KEY)
        except exceptions.CommandError as e:
            raise _with_way_out(e) from e


def _row(volume_type, aliases, stores):
    named = (volume_type.extra_specs or {}).get(cloud.STORE_KEY)
    if named is None:
        store_id, by = stores.default_id, _BY_DEFAULT
    else:
        store_id, by = aliases.resolve(named), _BY_TYPE
        if store_id != named:
            by = f"alias '{printable(named)}'"
    return (volume_type.name, printable(store_id or '', 255), by,
            _state(stores.get(store_id)))


def _state(store):
    if store is None:
        return 'missing'
    if store.status and not store.writable:
        return (f'{store.status} ({store.reason})' if store.reason
                else store.status)
    if store.read_only:
        return 'read-only'
    return 'available' if store.writable else 'reserved'


def _with_way_out(error):
    """Cinder's refusal to change a type in use, with what to do then."""
    if 'in use' not in str(error):
        return error
    return exceptions.CommandError(
        f'{error} Where its store was renamed or retired, name both in '
        f'[multistore] store_aliases of cinder.conf; else make a new type '
        f'and retype the volumes.')
