"""``openstack volume type validate``: what is wrong with volume types."""

from osc_lib.command import command

import api_validation
from api_validation.text import printable
from api_validation.text import quoted
from cinder_glance_multistore.osc import cloud

_MODES = ('strict', 'standard', 'permissive')


class ValidateVolumeType(command.Lister):
    """Check the extra specs of volume types against the cloud as it is now

    Lists what is wrong. The exit status is 1 when there is an error.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'volume_types', metavar='<volume-type>', nargs='*',
            help='Volume type(s) to check (name or ID; default: all)')
        parser.add_argument(
            '--mode', choices=_MODES,
            help='How strictly to check (default: as the cloud checks, '
                 'else standard)')
        return parser

    def take_action(self, parsed_args):
        client = self.app.client_manager.multistore
        plugin = client.plugin()
        stores, zones = client.stores(), client.zones()
        volume_types = ([client.type(name)
                         for name in parsed_args.volume_types]
                        or client.types())
        rows = []
        for volume_type in volume_types:
            specs = dict(volume_type.extra_specs or {})
            if cloud.STORE_KEY in specs:
                specs[cloud.STORE_KEY] = plugin.aliases.resolve(
                    specs[cloud.STORE_KEY])
            report = api_validation.validate(
                specs, stores=stores, mode=parsed_args.mode or plugin.mode,
                availability_zones=zones or None)
            for severity, problems in (('error', report.errors),
                                       ('warning', report.warnings)):
                rows += [_row(volume_type, severity, problem)
                         for problem in problems]
        self._refused = any(row[3] == 'error' for row in rows)
        return ('Volume Type', 'Key', 'Value', 'Severity', 'Reason',
                'Problem'), rows

    def run(self, parsed_args):
        status = super().run(parsed_args)
        return status or int(self._refused)


def _row(volume_type, severity, problem):
    value = problem.value
    return (volume_type.name, printable(str(problem.key), 255),
            printable(value, 255) if isinstance(value, str)
            else quoted(value),
            severity, problem.reason, problem.message)
