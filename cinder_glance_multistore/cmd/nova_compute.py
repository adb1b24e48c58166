"""``nova-compute-multistore``: Nova's nova-compute, which finds our driver.
"""

import os
import sys

from cinder_glance_multistore.nova import loading


def main():
    """Run nova-compute; return an exit status where it is not there."""
    missing = loading.missing()
    if missing:
        print(f'nova-compute-multistore runs the nova-compute of the Nova '
              f'that it is installed beside, and {missing} is not installed '
              f'here ({sys.executable}). Install this package where '
              f'nova-compute runs: pip install '
              f'cinder-glance-multistore[nova]', file=sys.stderr)
        return 1
    loading.install()
    # Nova names its configuration files and its log after the program:
    # nova-compute.conf is to be read as before.
    sys.argv[0] = os.path.join(os.path.dirname(sys.argv[0]), 'nova-compute')
    # Last: from here on Nova chooses its threading model.
    from nova.cmd import compute
    return compute.main()


if __name__ == '__main__':
    sys.exit(main())
