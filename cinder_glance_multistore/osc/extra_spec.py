"""``openstack extra spec``: what can be written into a volume type."""

from osc_lib import exceptions
from osc_lib.command import command

from api_validation import catalogue as catalogues
from api_validation.text import quoted


class ListExtraSpec(command.Lister):
    """List the extra specs that volume types can have

    Needs no cloud: this is what is known of Cinder and its drivers, and of
    the packages installed here.
    """

    auth_required = False

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'text', metavar='<text>', nargs='?', default='',
            help='List only those with this in their name or description')
        parser.add_argument(
            '--scope', metavar='<scope>',
            help='List only those of this scope, such as "netapp"; '
                 '"" for those without one')
        parser.add_argument(
            '--long', action='store_true', default=False,
            help='List additional fields in output')
        return parser

    def take_action(self, parsed_args):
        catalogue = catalogues.default()
        scope = parsed_args.scope
        if scope is not None and not catalogue.in_scope(scope):
            raise exceptions.CommandError(
                f'No extra spec has the scope {quoted(scope)}. There are: '
                f'{", ".join(catalogue.scopes)}.')
        found = sorted(
            (definition for definition in catalogue.search(parsed_args.text)
             if scope is None or definition.scope == scope),
            key=lambda definition: definition.name)
        columns = ['Name', 'Value', 'Read By']
        if parsed_args.long:
            columns += ['Default', 'Deprecated', 'Description']
        return columns, [_row(definition, parsed_args.long)
                         for definition in found]


class ShowExtraSpec(command.ShowOne):
    """Show what an extra spec means and what it may be"""

    auth_required = False

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'key', metavar='<key>',
            help='Extra spec, such as "multiattach" or "provisioning:type"')
        return parser

    def take_action(self, parsed_args):
        catalogue = catalogues.default()
        key = parsed_args.key
        definition = catalogue.find(key)
        if definition is None:
            scope = catalogue.meant(key)
            nearest = (catalogue.nearest(scope, key)
                       if scope is not None else None)
            raise exceptions.CommandError(
                f'Nothing is known about {quoted(key)}.'
                + (f' Did you mean {quoted(nearest)}?' if nearest else ''))
        shown = {'Name': definition.name, 'Scope': definition.scope,
                 'Description': definition.description}
        for name, text in definition.facts():
            shown[name] = (f'{shown[name]}\n{text}' if name in shown
                           else text)
        return tuple(shown), tuple(shown.values())


def _row(definition, more):
    row = (definition.name,
           definition.value.describe() if definition.value else '',
           definition.read_by)
    if more:
        row += (definition.default or '', definition.deprecated or '',
                definition.description)
    return row
