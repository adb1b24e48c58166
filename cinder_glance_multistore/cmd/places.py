"""``multistore-places``: what stores are made of, and what lies where.
"""

import argparse
import contextlib
import dataclasses
from importlib import util
import json
import logging
import os
import sys
import warnings

from cinder_glance_multistore.placement.places import human

_COLUMNS = ('STORE', 'PLACE', 'WEIGHT', 'FREE', 'TOTAL', 'PROMISED',
            'STATE', 'REASON')


def main(argv=None):
    """Run one command; return its exit status."""
    arguments = _parser().parse_args(argv)
    if util.find_spec('glance_store') is None:
        print(f'multistore-places runs where glance-api does, and '
              f'glance_store is not installed here ({sys.executable}): pip '
              f'install cinder-glance-multistore[glance]', file=sys.stderr)
        return 1
    # What libraries and drivers warn of is for a service's log; what counts
    # here is said below.
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        from cinder_glance_multistore.stores import places
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        with contextlib.closing(
                places.Places(arguments.config_file)) as found:
            status = arguments.run(arguments, found)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except places.PlacesError as error:
        print(f'multistore-places: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def show(arguments, found):
    rows = found.rows()
    for store, reason in found.unseen.items():
        print(f'multistore-places: the places of the store {store} are not '
              f'known: {reason}', file=sys.stderr)
    for store, reason in found.unread.items():
        print(f'multistore-places: what is promised in the store {store} is '
              f'not known: {reason}', file=sys.stderr)
    if arguments.json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
    else:
        _print_table([_COLUMNS, *(
            (row.store, row.place, str(row.weight), _size(row.free),
             _size(row.total), _size(row.promised), row.state, row.reason)
            for row in rows)])
    return 1 if found.unseen else 0


def images(arguments, found):
    names = found.images(arguments.store, arguments.place)
    if arguments.json:
        print(json.dumps({'store': arguments.store,
                          'place': arguments.place,
                          'images': names}, indent=2))
    else:
        for name in names:
            print(name)
    return 0


def _size(size):
    return '-' if size is None else human(size)


def _print_table(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print('  '.join(cell.ljust(width) for cell, width in
                        zip(row, widths, strict=True)).rstrip())


def _parser():
    parser = argparse.ArgumentParser(
        prog='multistore-places',
        description='Show the directories of the stores of type multidir and '
                    'the datastores of those of type vsphere, or which '
                    'images lie in one of them. Reads only. Run it as the '
                    'user of glance-api, who may see more or less than '
                    'others.')
    parser.set_defaults(run=show)
    _add_common(parser, config_file=None, json=False)
    commands = parser.add_subparsers(metavar='COMMAND')
    text = ('List the images that lie in a directory or on a datastore, and '
            'would go with it.')
    listing = commands.add_parser(
        'images', help=text, description=text)
    # Both may stand before or after the command: what is not said again
    # there must not undo it.
    _add_common(listing, config_file=argparse.SUPPRESS,
                json=argparse.SUPPRESS)
    listing.add_argument('store', metavar='STORE')
    listing.add_argument(
        'place', metavar='PLACE',
        help='its name as it is shown: /srv/a, DC1:images-a')
    listing.set_defaults(run=images)
    return parser


def _add_common(parser, config_file, json):
    parser.add_argument(
        '--config-file', action='append', default=config_file,
        metavar='PATH',
        help='configuration of glance-api, may be given several times '
             '(default: what glance-api finds by itself)')
    parser.add_argument('--json', action='store_true', default=json,
                        help='print JSON, sizes in bytes')


if __name__ == '__main__':
    sys.exit(main())
