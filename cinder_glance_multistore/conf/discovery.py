"""Options of the ``[multistore_discovery]`` group, read by glance-api.
"""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'multistore_discovery',
    title='What glance-api says of its stores',
    help='Read by the paste filter "multistore" in glance-api.')

OPTS = [
    cfg.ListOpt(
        'draining_stores', default=[],
        help="""
Ids of stores that take no new images, such as one that is to be retired.

What lies in them is read and deleted as ever. Uploads, imports and copies into
them are refused with HTTP 409, and ``/v2/info/stores`` says so to everybody.
Every glance-api needs the same list and a restart; one that has another still
takes images. If the default store is named, an upload that names no store is
refused too: change ``default_backend`` first.
"""),
    cfg.FloatOpt(
        'refresh_interval', default=30.0, min=0.1,
        help="""
Seconds between two looks at a store, by each worker of glance-api.

A lower value finds a full or lost store sooner, and asks each store (a file
system, a vCenter) that much more often: once for each worker and interval.
Requests never wait for it, apart from the first one of a worker.
"""),
    cfg.FloatOpt(
        'timeout', default=15.0, min=0.1,
        help="""
Seconds a look at a store may take before the store is called unavailable.

Until then the last view of it is shown. A lower value finds a store that hangs
sooner; a higher one bears with slow stores. It should be more than
``multidir_timeout`` of any store, after which a store leaves out one directory
that hangs and goes on with the others.
"""),
]


def register_opts(conf):
    """Register the group and its options with a ``ConfigOpts``."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    """Return ``{group: options}`` for ``oslo-config-generator``."""
    return {GROUP: OPTS}
