"""The catalogue and the checks on the command line: ``api-validation``."""

import argparse
import json
import sys

from api_validation import catalogue as catalogues
from api_validation.checks import MODES
from api_validation.checks import STANDARD
from api_validation.checks import validate
from api_validation.errors import ApiValidationError
from api_validation.stores import StoresDocument
from api_validation.text import printable
from api_validation.text import quoted

OK, REFUSED, MISUSED = 0, 1, 2


def main(arguments=None):
    """Run one command; return its exit status.

    0: done, or nothing to refuse. 1: extra specs were refused, or nothing
    was found. 2: the command was not understood, or a file cannot be read.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ApiValidationError, OSError, ValueError,
            RecursionError) as error:
        print(f'api-validation: {printable(str(error), 2000)}',
              file=sys.stderr)
        return MISUSED


def _parser():
    parser = argparse.ArgumentParser(
        prog='api-validation',
        description='What a volume type may say: the extra specs of Cinder.')
    commands = parser.add_subparsers(required=True, metavar='command')

    count = commands.add_parser(
        'count', help='count the definitions, and those that check values')
    count.set_defaults(run=_count)

    listing = commands.add_parser('list', help='list extra specs')
    listing.add_argument('text', nargs='?', default='',
                         help='a part of the name or description')
    listing.set_defaults(run=_list)

    show = commands.add_parser('show', help='show what a key means')
    show.add_argument('key')
    show.set_defaults(run=_show)

    check = commands.add_parser(
        'check', help='check extra specs; exit status 1 when refused')
    check.add_argument('specs', nargs='+', metavar='key=value')
    check.add_argument('--stored', action='append', default=[],
                       metavar='key=value',
                       help='what the type has already (repeatable)')
    check.add_argument('--stores', metavar='FILE',
                       help='the answer to GET /v2/info/stores; - reads it '
                            'from the standard input')
    check.add_argument('--mode', choices=MODES, default=STANDARD)
    check.set_defaults(run=_check)

    for command in (count, listing, show, check):
        command.add_argument('--json', action='store_true',
                             help='print JSON')
    return parser


def _count(options):
    catalogue = catalogues.default()
    count = catalogue.count()
    if options.json:
        _print_json({
            'definitions': count.definitions,
            'value_checks': count.value_checks,
            'share': round(count.share, 3),
            'scopes': len(catalogue.scopes)})
    else:
        print(f'{count.definitions} definitions in {len(catalogue.scopes)} '
              f'scopes and without one, {count.value_checks} of them '
              f'({count.share:.0%}) with value checks')
    return OK


def _list(options):
    found = sorted(catalogues.default().search(options.text),
                   key=lambda definition: definition.name)
    if options.json:
        _print_json([definition.to_dict() for definition in found])
    else:
        for definition in found:
            print(definition.name)
    return OK if found else REFUSED


def _show(options):
    catalogue = catalogues.default()
    definition = catalogue.find(options.key)
    if definition is None:
        scope = catalogue.meant(options.key)
        nearest = (catalogue.nearest(scope, options.key)
                   if scope is not None else None)
        meant = f' Did you mean {quoted(nearest)}?' if nearest else ''
        print(f'Nothing is known about {quoted(options.key)}.{meant}',
              file=sys.stderr)
        return REFUSED
    if options.json:
        _print_json(definition.to_dict())
        return OK
    print(definition.name)
    print(f'  {definition.description}')
    for name, text in definition.facts():
        print(f'  {name}: {text}')
    return OK


def _check(options):
    stores = None
    if options.stores:
        stores = StoresDocument.parse(_read_json(options.stores))
    report = validate(_pairs(options.specs), stored=_pairs(options.stored),
                      stores=stores, mode=options.mode)
    if options.json:
        print(report.to_json())
    elif report.errors or report.warnings:
        print(report.to_text())
    return OK if report.ok else REFUSED


def _pairs(words):
    pairs = {}
    for word in words:
        key, equals, value = word.partition('=')
        if not equals:
            raise ValueError(f'{quoted(word)} is not key=value')
        pairs[key] = value
    return pairs


def _read_json(name):
    if name == '-':
        return json.load(sys.stdin)
    with open(name, encoding='utf-8') as file:
        return json.load(file)


def _print_json(value):
    json.dump(value, sys.stdout, indent=2)
    print()


if __name__ == '__main__':
    sys.exit(main())
