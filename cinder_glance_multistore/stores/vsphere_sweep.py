"""What uploads left on datastores whose process was killed.

Never is a live upload's file deleted. Of a process of this host its name
says whether it lives; of another's, the reservations do; and what neither
knows stays for :data:`LEASE` seconds after the last write.
"""

import logging

from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import files

LOG = logging.getLogger(__name__)

#: Longer than an upload may take: a datastore need not say when a file that
#: is still open was written to last.
LEASE = 24 * 3600.0


def sweep(files_, datastores, folder, ledger):
    """Delete leftovers, never a live upload's file.

    :param datastores: :class:`~..vsphere.inventory.Datastore` objects
    :param folder: where images lie in each
    :returns: the :class:`~..vsphere.files.Path` of each that is gone
    """
    gone = []
    for datastore in datastores:
        if datastore.unusable or datastore.browser is None:
            continue
        folder_of = files.Path(datastore.datacenter, datastore.name, folder,
                               '')
        try:
            for found in files_.list(folder_of, datastore.browser,
                                     f'{leftovers.PREFIX}*'):
                path = folder_of.named(found.name)
                if not _is_dead(files_, found, ledger):
                    continue
                try:
                    files_.delete(path, datastore.datacenter_ref)
                except (errors.Fault, files.FileMissing) as exc:
                    # One that cannot be deleted does not keep the others.
                    LOG.info('%s is not deleted: %s', path, exc)
                else:
                    gone.append(path)
        except errors.VSphereError as exc:
            LOG.debug('%s is not swept: %s', datastore.name, exc)
    return gone


def _is_dead(files_, found, ledger):
    writer = leftovers.writer(found.name)
    if writer is None:
        return False
    if writer.lives is not None:
        return not writer.lives
    try:
        if ledger.exists() and any(
                promise.key.startswith(writer.final)
                for promise in ledger.promises()):
            return False
    except placement_errors.LedgerUnavailable:
        return False
    if found.modified is None:
        return False
    return (files_.now() - found.modified).total_seconds() > LEASE
