"""A ``multidir`` store for the contract."""

import os

from oslo_config import cfg

from cinder_glance_multistore.stores import multidir


def make_store(directories, home, **options):
    """Return a store of these directories, the first with most weight."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    store = multidir.Store(conf, backend='fast')
    values = {
        'multidir_directories': [
            f'{path}:{len(directories) - index}'
            for index, path in enumerate(directories)],
        'multidir_reservations':
            f'sqlite:///{os.path.join(home, "state", "ledger.sqlite")}',
        'multidir_timeout': 60.0,
        'multidir_reservation_wait': 2.0,
        **options}
    for name, value in values.items():
        conf.set_override(name, value, group='fast')
    store.configure(re_raise_bsc=True)
    return store
