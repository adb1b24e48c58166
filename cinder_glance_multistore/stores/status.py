"""Checks of Glance's side, for ``upgrade check``.

By Glance's own configuration, where it can be read. Each yields what it found
as ``(severity, sentence)``, as those of Cinder's side do.
"""

from importlib import metadata
import logging

from api_validation import stores as documents
from cinder_glance_multistore.conf import discovery
from cinder_glance_multistore.conf import multidir
from cinder_glance_multistore.conf import vsphere
from cinder_glance_multistore.placement import errors as placement_errors
from cinder_glance_multistore.placement import ledger
from cinder_glance_multistore.stores import glance_conf

_DRIVERS = 'glance_store.drivers'
# Types of ours, with the option that names their reservations.
_RESERVATIONS = {
    kind: next(option for option in options if option.name ==
               f'{kind}_reservations')
    for kind, options in (('multidir', multidir.OPTS),
                          ('vsphere', vsphere.OPTS))}


class GlanceConfiguration:
    """
    :param config_files: of glance-api
    :raises glance_conf.Unreadable: they cannot be read
    """

    def __init__(self, config_files):
        self._conf = glance_conf.load(config_files)
        self._conf.register_group(discovery.GROUP)
        self._conf.register_opts(discovery.OPTS, group=discovery.GROUP)
        self._backends = self._conf.enabled_backends

    def check_agreement(self, document):
        """Yield where Glance as it runs is not what the files say.

        :param document: the StoresDocument that Glance answered Cinder with
        """
        read = ', '.join(self._conf.config_file or [])
        runs = {store.id for store in document.stores if not store.reserved}
        said = set(self._backends)
        for ids, where, remedy in (
                (said - runs, 'configured and not running',
                 'Restart glance-api'),
                (runs - said, 'running and not configured here',
                 'Restart glance-api')):
            if ids:
                yield (logging.ERROR,
                       f'Stores {where}: {", ".join(sorted(ids))} ({read}). '
                       f'{remedy}, or name the files it reads with '
                       f'--glance-config-file; all hosts need the same.')
        default = self._conf.glance_store.default_backend
        if default != document.default_id:
            yield (logging.ERROR,
                   f'default_backend is {default} in {read}, and the running '
                   f'Glance has {document.default_id}. Restart glance-api '
                   f'with the same configuration on all hosts.')
        drained = set(
            self._conf[discovery.GROUP.name].draining_stores) & runs
        draining = {store.id for store in document.stores
                    if store.status == documents.DRAINING}
        if drained != draining:
            yield (logging.ERROR,
                   f'draining_stores is '
                   f'{", ".join(sorted(drained)) or "empty"} in {read}, and '
                   f'the running Glance drains '
                   f'{", ".join(sorted(draining)) or "none"}. Restart '
                   f'glance-api.')
        yield logging.INFO, f'{read} was read.'

    def check_drivers(self):
        """Yield which types of stores are not installed here."""
        installed = {point.name: point for point in
                     metadata.entry_points(group=_DRIVERS)}
        for store_id, kind in sorted(self._backends.items()):
            if kind not in installed:
                yield (logging.ERROR,
                       f'The store {store_id} is of type {kind}, and no '
                       f'installed package has a driver of that type. '
                       f'Install it beside glance-api.')
                continue
            try:
                installed[kind].load()
            except Exception as e:
                # Somebody else's code, and what it needs.
                yield (logging.ERROR,
                       f'The driver {kind} of the store {store_id} cannot be '
                       f'loaded: {e}. Install what it needs beside '
                       f'glance-api.')

    def check_reservations(self):
        """Yield which databases of reservations cannot be used."""
        urls = {}
        for store_id, kind in sorted(self._backends.items()):
            option = _RESERVATIONS.get(kind)
            if option is None:
                continue
            self._conf.register_opt(option, group=store_id)
            url = self._conf[store_id][option.dest]
            urls.setdefault((option.name, url), []).append(store_id)
        for (name, url), store_ids in urls.items():
            where = f'{name} of {", ".join(store_ids)}'
            try:
                database = ledger.Ledger(url)
                if not database.exists():
                    yield (logging.INFO, f'{where}: it is made by the first '
                                         f'upload')
                    continue
                database.promises()
            except placement_errors.LedgerUnavailable as e:
                yield (logging.ERROR,
                       f'{where}: {e} Until it can be used, uploads go by '
                       f'measured free space alone. Mend it, or name another '
                       f'database.')
            else:
                yield logging.INFO, f'{where}: reachable'


def check_filter(document):
    """Yield whether Glance says how its stores are."""
    if not any(store.status for store in document.stores):
        yield (logging.WARNING,
               'Glance does not say how its stores are: one that did not '
               'start is listed like any other, and found out by the upload. '
               'Put the filter "multistore" into its paste pipeline.')
