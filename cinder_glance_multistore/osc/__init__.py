"""Commands of the ``openstack`` client; they know the APIs, no service."""
