"""Options of ``[multistore]`` on what volume types may say.
"""

from oslo_config import cfg

from cinder_glance_multistore.conf import multistore

GROUP = multistore.GROUP

OPTS = [
    cfg.StrOpt(
        'extra_specs_mode', default='standard', choices=[
            ('strict', 'refuse every key that nobody defined'),
            ('standard', 'refuse what is wrong or a typo by all appearance'),
            ('permissive', 'refuse nothing, warn in the log'),
        ],
        help="""
How strictly cinder-api checks the extra specs of volume types, when a type is
created with them and when they are set.

``standard`` refuses values that whoever reads the key cannot use, keys that
contradict what the type has already, unknown keys in a known scope, and
misspellings; keys nobody defined are let through with a warning in the log,
for a driver of yours may know them. ``strict`` refuses those too: nothing
unknown gets in, and a driver's own keys need a package that defines them.
``permissive`` only logs, for a look at what would be refused before it is.

The keys of ``image_service`` are refused in every mode when they are wrong:
an upload would fail on them.
"""),
    cfg.DictOpt(
        'store_aliases', default={},
        help="""
Image stores that have another name now, or have gone: ``old:new``, separated
by commas.

Cinder refuses to change a type that volumes use, so when a store is renamed
or retired its types would be stranded. With an alias they go on to say
``old``, and their images go to ``new``; a type that is told to use ``old``
from now on is stored with ``new``. An alias counts even while Glance still
has a store called ``old``, so that it can be emptied. It may lead to another
alias, but not in a circle: cinder-api and cinder-volume then do not start.
Both read it; give them the same.
"""),
]


def register_opts(conf):
    """Register the group and its options with a ``ConfigOpts``."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    """Return ``{group: options}`` for ``oslo-config-generator``."""
    return {GROUP: OPTS}
