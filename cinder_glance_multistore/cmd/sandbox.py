"""``multistore-sandbox``: real services to try and to test with.
"""

import argparse
import contextlib
import os
from pathlib import Path
import shlex
import signal
import sys

from cinder_glance_multistore.sandbox import caller
from cinder_glance_multistore.sandbox import clients
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.sandbox import surroundings

DEFAULT_DIRECTORY = Path('var', 'sandbox')
DEMO_DIRECTORY = Path('var', 'demo')
_MIB = 1024 * 1024


def main(argv=None):
    """Run one command; return its exit status."""
    arguments = _parser().parse_args(argv)
    os.umask(0o077)
    try:
        result = arguments.run(arguments)
        sys.stdout.flush()
        return result
    except BrokenPipeError:
        # Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except errors.SandboxError as error:
        print(f'multistore-sandbox: {error}', file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a directory of somebody else
        print(f'multistore-sandbox: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('multistore-sandbox: interrupted', file=sys.stderr)
        return 130


def up(arguments):
    sandbox = stack.Sandbox(
        arguments.dir, keystone=arguments.keystone or None,
        plugin=not arguments.without_plugin,
        upstream=arguments.with_upstream,
        chosen_ports={
            name: port for name in stack.SERVICES
            if (port := getattr(arguments, f'{name}_port'))},
        small_size=arguments.small_size * _MIB,
        options=_options(arguments), vcenter=arguments.vcenter, say=_say)
    sandbox.up(reset=arguments.reset)
    _print_status(sandbox)
    directory = shlex.quote(str(sandbox.layout.root))
    print('', *caller.for_clients(directory), sep='\n')
    return 0


def down(arguments):
    if not _sandbox(arguments, say=_say).down():
        print(f'Nothing of a sandbox in {arguments.dir} was running.')
    return 0


def start(arguments):
    _sandbox(arguments, say=_say).start(arguments.service)
    return 0


def stop(arguments):
    _sandbox(arguments, say=_say).stop(arguments.service)
    return 0


def status(arguments):
    """0 when everything that was ever started runs, otherwise 3."""
    sandbox = _sandbox(arguments)
    services = sandbox.status()
    if not services:
        print(f'There is no sandbox in {arguments.dir}.')
        return 3
    _print_status(sandbox)
    return 0 if all(service.pid for service in services) else 3


def env(arguments):
    sandbox = _sandbox(arguments)
    service = 'upstream' if arguments.upstream else 'cinder'
    if service not in sandbox.endpoints:
        raise errors.UnknownName(
            'Cinder', service,
            [name for name in sandbox.endpoints
             if name in ('cinder', 'upstream')])
    print(clients.shell(
        sandbox.client_environment(service, arguments.user)))
    return 0


def demo(arguments):
    """0 when everything was as said, otherwise 1."""
    # Its libraries (the clients) take a second to load; the others need none.
    # What is not installed is said before it is imported.
    surroundings.check()
    from cinder_glance_multistore.sandbox.demo import show
    # A supervisor's SIGTERM stops the services as ^C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return 0 if show.run(arguments.dir, _say, arguments.keep,
                         arguments.vcenter) else 1


def _sandbox(arguments, say=None):
    return stack.Sandbox(arguments.dir, say=say)


def _say(line):
    # Whoever closes the pipe (``| head``) has read enough: work goes on.
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)


def _print_status(sandbox):
    rows = [('SERVICE', 'STATE', 'PID', 'URL', 'LOG')]
    rows += [(service.name, 'running' if service.pid else 'stopped',
              str(service.pid or '-'), service.url, str(service.log))
             for service in sandbox.status()]
    _print_table(rows)
    print()
    rows = [('STORE', 'TYPE', 'WHERE')]
    for store, kind in layout.STORES.items():
        if kind == 'http':
            where = 'web servers; read-only'
        elif store == layout.SMALL_STORE and sandbox.small_refusal:
            where = f'not there: {sandbox.small_refusal}'
        else:
            where = ', '.join(map(str, sandbox.store_directories(store)))
        default = ' (default)' if store == layout.DEFAULT_STORE else ''
        rows.append((store + default, kind, where))
    if sandbox.has_vcenter:
        rows.append((layout.VCENTER_STORE, 'vsphere', ', '.join(
            f'{layout.DATACENTER}:{name}' for name in layout.DATASTORES)))
    _print_table(rows)


