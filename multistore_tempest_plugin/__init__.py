"""Tempest tests of volume types that name the store of their images.

For any cloud with several Glance stores: which stores there are is asked, and
what the cloud can do is told by the options of ``[multistore]``.
"""
