"""Options of the ``[multistore]`` group, read by cinder-api and cinder-volume.
"""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'multistore',
    title='Volume types and Glance stores',
    help='How Cinder checks the image store that a volume type names, and '
         'how it uploads volumes to it.')

OPTS = [
    cfg.FloatOpt(
        'stores_timeout', default=5.0, min=0.1,
        help="""
Seconds an API request waits for Glance to say which stores it has.

When Glance has not answered ``GET /v2/info/stores`` by then, the request gets
HTTP 503. A higher value lets a slow Glance answer; a lower one keeps
cinder-api's workers free when Glance hangs. Simultaneous requests share one
question to Glance.
"""),
    cfg.FloatOpt(
        'stores_cache_time', default=15.0, min=0.0,
        help="""
Seconds for which Glance's list of stores is used without asking again, when a
volume type is created with extra specs.

A higher value means fewer questions to Glance where many types are made; a
store removed or made read-only in Glance is noticed that much later, at the
latest when a volume is uploaded. A store that is not in the remembered list is
looked up afresh before it is refused. 0 asks each time. The extra specs of an
existing type, and an upload, are always checked afresh, because Cinder needs
Glance for them right afterwards.
"""),
    cfg.FloatOpt(
        'stores_stale_time', default=0.0, min=0.0,
        help="""
Seconds past ``stores_cache_time`` for which an old list still counts when
Glance cannot be asked.

0, the default, refuses with HTTP 503 rather than answer from an old list.
With a higher value volume types can be created with extra specs while Glance
is down for a short time, at the risk of naming a store that is gone. Setting
the extra spec of an existing type always needs Glance, because Cinder asks it
too.
"""),
    cfg.StrOpt(
        'upload_verify', default='hash', choices=[
            ('hash', 'size, status, stores, and a hash of every byte sent'),
            ('size', 'size, status and stores'),
        ],
        help="""
What is compared after a volume was uploaded to an image.

``hash`` hashes the bytes on their way out, in a native thread beside the
sending, and compares the result with what Glance computed from what it
received. It costs about 1.5 CPU seconds for each GB on the volume node; where
that node has a core to spare the upload takes no longer, where Glance runs on
the same few cores it does. ``size`` lets the kernel send the volume's file
(where the connection has no TLS), costs next to nothing, and finds an image
that is cut short, in the wrong store or not active, but not one whose bytes
were changed on the way.
"""),
    cfg.FloatOpt(
        'upload_settle_time', default=20.0, min=0.0,
        help="""
Seconds to wait, after an upload broke off, for Glance to take the image back
from ``saving`` to ``queued``, before the upload is tried again or given up.

Glance accepts data for a queued image only. It notices a broken connection at
once, but a proxy in front of it may hold the request longer.
"""),
    cfg.ListOpt(
        'upload_path', default=['image_service'],
        help="""
Which way the bits of an image take to its store: ``image_service`` through
glance-api, ``direct`` from the volume node into the store.

One word is for all stores, ``<store id>:<way>`` for one of them, for example
``image_service, fast:direct, far:direct``.

The direct path spares glance-api the bits and the hashing, which the volume
node does instead. In return the volume node needs Glance's configuration of
those stores, with its credentials (``glance_config_files``), and must reach
them; cinder-volume needs the role ``service`` in Glance. Where a store or
Glance does not allow it, the log says so once and the image service is used.
"""),
    cfg.ListOpt(
        'glance_config_files', default=[],
        help="""
Configuration files of glance-api, or copies of them with ``enabled_backends``,
``[glance_store]``, ``hashing_algorithm`` and the sections of the stores, for
the direct path. By default they are looked for where glance-api looks.

They hold credentials of the stores: let only the user of cinder-volume read
them. They must say what glance-api's say: what is written with other options
may be in a place where Glance does not look.
"""),
    cfg.ListOpt(
        'upload_without_size', default=[],
        help="""
Stores that are not told how large an image is, by id; ``*`` for all.

Name those of type ``swift`` where glance_store is 5.0 or newer: its driver
fails with an image of known size that is stored in segments (as it is from
``swift_store_large_object_size`` on, 5 GiB by default). The price is that
such a store cannot refuse, before the first byte, what it has no room for.
"""),
    cfg.IntOpt(
        'cleanup_interval', default=30, min=1,
        help="""
Seconds between attempts to delete the image records of uploads that failed
while Glance could not be reached.

Records are remembered in Cinder's database until Glance has deleted them, so
a restart loses none, unless the volume is deleted before that.
"""),
]


def register_opts(conf):
    """Register the group and its options with a ``ConfigOpts``."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    """Return ``{group: options}`` for ``oslo-config-generator``."""
    return {GROUP: OPTS}
