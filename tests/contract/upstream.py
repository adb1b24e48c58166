"""Upstream's ``file`` store, put to the same contract. It is not kept there.
"""

from glance_store._drivers import filesystem
from oslo_config import cfg


def make_store(directories, home, **options):
    """Return a store of these directories, the first with most weight."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    store = filesystem.Store(conf, backend='old')
    conf.set_override('filesystem_store_datadir', '', group='old')
    conf.set_override('filesystem_store_datadirs', [
        f'{path}:{len(directories) - index}'
        for index, path in enumerate(directories)], group='old')
    for name, value in options.items():
        conf.set_override(name, value, group='old')
    store.configure(re_raise_bsc=True)
    return store
