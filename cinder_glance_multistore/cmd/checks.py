"""The checks of ``cinder-glance-multistore-status``, and their results.
"""

import logging
import os

from oslo_upgradecheck import upgradecheck

GLANCE = '/etc/glance/glance-api.conf'
# So many findings of a check are told.
_MOST = 20


class Checks(upgradecheck.UpgradeCommands):
    """Every check says what to do where it fails."""

    display_title = 'cinder-glance-multistore'

    def __init__(self, conf):
        super().__init__()
        self._conf = conf
        self._stores = None

    # Each check imports what it needs: Cinder's modules register options
    # when the command line has been read.

    def _versions(self):
        from cinder_glance_multistore.cinder.status import versions
        yield from versions.check()

    def _configured(self):
        from cinder_glance_multistore.cinder.status import plugins
        yield from plugins.check_configured()

    def _running(self):
        from cinder_glance_multistore.cinder.status import plugins
        yield from plugins.check_running()

    def _glance(self):
        from cinder_glance_multistore.stores import status
        document = self._document()
        yield from status.check_filter(document)
        yield (logging.INFO, f'Stores: {", ".join(document.ids)}; default '
                             f'{document.default_id}')

    def _types(self):
        from cinder_glance_multistore.cinder.status import volume_types
        yield from volume_types.check_types(None)

    def _type_stores(self):
        from cinder_glance_multistore.cinder.status import volume_types
        yield from volume_types.check_stores(self._document())

    def _aliases(self):
        from cinder_glance_multistore.cinder.status import plugins
        yield from plugins.check_aliases(self._document())

    def _defaults(self):
        from cinder_glance_multistore.cinder.status import volume_types
        yield from volume_types.check_store_defaults(self._document())

    def _agreement(self):
        yield from self._glance_side().check_agreement(self._document())

    def _drivers(self):
        yield from self._glance_side().check_drivers()

    def _reservations(self):
        yield from self._glance_side().check_reservations()

    def _document(self):
        if self._stores is None:
            from cinder_glance_multistore.cinder.status import volume_types
            self._stores = volume_types.glance_stores()
        return self._stores

    def _glance_side(self):
        from cinder_glance_multistore.stores import status
        files = self._conf.glance_config_file
        if not files:
            if not os.access(GLANCE, os.R_OK):
                raise _NotLookedAt(
                    "not looked at: Glance's configuration is not here. Run "
                    'this where glance-api runs too, or name a copy with '
                    '--glance-config-file.')
            files = [GLANCE]
        return status.GlanceConfiguration(files)

    _upgrade_checks = tuple(
        (name, (lambda self, check: self._run(check), {'check': check}))
        for name, check in (
            ('Versions', _versions),
            ('Plug-in in cinder.conf', _configured),
            ('Plug-in in the running services', _running),
            ('Image stores of Glance', _glance),
            ('Extra specs of volume types', _types),
            ('Image stores that volume types name', _type_stores),
            ('Aliases of image stores', _aliases),
            ('Sections of image stores', _defaults),
            ("Cinder's and Glance's configuration agree", _agreement),
            ('Drivers of image stores', _drivers),
            ('Databases of reservations', _reservations)))

    def _run(self, check):
        """Make one result of what a check finds, or stumbles over."""
        try:
            found = list(check(self))
        except _NotLookedAt as e:
            return upgradecheck.Result(upgradecheck.Code.SUCCESS, str(e))
        except Exception as e:
            # The next check is to run all the same.
            logging.getLogger(__name__).debug('', exc_info=True)
            return upgradecheck.Result(
                upgradecheck.Code.FAILURE,
                f'It could not be checked: '
                f'{str(e) or type(e).__name__}. Mend that, and run this '
                f'again.')
        worst = max((severity for severity, _ in found),
                    default=logging.INFO)
        told = sorted(found, key=lambda row: -row[0])
        text = ' '.join(sentence for _, sentence in told[:_MOST])
        if len(told) > _MOST:
            text += f' (and {len(told) - _MOST} more)'
        return upgradecheck.Result(_CODES[worst], text or None)


_CODES = {logging.INFO: upgradecheck.Code.SUCCESS,
          logging.WARNING: upgradecheck.Code.WARNING,
          logging.ERROR: upgradecheck.Code.FAILURE}


class _NotLookedAt(Exception):
    pass
