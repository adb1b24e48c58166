"""Every option, one file a group: ``register_opts(conf)``, ``list_opts()``."""
