"""Real Glance and real Cinder on one machine, without root or a cloud.

Writes their configuration, starts them on 127.0.0.1, stops what it started.
Only ``*_app`` and ``*_all`` modules import a service, and each only one.
"""
