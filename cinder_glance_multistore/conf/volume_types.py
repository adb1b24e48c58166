"""Options of ``[multistore]`` on what volume types may say.
"""

from oslo_config import cfg

from cinder_glance_multistore.conf import multistore

GROUP = multistore.GROUP

OPTS = [
    cfg.StrOpt(
        'extra_specs_mode', default='standard', choices=[
            ('strict', 'refuse keys that nobody defined, and zones that do '
             'not exist, too'),
            ('standard', 'refuse what is wrong or a typo by all appearance'),
            ('permissive', 'refuse nothing, warn in the log'),
        ],
        help="""
How strictly cinder-api checks the extra specs of volume types, when a type is
created with them and when they are set.

``standard`` refuses values that whoever reads the key cannot use, keys that
contradict what the type has already, unknown keys in a known scope, and
misspellings; keys nobody defined are let through with a warning in the log,
for a driver of yours may know them, and so are availability zones that do not
exist, for their services may be yet to come. ``strict`` refuses those too:
nothing unknown gets in, a driver's own keys need a package that defines them,
and a zone needs a cinder-volume before a type can name it.
``permissive`` only logs, for a look at what would be refused before it is.

The keys of ``image_service`` are refused in every mode when they are wrong:
an upload would fail on them.
"""),
    cfg.BoolOpt(
        'check_backends', default=False,
        help="""
Whether the extra specs of a vendor are checked against the back ends too.

On, cinder-api asks the cinder-volume services that a type's
``volume_backend_name`` leads to which keys of their own they have and what
those may be (``get_capabilities``), when such keys are set. That finds what
only this version of this driver knows, and costs a message to each
cinder-volume once in ``backends_cache_time``. Where none of the back ends that
answer takes a key, it is refused. A back end that is down, does not answer,
or is too old to say costs a line in the log, never a refusal. Off, only the
catalogue counts.
"""),
    cfg.FloatOpt(
        'backends_timeout', default=3.0, min=0.1,
        help="""
Seconds an API request waits for all back ends together to say which extra
specs they know. Those that have not answered by then are left out, until
``backends_cache_time`` later. A higher value bears with slow drivers.
"""),
    cfg.FloatOpt(
        'backends_cache_time', default=60.0, min=0.0,
        help="""
Seconds for which a back end's answer, or silence, is remembered. A higher
value asks less often; a driver that was upgraded is known that much later.
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
