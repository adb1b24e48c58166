"""Retyping a volume from one image store to another moves no data.

Upstream hands every difference between two types to the driver, and migrates
the volume where the driver does nothing, as the base class does (C12). Which
store later images go to is no driver's business.
"""

import functools
import logging

import api_validation
from cinder_glance_multistore.cinder import store_spec

LOG = logging.getLogger(__name__)

_SCOPE = store_spec.KEY.partition(':')[0]


def spare(driver):
    """Let a driver be asked only about what concerns it.

    :param driver: a volume driver; its ``retype`` is wrapped
    """
    driver.retype = functools.partial(_retype, driver.retype)


def _retype(inner, context, volume, new_type, diff, host):
    if _only_ours(diff):
        LOG.info('Volume %s: the types differ in their image store alone, '
                 'nothing is moved', volume.id)
        return True, None
    return inner(context, volume, new_type, diff, host)


def _only_ours(diff):
    """Whether ``volume_types.volume_types_diff`` found but our keys."""
    changed = {(kind, key)
               for kind, values in diff.items() if values
               for key, (old, new) in values.items() if old != new}
    return bool(changed) and all(
        kind == 'extra_specs' and api_validation.touches({key: ''}, _SCOPE)
        for kind, key in changed)
