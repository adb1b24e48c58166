"""``python -m tests.functional.vcenter``: a simulated vCenter by hand."""

import argparse
import signal
import sys

from tests.functional.vcenter import build
from tests.functional.vcenter import simulator


def main():
    parser = argparse.ArgumentParser(
        prog='./run vcenter',
        description='Start a simulated vCenter, say how it is reached, and '
                    'end it with ^C.')
    parser.add_argument(
        '--listen', default='127.0.0.1:0', metavar='ADDRESS:PORT',
        help='of its API; 443 is what clients without a port want '
             '(default: a free port of 127.0.0.1)')
    parser.add_argument(
        '--datastores', type=int, default=3, metavar='N',
        help='how many, datastore1 and so on (default: %(default)s)')
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print('Building it, if that has not been done ...', flush=True)
    vcenter = simulator.Simulator(
        [simulator.Datastore(f'datastore{number}')
         for number in range(1, arguments.datastores + 1)], arguments.listen)
    try:
        vcenter.start()
        print(_HOW.format(v=vcenter), flush=True)
        signal.pause()
    except (build.CannotBuild, build.BuildFailed,
            simulator.DidNotStart) as error:
        print(f'There is no simulated vCenter: {error}', file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 0
    finally:
        vcenter.remove()


_HOW = """
A vCenter with datastores in the datacenter DC0:

    vmware_server_host = {v.address}
    vmware_server_username = {v.user}
    vmware_server_password = {v.password}
    vmware_ca_file = {v.ca_file}
    vmware_datastores = DC0:datastore1:100

Its admin calls, JSON over plain HTTP (tests/functional/vcenter/vcsimd):

    curl {v.url}/ds                # datastores, and their directories
    curl {v.url}/stats             # calls, by method
    curl {v.url}/ds -d '{{"name": "datastore1", "free": 0}}'
    curl {v.url}/fault -d '{{"method": "PUT", "status": 503, "count": 3}}'
    curl {v.url}/delay -d '{{"method": "*", "milliseconds": 10}}'
    curl {v.url}/expire            # ends every session
    curl {v.url}/reset             # forgets counts and faults

It ends, and its files go, with ^C."""


if __name__ == '__main__':
    sys.exit(main())
