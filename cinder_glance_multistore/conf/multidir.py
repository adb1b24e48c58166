"""Options of a Glance store of type ``multidir``, in the store's section.

All others are upstream's, under their own names (``filesystem_store_...``).
"""

from oslo_config import cfg

#: The section is called as the store is.
GROUP = cfg.OptGroup(
    'multidir',
    title='A store of type multidir',
    help='These options, and those of the "file" store, stand in the section '
         'of each store of type multidir, which has the name of the store.')

OPTS = [
    cfg.MultiStrOpt(
        'multidir_directories',
        help=r"""
A directory that images are written to, and its number:
``<path>:<number>``. Give it once for each directory.

What the number means is up to ``multidir_policy``; by default the highest
comes first. Without one it is 0. A colon or backslash in the path is written
``\:`` or ``\\``.

Where this is not set, ``filesystem_store_datadirs`` or
``filesystem_store_datadir`` of the same section are taken as they stand.
"""),
    cfg.StrOpt(
        'multidir_policy', default='weight',
        help="""
In which order the directories that have room are tried.

``weight``: the highest number first, then the most room. ``lowest-first``:
the lowest number first. ``most-free``: the most room, whatever the numbers.
``round-robin`` and ``random`` spread images over all directories. Other
packages may add more.
"""),
    cfg.StrOpt(
        'multidir_min_free', default='0',
        help="""
What no upload may take of a directory's file system: bytes, with a suffix of
K, M, G or T (powers of 1024) if you like, or a share such as ``5%``.

A higher value leaves room for other users of the file system; images that
would cut into it go to the next directory.
"""),
    cfg.BoolOpt(
        'multidir_require_mount', default=False,
        help="""
Whether each directory must be a mount point.

Switch it on where each directory is a disk or share of its own: one that is
not mounted is then left out until it is, instead of being written to as an
ordinary directory of the disk below.
"""),
    cfg.FloatOpt(
        'multidir_timeout', default=10.0, min=0.1,
        help="""
Seconds a directory's file system may take to answer.

One that takes longer (an NFS server that does not answer) is left out until
it has answered. A lower value finds that sooner; a higher one bears with slow
servers. ``filesystem_store_timeout``, where it is set, is used instead.
"""),
    cfg.BoolOpt(
        'multidir_fsync', default=True,
        help="""
Whether an image is on the disk, and not only in memory, before Glance calls
it active.

Off, uploads end sooner, and a power cut may take images that were reported
as saved a few seconds before.
"""),
    cfg.IntOpt(
        'multidir_upload_memory', default=32, min=1,
        help="""
MiB of an image that are in memory at most while it is uploaded.

An upload never needs more than 10. Fewer save memory where many uploads run
at once; below 4 each of them is slower.
"""),
    cfg.StrOpt(
        'multidir_reservations', secret=True,
        default='sqlite:////var/lib/glance/multistore/reservations.sqlite',
        help="""
The database of bytes promised to uploads under way.

An SQLite file (on a local disk, not on NFS) serves all processes of one host;
they must be able to write to it and to its directory. Where several hosts
write to the same directories, name a database they share, such as
``mysql+pymysql://user:password@host/database`` or ``postgresql+psycopg2://``.
Its tables are made at the first use.

When it cannot be used, uploads go on by measured free space alone, with a
warning in the log.
"""),
    cfg.FloatOpt(
        'multidir_reservation_wait', default=5.0, min=0.0,
        help="""
Seconds an upload waits for room that is only promised to others, before it is
refused.
"""),
    cfg.BoolOpt(
        'multidir_adopt', default=False,
        help="""
Whether cinder-volume may write images into the directories itself, for Glance
to adopt (``upload_path = direct`` in cinder.conf).

Each directory then has a folder ``.multistore~incoming``. Whoever may write
to it can put images in with the help of a service's token, so give it to the
user of cinder-volume and to a group that Glance is in, and to nobody else.
Glance trusts the hashes that come with such a file.
"""),
]


def register_opts(conf, group=GROUP):
    """Register the options in a store's section."""
    conf.register_opts(OPTS, group=group)


def list_opts():
    """Return ``{group: options}`` for ``oslo-config-generator``."""
    return {GROUP: OPTS}
