"""The extra specs that are known, one module a namespace.

Each module has ``register()``, which returns a list of
:class:`api_validation.definitions.Definition`, and is named by an entry point
of ``api_validation.extra_specs``. Anybody's package can add its own.
"""
