"""Options of ``[multistore_store_<id>]``, a section for each image store.
"""

from oslo_config import cfg

PREFIX = 'multistore_store_'

#: Stands for the section of any store.
GROUP = cfg.OptGroup(
    f'{PREFIX}ID',
    title='What images get in one store',
    help='In cinder.conf, a section for each image store that needs one: '
         '[multistore_store_fast] for the store whose id is "fast". It says '
         'what applies to images that volumes are uploaded to there, where '
         'the request says nothing. A section each is more to write than one '
         'option with a list, and can say anything of a store that is in any '
         'file of --config-dir. Two stores whose ids differ in case alone '
         'cannot both have one.')

OPTS = [
    cfg.StrOpt(
        'disk_format', choices=[
            'raw', 'vmdk', 'vdi', 'qcow2', 'vhd', 'vhdx', 'ploop'],
        help="""
The disk format of an image whose request names none.

Not set, it is ``raw``. Anything else is converted on the volume node, which
takes room in ``image_conversion_dir`` and time. The ``cinder`` and
``openstack`` commands always send a format (``raw``, unless told), so this
is for those who speak the API. Encrypted volumes are uploaded raw whatever
it says.
"""),
    cfg.StrOpt(
        'container_format', choices=[
            'bare', 'ovf', 'ova', 'compressed'],
        help="""
The container format of an image whose request names none; see
``disk_format``.

Not set, it is ``bare``. ``compressed`` needs
``allow_compression_on_image_upload``.
"""),
    cfg.StrOpt(
        'visibility', choices=['private', 'shared', 'community', 'public'],
        help="""
The visibility of an image whose request names none.

Not set, it is ``private``. It is as if the user had asked for it: who may
not make public images is refused to upload to a store with ``public`` here,
unless the request says otherwise. Requests with a microversion before 3.1
have no visibility, and Glance decides.
"""),
    cfg.DictOpt(
        'properties', default={},
        help="""
Properties that an image in this store gets, where it does not have them from
its volume: ``hw_disk_bus:scsi,hw_scsi_model:virtio-scsi``.

They are set before the first byte is sent. Where Glance refuses one, because
of its property protections or quotas, the upload fails and says so; an image
without them would be found out later.
"""),
]


def group_of(store_id):
    """Return the name of a store's section."""
    return f'{PREFIX}{store_id}'


def register_opts(conf, group=GROUP):
    """Register the options in a store's section."""
    conf.register_opts(OPTS, group=group)


def list_opts():
    """Return ``{group: options}`` for ``oslo-config-generator``."""
    return {GROUP: OPTS}
