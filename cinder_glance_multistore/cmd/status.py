"""``cinder-glance-multistore-status upgrade check``.
"""

import logging
import sys

from oslo_config import cfg


def main(argv=None):
    """Run the checks; return 0, 1 with warnings, 2 with failures, or 255."""
    from cinder_glance_multistore.cinder import loading
    missing = loading.missing()
    if missing:
        print(f'cinder-glance-multistore-status runs where Cinder is '
              f'installed, and {missing} is not ({sys.executable}).',
              file=sys.stderr)
        return 255
    # Cinder brings what these need.
    from oslo_upgradecheck import upgradecheck

    from cinder_glance_multistore.cmd import checks

    conf = loading.prepare()
    conf.register_cli_opt(cfg.MultiStrOpt(
        'glance-config-file', default=[], metavar='PATH',
        help=f'Configuration of glance-api, to compare with; may be given '
             f'several times. Default: {checks.GLANCE} where it can be '
             f'read.'))
    # What is logged on the way is said by the checks.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        return upgradecheck.main(
            conf, 'cinder', checks.Checks(conf),
            sys.argv[1:] if argv is None else argv)
    except cfg.Error as e:
        print(f'cinder-glance-multistore-status: {e}', file=sys.stderr)
        return 255


if __name__ == '__main__':
    sys.exit(main())
