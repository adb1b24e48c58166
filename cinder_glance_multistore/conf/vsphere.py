"""Options of a Glance store of type ``vsphere``, in the store's section.

Those that begin with ``vmware_`` are upstream's, with upstream's names and
meaning; those that begin with ``vsphere_`` are ours.
"""

from oslo_config import cfg

#: The section is called as the store is.
GROUP = cfg.OptGroup(
    'vsphere',
    title='A store of type vsphere',
    help='These options stand in the section of each store of type vsphere, '
         'which has the name of the store.')

OPTS = [
    cfg.StrOpt(
        'vmware_server_host', sample_default='vcenter.example.org',
        help="""
Address of the vCenter (or ESX host), with a port if it is not 443:
``vcenter.example.org``, ``192.0.2.5:8443``, ``[2001:db8::5]:8443``.

It is part of every image's location: images written under one address are
not found under another.
"""),
    cfg.StrOpt(
        'vmware_server_username', sample_default='glance@vsphere.local',
        help="""
Who logs in. The user needs to see the datacenters and datastores
(``System.View``, ``System.Read``), and ``Datastore.Browse`` and
``Datastore.FileManagement`` on the datastores.
"""),
    cfg.StrOpt(
        'vmware_server_password', secret=True,
        help='The password of that user.'),
    cfg.IntOpt(
        'vmware_api_retry_count', default=10, min=1,
        help="""
How often a call is repeated whose connection broke off or that the vCenter
is too busy for.

A call is never repeated for longer than ``vsphere_timeout``. A lower value
tells users sooner that the vCenter is away; a higher one bears with one that
starts again.
"""),
    cfg.IntOpt(
        'vmware_task_poll_interval', default=5, min=1,
        help="""
Seconds between two looks at a task of the vCenter (a file's move or
deletion), at most.

The first looks come much sooner, because most tasks take a moment. A higher
value spares the vCenter where they do not.
"""),
    cfg.StrOpt(
        'vmware_store_image_dir', default='/openstack_glance',
        help="""
The folder on each datastore that images lie in. It is made where it is not
there.

Change it only where there are no images yet: those in the old one are not
this store's any more.
"""),
    cfg.BoolOpt(
        'vmware_insecure', default=False, deprecated_name='vmware_api_insecure',
        help="""
Whether any certificate is believed.

Switched on, whoever can stand between Glance and the vCenter gets the
password. It does not count where ``vmware_ca_file`` is set.
"""),
    cfg.StrOpt(
        'vmware_ca_file', sample_default='/etc/glance/vcenter-ca.pem',
        help="""
The CAs, in PEM, that may have signed the vCenter's certificate. By default
those that python-requests brings.

Variables of the environment (``REQUESTS_CA_BUNDLE``, ``SSL_CERT_FILE``) do
not count.
"""),
    cfg.MultiStrOpt(
        'vmware_datastores',
        help=r"""
A datastore that images are written to:
``<datacenter path>:<datastore>:<weight>``. Give it once for each.

The weight is any integer, 0 where there is none; what it means is up to
``vsphere_policy``, by default the highest comes first. A datastore of a
storage pod (datastore cluster) may be given as ``<pod>/<datastore>``, and
``<pod>/`` alone stands for all datastores that are in the pod at that time.
One that is given by its own name keeps its own weight.

A colon, a slash or a backslash in a name is written ``\:``, ``\/`` or
``\\``. Slashes of the datacenter's path are left as they are.
"""),
    cfg.StrOpt(
        'vmware_datacenter_path', default='ha-datacenter',
        deprecated_for_removal=True,
        deprecated_reason='vmware_datastores names the datacenter.',
        help="""
The path of the datacenter of ``vmware_datastore_name``.
"""),
    cfg.StrOpt(
        'vmware_datastore_name',
        deprecated_for_removal=True,
        deprecated_reason='vmware_datastores takes one datastore or more.',
        help="""
The one datastore that images are written to, where ``vmware_datastores`` is
not set.
"""),
    cfg.StrOpt(
        'vsphere_policy', default='weight',
        help="""
In which order the datastores that have room are tried.

``weight``: the highest weight first, then the most room. ``lowest-first``:
the lowest weight first. ``most-free``: the most room, whatever the weights.
``round-robin`` and ``random`` spread images over all datastores. Other
packages may add more.
"""),
    cfg.StrOpt(
        'vsphere_min_free', default='0',
        help="""
What no upload may take of a datastore: bytes, with a suffix of K, M, G or T
(powers of 1024) if you like, or a share such as ``5%``.

A higher value leaves room for virtual machines, which stop when their
datastore is full; images that would cut into it go to the next datastore.
"""),
    cfg.FloatOpt(
        'vsphere_inventory_age', default=5.0, min=0.0,
        help="""
Seconds for which what the vCenter said of its datastores is used again.

A higher value asks it less often when many images come at once; a datastore
that somebody else fills, or that goes into maintenance, is noticed later.
What uploads write meanwhile is counted, those of other hosts too where they
share ``vsphere_reservations`` and have the same value here.
"""),
    cfg.FloatOpt(
        'vsphere_timeout', default=60.0, min=0.1,
        help="""
Seconds that the vCenter may take to answer, or to take the next bytes.

A lower value finds a dead vCenter sooner; a higher one bears with a slow
one. While it does not answer, the store is unavailable; it is asked again at
each use.
"""),
    cfg.FloatOpt(
        'vsphere_sweep_interval', default=3600.0, min=0.0,
        help="""
Seconds between two searches for what uploads left whose process was killed,
on each datastore. The first comes soon after the start. 0: never.

A lower value frees the room sooner and lists the image folder of every
datastore more often.
"""),
    cfg.StrOpt(
        'vsphere_reservations', secret=True,
        default='sqlite:////var/lib/glance/multistore/reservations.sqlite',
        help="""
The database of bytes promised to uploads under way.

An SQLite file (on a local disk, not on NFS) serves all processes of one host;
they must be able to write to it and to its directory. Where several hosts
write to the same datastores, name a database they share, such as
``mysql+pymysql://user:password@host/database`` or ``postgresql+psycopg2://``.
Its tables are made at the first use.

When it cannot be used, uploads go on by measured free space alone, with a
warning in the log.
"""),
    cfg.FloatOpt(
        'vsphere_reservation_wait', default=10.0, min=0.0,
        help="""
Seconds an upload waits for room that is only promised to others, before it is
refused. Less than ``vsphere_inventory_age`` refuses images that would fit:
what was written a moment ago is counted twice for that long.
"""),
]


def register_opts(conf, group=GROUP):
    """Register the options in a store's section."""
    conf.register_opts(OPTS, group=group)


def list_opts():
    """Return ``{group: options}`` for ``oslo-config-generator``."""
    return {GROUP: OPTS}
