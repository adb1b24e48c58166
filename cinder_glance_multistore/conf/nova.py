"""Options of the ``[vmware_multistore]`` group, read by nova-compute.

Nova's own stand in ``[vmware]``, under their own names.
"""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'vmware_multistore',
    title='Instances on vSphere start where their image already lies',
    help='Read by nova-compute-multistore, in nova.conf, where compute_driver '
         'is multistore.VMwareVCDriver.')

OPTS = [
    cfg.StrOpt(
        'policy', default='cached-first',
        help="""
In which order datastores are tried that are as good as each other.

A datastore that holds the image and has room always comes first. Among those,
and where there is none, ``cached-first`` takes the one on which Glance keeps
the image, then the highest of ``datastore_weights``, then the most room.
``weight`` does not look where Glance keeps it, ``most-free`` not at weights
either; ``round-robin`` and ``random`` spread instances. Other packages may add
more.
"""),
    cfg.MultiStrOpt(
        'datastore_weights', default=[],
        help="""
A datastore and its number: ``<name>:<number>``. Give it once for each; those
that are not named have 0.

What the number means is up to ``policy``; by default the highest comes first.
"""),
    cfg.StrOpt(
        'keep_free', default='0',
        help="""
What no new instance may take of a datastore: bytes, with a suffix of K, M, G
or T (powers of 1024) if you like, or a share such as ``5%``.

Disks that are linked or thin grow after the instance was started. A higher
value leaves room for that; instances that would cut into it go to another
datastore.
"""),
    cfg.BoolOpt(
        'link_across_datastores', default=False,
        help="""
Whether an instance may be put on one datastore with its disk linked to the
image cached on another, when those that hold the image have no room.

On, no image is copied and the instance starts at once; every read of what it
has not written itself goes to the other datastore, and it cannot run while
that one is away. Only datastores that are seen by each host of the cluster
that sees the instance's own are linked to. Leave it off where datastores are
maintained, replicated or backed up one by one.
"""),
    cfg.BoolOpt(
        'copy_between_datastores', default=True,
        help="""
Whether an image that is cached on another datastore is copied from there,
inside the vCenter, instead of downloaded from Glance.

Off, each datastore downloads images for itself, as upstream does; that is
slower, and spares the datastores a large read.
"""),
    cfg.ListOpt(
        'glance_vcenter_hosts', default=[],
        help="""
What ``vmware_server_host`` is in Glance's ``vsphere`` and ``vmware`` stores
that lie in this vCenter.

An image location that names one of them, or ``[vmware]host_ip``, is copied
inside the vCenter. Any other is not believed, and the image is downloaded.
"""),
    cfg.ListOpt(
        'glance_image_directories', default=['/openstack_glance'],
        help="""
``vmware_store_image_dir`` of those stores.

Only a file of the image's own id directly in one of them is taken for the
image. Without that, whoever may set image locations could have Nova copy any
file of the vCenter. Empty: every image is downloaded.
"""),
    cfg.IntOpt(
        'known_images_max_age', default=600, min=0,
        help="""
Seconds for which a list of the images cached on a datastore is used before the
datastore is listed again.

It is looked at before an instance is put on it, whatever the list says. A
higher value saves one search for each datastore; images that another
nova-compute has cached meanwhile are found that much later. 0 lists each
datastore at each spawn.
"""),
    cfg.IntOpt(
        'known_images_max', default=20000, min=1,
        help="""
How many cached images are remembered, each datastore's counted for itself.

Some 200 bytes each. When there are more, the oldest are forgotten, and their
datastores are listed again at the next spawn.
"""),
    cfg.StrOpt(
        'reservations', secret=True,
        default='sqlite:////var/lib/nova/multistore/reservations.sqlite',
        help="""
The database of bytes promised to spawns under way.

An SQLite file (on a local disk, not on NFS) serves all processes of one host;
they must be able to write to it and to its directory. Where several
nova-compute hosts serve one cluster or share datastores, name a database they
share, such as ``mysql+pymysql://user:password@host/database`` or
``postgresql+psycopg2://``. Its tables are made at the first use.

When it cannot be used, spawns go on by measured free space alone, with a
warning in the log.
"""),
    cfg.StrOpt(
        'capacity', default='upstream', choices=[
            ('upstream', "as Nova's own driver reports it"),
            ('usable', 'what instances can be given'),
        ],
        help="""
What is reported as DISK_GB.

``upstream``: the sum of all datastores to placement, the one with the most
free space as the hypervisor's disk. ``usable``: the sum in both; what
``keep_free`` keeps is reported as reserved, the largest disk as what one
datastore can give, and a cluster without any usable datastore as full instead
of failing. An instance larger than any one datastore can take is then never
scheduled here; changing it changes the figures that quotas and overcommit were
planned with.
"""),
]


def register_opts(conf):
    """Register the group and its options with a ``ConfigOpts``."""
    conf.register_group(GROUP)
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    """Return ``{group: options}`` for ``oslo-config-generator``."""
    return {GROUP: OPTS}
