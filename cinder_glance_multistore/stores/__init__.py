"""Glance's stores: drivers ``multidir`` and ``vsphere``, the store manager.

Drivers are loaded by Glance (and by whoever else uses glance_store) through
the entry points ``glance_store.drivers``. :mod:`.manager` is for programs
that use the stores without Glance.
"""
