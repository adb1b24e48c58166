"""Whether the parts of the plug-in are configured, load, and run.
"""

import logging

from cinder.api import extensions
from cinder.common import constants
from oslo_config import cfg
from oslo_utils import importutils

from cinder_glance_multistore.cinder import api
from cinder_glance_multistore.cinder import manager
from cinder_glance_multistore.cinder import store_spec
from cinder_glance_multistore.cinder.status import own_api

CONF = cfg.CONF

_EXTENSION = 'cinder_glance_multistore.cinder.extension'
_MANAGER = 'cinder_glance_multistore.cinder.manager.VolumeManager'
_PAGE = 'See "Switching it on" in the documentation.'


def check_configured():
    """Yield what cinder.conf lacks, and what of it does not load here."""
    try:
        loaded = extensions.ExtensionManager().extensions
    except SystemExit as e:
        yield logging.ERROR, f'{e} Mend it, or cinder-api will not restart.'
    else:
        if api.ALIAS not in loaded:
            yield (logging.ERROR,
                   f'cinder-api would not load the plug-in. Add '
                   f'"osapi_volume_extension = {_EXTENSION}" to [DEFAULT] of '
                   f'cinder.conf beside the one that is there, and see that '
                   f'this package is installed where cinder-api runs. {_PAGE}')
        elif len(loaded) < 3:
            yield (logging.ERROR,
                   'cinder-api would load nothing but the plug-in. Add '
                   '"osapi_volume_extension = '
                   'cinder.api.contrib.standard_extensions" to [DEFAULT] of '
                   'cinder.conf as well.')
    try:
        kind = importutils.import_class(CONF.volume_manager)
    except ImportError as e:
        yield (logging.ERROR,
               f'volume_manager = {CONF.volume_manager} cannot be loaded: '
               f'{e}. Name {_MANAGER}.')
        return
    if not (isinstance(kind, type) and
            issubclass(kind, manager.VolumeManager)):
        yield (logging.ERROR,
               f'cinder-volume would upload as upstream does: volume_manager '
               f'is {CONF.volume_manager}. Set "volume_manager = {_MANAGER}" '
               f'in [DEFAULT] of cinder.conf of each cinder-volume, and '
               f'restart it.')


def check_running():
    """Yield which services run without the plug-in, or with other options.
    """
    try:
        client = own_api.OwnApi()
        yield from _api(client)
        yield from _volumes(client)
    except own_api.CannotAsk as e:
        yield (logging.WARNING,
               f'What runs could not be asked: {e}. The user of [glance] '
               f'needs a role that may see services and their log levels.')


def _api(client):
    said = client.get(f'/{api.ALIAS}')
    if said is None:
        yield (logging.ERROR,
               'The running cinder-api has not loaded the plug-in: types and '
               'uploads are not checked. Restart it; if that does not help, '
               'look for "Failed to load extension" in its log.')
        return
    ours = api.configuration()
    differ = sorted(name for name in ours
                    if said.get('multistore', {}).get(name) != ours[name])
    if differ:
        yield (logging.ERROR,
               f'The running cinder-api has other values of '
               f'{", ".join(differ)} than this cinder.conf. Give all hosts '
               f'the same, and restart it.')


def _volumes(client):
    said = client.put('/os-services/get-log', {
        'binary': constants.VOLUME_BINARY, 'server': '',
        'prefix': manager.__name__})
    without, found = [], []
    for row in (said or {}).get('log_levels', ()):
        (found if row.get('levels') else without).append(row.get('host'))
    if without:
        yield (logging.ERROR,
               f'These cinder-volume services run without the plug-in, and '
               f'upload as upstream does: {", ".join(sorted(without))}. Set '
               f'"volume_manager = {_MANAGER}" there, and restart them.')
    if not found and not without:
        yield (logging.WARNING,
               'No cinder-volume is up, so none could be asked whether it '
               'has the plug-in.')
    elif found:
        yield (logging.INFO,
               f'cinder-volume with the plug-in: {", ".join(sorted(found))}')


def check_aliases(document):
    """Yield what ``store_aliases`` lead to.

    :param document: Glance's StoresDocument
    """
    for old, new in sorted(store_spec.aliases().names.items()):
        store = document.get(new)
        if store is None or not store.writable:
            why = ('Glance has no such store' if store is None
                   else 'it takes no images')
            yield (logging.ERROR,
                   f'store_aliases leads from {old} to {new}, and {why}. '
                   f'Lead it to one of '
                   f'{", ".join(document.writable_ids) or "(none)"}.')
        else:
            yield logging.INFO, f'{old} -> {new}'
