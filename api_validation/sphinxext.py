"""Sphinx directives that write the reference page from the definitions.

``extra-specs`` writes a section for each scope of the catalogue, or one for
the scope that is its argument; ``extra-spec-reasons`` the list of reasons a
problem can have. ``:extra-spec:`image_service:store_id``` refers to a key.
Add ``api_validation.sphinxext`` to ``extensions`` in ``conf.py``.
"""

import re

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.util.nodes import nested_parse_with_titles

from api_validation import catalogue as catalogues
from api_validation.report import REASONS

_SPECIAL = re.compile(r'([\\*`_|<>])')
_QUOTED = re.compile(r"(?<!\w)'([^']+)'(?!\w)")
_LITERAL = ('Source',)


def escape(text):
    """Return a text that reStructuredText prints as it is.

    What is in quotes is to be written letter for letter, so it becomes a
    literal: ``'<is> True'`` with typographic quotes helps nobody.
    """
    parts = _QUOTED.split(text)
    return ''.join(
        f'``{part}``' if number % 2 else _SPECIAL.sub(r'\\\1', part)
        for number, part in enumerate(parts))


def definition_lines(definition):
    """Yield the reStructuredText of one definition."""
    yield f'.. extra-spec:: {definition.name}'
    yield ''
    yield f'   {escape(definition.description)}'
    yield ''
    for name, text in definition.facts():
        text = f'``{text}``' if name in _LITERAL else escape(text)
        yield f'   :{escape(name)}: {text}'
    yield ''


def scope_lines(catalogue, scope):
    """Yield the reStructuredText of a section for one scope."""
    title = f'{scope}:' if scope else 'Without a scope'
    yield title
    yield '-' * len(title)
    yield ''
    for definition in sorted(catalogue.in_scope(scope),
                             key=lambda definition: definition.name):
        yield from definition_lines(definition)


class ExtraSpecs(Directive):
    """``.. extra-specs:: [scope]``"""

    optional_arguments = 1
    has_content = False

    def run(self):
        catalogue = catalogues.default()
        scopes = self.arguments or _ordered(catalogue)
        for scope in scopes:
            if not catalogue.in_scope(scope):
                raise self.error(f'no extra spec has the scope {scope!r}')
        return _parse(self, [line for scope in scopes
                             for line in scope_lines(catalogue, scope)])


class Reasons(Directive):
    """``.. extra-spec-reasons::``"""

    has_content = False

    def run(self):
        return _parse(self, [line for reason, meaning in REASONS.items()
                             for line in (f'``{reason}``',
                                          f'   {escape(meaning)}', '')])


def _ordered(catalogue):
    """Return the scopes, Cinder's own before those of drivers."""
    def order(scope):
        theirs = all(definition.read_by not in ('Cinder', 'the scheduler')
                     for definition in catalogue.in_scope(scope))
        return theirs, scope.casefold()

    return sorted(['', *catalogue.scopes], key=order)


def _parse(directive, lines):
    node = nodes.section()
    node.document = directive.state.document
    nested_parse_with_titles(
        directive.state,
        StringList(lines, source='the definitions of extra specs'), node)
    return node.children


def setup(app):
    """Register the directives; what Sphinx calls."""
    app.add_object_type('extra-spec', 'extra-spec',
                        indextemplate='pair: %s; extra spec')
    app.add_directive('extra-specs', ExtraSpecs)
    app.add_directive('extra-spec-reasons', Reasons)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