def _print_table(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print('  '.join(cell.ljust(width) for cell, width in
                        zip(row, widths, strict=True)).rstrip())


def _options(arguments):
    options = {}
    for service in stack.CONFIGURED:
        for setting in getattr(arguments, f'{service}_option'):
            name, _, value = setting.partition('=')
            section, _, option = name.rpartition('.')
            sections = options.setdefault(service, {})
            sections.setdefault(section or 'DEFAULT', {})[option] = value
    return options


def _setting(text):
    name, found, _ = text.partition('=')
    if not found or not name or name.endswith('.'):
        raise argparse.ArgumentTypeError(
            f'{text!r} is not SECTION.OPTION=VALUE')
    return text


def _port(text):
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not a port between 1 and 65535')
    return int(text)


def _mebibytes(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not a whole number of MiB, at least 1')
    return int(text)


def _parser():
    parser = argparse.ArgumentParser(
        prog='multistore-sandbox',
        description='Real Glance and real Cinder on 127.0.0.1, with '
                    'everything they write in one directory. No cloud, no '
                    'root; Keystone when asked for.')
    commands = parser.add_subparsers(required=True, metavar='COMMAND')

    def command(run, text, directory=DEFAULT_DIRECTORY):
        added = commands.add_parser(
            run.__name__, help=text, description=text)
        added.add_argument(
            '--dir', type=Path, default=directory,
            help='the directory of the sandbox (default: %(default)s)')
        added.set_defaults(run=run)
        return added

    starter = command(up, 'Start what does not run yet.')
    starter.add_argument(
        '--reset', action='store_true',
        help='stop everything and forget all data first')
    starter.add_argument(
        '--keystone', action='store_true',
        help='run Keystone too, with users, roles and service tokens; for '
             'the whole life of this sandbox')
    starter.add_argument(
        '--with-upstream', action='store_true',
        help='also run a Cinder without the plug-in, over the same Glance')
    starter.add_argument(
        '--without-plugin', action='store_true',
        help='run the first Cinder without the plug-in too')
    starter.add_argument(
        '--small-size', type=_mebibytes, metavar='MIB',
        default=stack.DEFAULT_SMALL_SIZE // _MIB,
        help='size of the file system of the store "small" '
             '(default: %(default)s)')
    for service in stack.SERVICES:
        starter.add_argument(
            f'--{service}-port', type=_port, metavar='PORT',
            help=f'port of {service} (default: a free one, then the same)')
        if service not in stack.CONFIGURED:
            continue
        starter.add_argument(
            f'--{service}-option', type=_setting, action='append',
            default=[], metavar='SECTION.OPTION=VALUE',
            help=f'set an option in the configuration of {service}')
    command(down, 'Stop what was started; data stays.')
    for run, text in ((start, 'Start one service, as "up" without options '
                              'would.'),
                      (stop, 'Stop one service.')):
        command(run, text).add_argument(
            'service', metavar='SERVICE', help=', '.join(stack.SERVICES))
    command(status, 'Show what runs, and where.')
    surroundings_of = command(
        env, 'Print what a shell needs for the clients cinder, glance and '
        'openstack.')
    surroundings_of.add_argument(
        '--upstream', action='store_true',
        help='for the Cinder without the plug-in')
    surroundings_of.add_argument(
        '--user', help='in a sandbox with Keystone: admin (the default), '
                       'member or reader')
    shower = command(
        demo, 'Show and check the main job, and what bad input gets, beside '
        'plain upstream; about two minutes. What the directory holds is '
        'forgotten first.', DEMO_DIRECTORY)
    shower.add_argument(
        '--keep', action='store_true',
        help='leave the sandbox running at the end')
    for each in (starter, shower):
        each.add_argument(
            '--vcenter', type=Path, metavar='DIRECTORY',
            help='run the simulated vCenter whose program is there, with a '
                 'store "vc" on its datastores; "./run up --vcenter" and '
                 '"./run demo" build it')
    return parser


if __name__ == '__main__':
    sys.exit(main())
