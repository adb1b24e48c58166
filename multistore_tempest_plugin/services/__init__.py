"""Clients of what tempest's own cannot ask."""
