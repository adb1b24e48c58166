"""Mistakes in the configuration are told when a service starts.
"""

from cinder_glance_multistore.cinder import store_defaults
from cinder_glance_multistore.cinder import store_spec


def check():
    """
    :raises InvalidConfiguration: with a sentence that says what to mend
    """
    store_spec.aliases()
    store_defaults.check()
