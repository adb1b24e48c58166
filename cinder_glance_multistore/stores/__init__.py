"""Drivers for Glance's stores: ``multidir``.

Loaded by Glance (and by whoever else uses glance_store) through the entry
points ``glance_store.drivers``. Nothing here is imported by another room.
"""
