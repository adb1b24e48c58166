"""Real Glance, Cinder and Keystone on one machine, without root or a cloud.

Writes their configuration, starts them on 127.0.0.1, stops what it started.
Only ``*_app``, ``*_all`` and ``*_setup`` modules, and the volume driver, import
a service, and each only one.
"""
