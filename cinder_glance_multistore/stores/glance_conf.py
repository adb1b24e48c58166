"""Glance's own configuration, read by whoever else needs its stores.
"""

from oslo_config import cfg

_STORE_OPTS = [
    # Glance registers these; their meaning is glance_store's.
    cfg.DictOpt('enabled_backends', default={}),
    cfg.StrOpt('hashing_algorithm', default='sha512'),
]
_GLANCE_STORE_OPTS = [cfg.StrOpt('default_backend')]


class Unreadable(Exception):
    """The configuration cannot be read. The text says what is wrong."""


def load(config_files=None):
    """Return a ``ConfigOpts`` of its own with ``enabled_backends`` in it.

    The global one of oslo.config is left alone: it is that of the service
    this runs in.

    :param config_files: paths of glance-api's configuration files; None or
        none for those that glance-api would find by itself
    :raises Unreadable: when they cannot be read or understood
    """
    conf = cfg.ConfigOpts()
    conf.register_opts(_STORE_OPTS)
    conf.register_opts(_GLANCE_STORE_OPTS, group='glance_store')
    found = ({'default_config_files': [str(path) for path in config_files],
              'default_config_dirs': []} if config_files else {})
    try:
        conf([], project='glance', prog='glance-api', **found)
        conf.enabled_backends  # noqa: B018 read now, or fail later
    except (cfg.Error, ValueError) as exc:
        raise Unreadable(f'The configuration cannot be read: {exc}') from exc
    return conf
