"""A ``vsphere`` store for the contract."""

import json
import os

from oslo_config import cfg

from cinder_glance_multistore.stores import vsphere


def describe(home, vcenter):
    """Write down for :func:`make_store`, in any process, where it is."""
    with open(os.path.join(home, 'vcenter.json'), 'w') as file:
        json.dump({'vmware_server_host': vcenter.address,
                   'vmware_server_username': vcenter.user,
                   'vmware_server_password': vcenter.password,
                   'vmware_ca_file': vcenter.ca_file}, file)


def make_store(datastores, home, **options):
    """Return a store of these datastores, the first with most weight.

    :param datastores: names in the datacenter DC0, or whole lines of
        ``vmware_datastores``, which have a colon
    """
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[])
    store = vsphere.Store(conf, backend='vc')
    with open(os.path.join(home, 'vcenter.json')) as file:
        values = json.load(file)
    values |= {
        'vmware_datastores': [
            name if ':' in name else f'DC0:{name}:{len(datastores) - index}'
            for index, name in enumerate(datastores)],
        'vmware_task_poll_interval': 1,
        'vsphere_reservations':
            f'sqlite:///{os.path.join(home, "state", "ledger.sqlite")}',
        'vsphere_reservation_wait': 2.0,
        'vsphere_inventory_age': 0.5,
        'vsphere_timeout': 10.0,
        **options}
    for name, value in values.items():
        conf.set_override(name, value, group='vc')
    store.configure(re_raise_bsc=True)
    return store
