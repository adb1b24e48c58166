"""``keystone-manage`` for a new Keystone, its commands one after the other.

Each may be done again: keys that are there are kept, and the password of the
administrator becomes the one given. Run with Keystone's own arguments,
``--config-file``; the password is in ``OS_BOOTSTRAP_PASSWORD``, since others
may read the arguments of a process.
"""

import os
import sys

from keystone.cmd import cli

# Root must say whose the keys are; nothing named is whoever runs this.
_OWN = ('--keystone-user=', '--keystone-group=')
_COMMANDS = (
    ('db_sync',), ('fernet_setup', *_OWN), ('credential_setup', *_OWN),
    ('bootstrap',))


def main():
    """Exit with the status of the first command that did not succeed."""
    for command in _COMMANDS:
        # A command leaves options behind that the next one cannot register
        # again. Importing Keystone, which takes longest, is done once.
        child = os.fork()
        if child == 0:
            cli.main(argv=[*sys.argv, *command])
            sys.exit()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            sys.exit(f'keystone-manage {command[0]} ended with status {status}')
