"""A volume driver that needs nothing: files in a directory.
"""

import os

from cinder import exception
from cinder import interface
from cinder.volume.drivers import nfs


@interface.volumedriver
class DirectoryDriver(nfs.NfsDriver):
    """Cinder's NFS driver over a directory instead of a mounted share.

    Everything but mounting is the NFS driver's: volumes, snapshots, clones,
    extending, encryption, copies from and to images. Its mount points are
    plain directories, which whoever starts Cinder makes, and nothing runs as
    root. Volumes are not meant to be attached from another machine.
    """

    # Without a CI: nothing here runs in anybody's cloud.
    CI_WIKI_NAME = None

    def do_setup(self, context):
        # Past NfsDriver.do_setup, which wants mount.nfs installed.
        super(nfs.NfsDriver, self).do_setup(context)
        self.shares = {}
        self.set_nas_security_options(self._is_voldb_empty_at_startup)
        self._check_snapshot_support(setup_checking=True)
        self._execute_as_root = False

    def _ensure_share_mounted(self, share):
        directory = self._get_mount_point_for_share(share)
        if not os.path.isdir(directory):
            raise exception.NfsException(
                f'The directory {directory} for share {share} is missing')

    def _init_vendor_properties(self):
        """Extra specs of its own, as a vendor's driver reports them.

        They do nothing; ``[multistore] check_backends`` checks them.
        """
        return {
            'sandbox:tier': {
                'title': 'Tier', 'type': 'string',
                'description': 'Where volumes would lie.',
                'enum': ['gold', 'silver']},
            'sandbox:copies': {
                'title': 'Copies', 'type': 'integer',
                'description': 'How many there would be.',
                'minimum': 1, 'maximum': 3},
        }, 'sandbox'
