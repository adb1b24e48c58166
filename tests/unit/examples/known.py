"""Which options of a file the service that reads it does not know.

oslo.config overlooks a section or an option that nothing has registered; to
an operator that is a line without effect.
"""

from oslo_config import cfg


def unknown(conf, path):
    """Return ``['section.option', ...]`` of a file that ``conf`` has not.

    :param conf: what the service has registered its options with, parsed
    :raises oslo_config.cfg.ConfigFileValueError: where a value is of the
        wrong type
    """
    sections = {}
    cfg.ConfigParser(str(path), sections).parse()
    found = []
    for section, options in sections.items():
        for name in options:
            try:
                group = conf if section == 'DEFAULT' else conf[section]
                group[name]
            except cfg.NoSuchOptError:
                found.append(f'{section}.{name}')
    return found
