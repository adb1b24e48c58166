"""The volume manager that ``volume_manager`` names."""

from cinder import exception
from cinder import objects
from cinder.volume import manager
from cinder.volume import volume_utils
from glanceclient import exc
from oslo_config import cfg
from oslo_log import log as logging

from cinder_glance_multistore.cinder import configuration
from cinder_glance_multistore.cinder import direct
from cinder_glance_multistore.cinder import image_service
from cinder_glance_multistore.cinder import janitor
from cinder_glance_multistore.cinder import journal
from cinder_glance_multistore.cinder import messages
from cinder_glance_multistore.cinder import retype
from cinder_glance_multistore.cinder import store_defaults
from cinder_glance_multistore.cinder import store_spec
from cinder_glance_multistore.conf import multistore
from cinder_glance_multistore.image_service import upload

CONF = cfg.CONF
# Of oslo.log: Cinder's get-log lists no other, and the status check asks it
# whether this module is loaded.
LOG = logging.getLogger(__name__)
multistore.register_opts(CONF)


class VolumeManager(manager.VolumeManager):
    """Cinder's volume manager, with uploads that are whole or fail."""

    def __init__(self, *args, **kwargs):
        configuration.check()
        super().__init__(*args, **kwargs)
        retype.spare(self.driver)
        self._uploader = upload.Uploader(
            attempts=1 + CONF.glance_num_retries,
            verify=CONF.multistore.upload_verify,
            settle_time=CONF.multistore.upload_settle_time,
            without_size=CONF.multistore.upload_without_size)
        self._direct = direct.DirectPath(self._uploader)
        self._janitor = janitor.Janitor(self._direct)

    def init_host(self, added_to_cluster=None, **kwargs):
        """Start; delete the image records that a crash left behind.

        Volumes leave ``uploading`` by Cinder's own clean-up, because
        :meth:`copy_volume_to_image` makes the worker row that it needs.
        """
        super().init_host(added_to_cluster=added_to_cluster, **kwargs)
        self._janitor.adopt(journal.of_host(self.host))

    def _do_cleanup(self, ctxt, vo_resource):
        # Also called for the volumes of another host of the cluster, which
        # is not going to start and look after its own.
        uploading = (isinstance(vo_resource, objects.Volume) and
                     vo_resource.status == 'uploading')
        keep_worker = super()._do_cleanup(ctxt, vo_resource)
        if uploading:
            self._janitor.adopt(
                entry for entry in journal.of_volume(vo_resource.id)
                if entry.host != self.host)
        return keep_worker

    def copy_volume_to_image(self, context, volume_id, image_meta):
        """Upload a volume to Glance, whole and to the store of its type.

        :param image_meta: dict with 'id', 'container_format', 'disk_format'
        :raises: what made the upload fail, when the volume is back in its
            state and the image record is gone or soon to be
        """
        image_id = image_meta['id']
        volume = objects.Volume.get_by_id(context, volume_id)
        page = journal.Page(journal.Entry(volume_id, image_id, self.host))
        try:
            store_spec.resolve_for(volume)
            self._set_worker(volume)
            page.note()
            stores = self._upload(context, volume, image_meta, page)
        except Exception as error:
            LOG.error('Volume %s could not be uploaded to image %s: %s',
                      volume_id, image_id, error)
            messages.upload_failed(context, volume_id, error)
            self._discard(page.entry, context, error)
            raise
        else:
            journal.end(page.entry)
            LOG.info('Volume %s is image %s, in image store %s', volume_id,
                     image_id, ', '.join(stores) or '(default)')
        finally:
            self.db.volume_update_status_based_on_attachment(context,
                                                             volume_id)
            volume.unset_worker()

    def _discard(self, entry, context, error):
        # Glance may have taken what it got for all there is: the image can
        # be active, of data known to be wrong or cut short, and nobody may
        # start from it. An image that was not queued before the first byte
        # has data of somebody else.
        if not isinstance(error, exc.HTTPConflict):
            try:
                entry = journal.condemn(entry)
            except Exception:
                LOG.exception('The failed upload of volume %s could not be '
                              'noted', entry.volume_id)
                entry = entry._replace(condemned=True)
        self._janitor.discard(entry, context)

    @staticmethod
    def _set_worker(volume):
        """Let Cinder find the volume if this process dies (C6).

        Upstream makes no worker row for an upload, so its own clean-up of
        volumes in ``uploading`` never runs.
        """
        try:
            volume.set_worker()
        except exception.CleanableInUse:
            LOG.warning('Volume %s has a worker already; it will not leave '
                        "'uploading' by itself if this service dies now",
                        volume.id)

    def _upload(self, context, volume, image_meta, page):
        """Return the ids of the stores that the image is in then."""
        volume_utils.require_driver_initialized(self.driver)
        store_id = store_spec.extra_specs(volume).get(store_spec.KEY)
        store_defaults.add_properties(context, store_id, image_meta['id'])
        service = image_service.UploadImageService(
            self._uploader, store_id, self._direct, page)
        if not (self.driver.configuration.image_upload_use_cinder_backend and
                self._clone_image_volume_and_add_location(
                    context, volume, service, image_meta)):
            self.driver.copy_volume_to_image(context, volume, service,
                                             image_meta)
        if service.result is not None:
            return service.result.stores
        return service.look(context, image_meta['id'])
