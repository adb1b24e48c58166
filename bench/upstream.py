"""Plain upstream: its ``file`` driver, and Glance's readers before it."""

import warnings

from oslo_config import cfg
from oslo_utils.imageutils import format_inspector

with warnings.catch_warnings():
    # Of libraries of upstream's, about eventlet.
    warnings.simplefilter('ignore')
    from glance.common import utils as glance_utils
    from glance_store._drivers import filesystem

SHIPPED = 'shipped'
TUNED = 'tuned'
_CHUNK_SIZES = {SHIPPED: 64 << 10, TUNED: 1 << 20}


def file_store(kind, directory, thin=False):
    """Return the ``file`` driver as shipped, or with 1 MiB chunks."""
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.DictOpt('enabled_backends')])
    conf([], default_config_files=[])
    conf.set_override('enabled_backends', {kind: 'file'})
    # register_store_opts() would load every driver there is.
    conf.register_opts(filesystem.Store.OPTIONS, group=kind)
    group = {'filesystem_store_datadir': directory,
             'filesystem_thin_provisioning': thin}
    if kind == TUNED:
        group['filesystem_store_chunk_size'] = _CHUNK_SIZES[kind]
    for name, value in group.items():
        conf.set_override(name, value, group=kind)
    store = filesystem.Store(conf, backend=kind)
    store.configure()
    if store.chunk_size != _CHUNK_SIZES[kind]:
        raise AssertionError(f'{kind} has chunks of {store.chunk_size}')
    return store


def readers(data):
    """Return what a driver's ``add`` is given for a bare image."""
    return glance_utils.LimitingReader(
        glance_utils.CooperativeReader(
            format_inspector.InspectWrapper(data)), 1 << 60)
