"""Options of the group ``[multistore]`` in tempest.conf.

Each says what the cloud under test can do. Off, or empty, its tests are
skipped; on, they must pass.
"""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'multistore', title='Volume types and Glance stores',
    help='What the cloud under test can do with several Glance stores.')

OPTS = [
    cfg.BoolOpt('plugin', default=False, help="""
Whether Cinder runs with cinder-glance-multistore: ``osapi_volume_extension``
in cinder-api, ``volume_manager`` in cinder-volume.

On, bad stores must be refused with messages that name the allowed ones, and
failed uploads must leave nothing and say why. Off, these tests are skipped.
"""),
    cfg.BoolOpt('discovery_filter', default=False, help="""
Whether glance-api runs the paste filter ``multistore``, which says of each
store what it is like.
"""),
    cfg.BoolOpt('read_only_store', default=False, help="""
Whether Glance has a store that takes no images, one of type http for example.
On, it must be found as such.
"""),
    cfg.StrOpt('fillable_store', default='', help="""
The id of a store that has less room than ``[volume] volume_size``. One volume
is uploaded to it and must fail. Other users of that store will find it full
meanwhile; name none that is in use. Empty: there is no such store.
"""),
    cfg.BoolOpt('vsphere_store', default=False, help="""
Whether Glance has a store of type vsphere or vmware, and Cinder can make vmdk
images.
"""),
    cfg.BoolOpt('store_weights', default=False, help="""
Whether the stores have different ``weight`` options. On, at least two of the
stores that take images must have.
"""),
    cfg.BoolOpt('encrypted_volumes', default=False, help="""
Whether Cinder can make LUKS volumes, with a key manager, and upload them.
"""),
    cfg.BoolOpt('show_multiple_locations', default=False, help="""
Whether Glance has the option of this name on. On, owners of images are told
where these lie, and may give them locations: the tests that they are not, and
may not, are skipped.
"""),
    cfg.StrOpt('retired_volume_type', default='', help="""
The name or id of a public volume type whose store is no longer in Glance.
The plug-in lets nobody make one, so it is made before the store is taken
away. Empty: there is none.
"""),
    cfg.StrOpt('glance_stop_command', default='', help="""
A command that stops glance-api on every node, and returns when it has
stopped; run without a shell. For tests that restart Glance: with
``glance_start_command`` empty or this one, they are skipped. They run alone.
Never set it where others use the cloud.
"""),
    cfg.StrOpt('glance_start_command', default='', help="""
A command that starts glance-api again, and returns when it answers.
"""),
]
