"""What can keep a sandbox from doing what it was asked.

::

    SandboxError
    ├── NotASandbox           the directory holds something else
    ├── OldSandbox            its files are where an older release had them
    ├── OtherKind             it was made with Keystone, or without
    ├── Busy                  another command works on this sandbox
    ├── MissingRequirement    a program or a package is not installed
    ├── PortTaken             a chosen port belongs to another process
    ├── UnknownName           no such service or store here
    ├── NoRoom                the disk has too little space for the demo
    ├── NotInTime             something waited for did not come
    ├── CommandFailed         a client's command did not succeed
    └── ServiceFailed         a service or one of its steps did not succeed
"""


class SandboxError(Exception):
    """Base of all. The text is one sentence that says what to do."""


class NotASandbox(SandboxError):
    def __init__(self, path):
        super().__init__(
            f'{path} is not empty and not a sandbox of ours, so nothing in '
            f'it is touched. Name an empty or a new directory with --dir.')
        self.path = path


class OldSandbox(SandboxError):
    """It was made by a release that kept its files in other places."""

    def __init__(self, path):
        super().__init__(
            f'The sandbox in {path} was made by an older release, which kept '
            f'images in other directories. Forget its data with '
            f'"up --reset", or name another directory with --dir.')
        self.path = path


class OtherKind(SandboxError):
    """With Keystone or without is for a sandbox's whole life.

    Whose volumes and images there are is in its databases.
    """

    def __init__(self, path, keystone):
        super().__init__(
            f'The sandbox in {path} was made {"with" if keystone else "without"}'
            f' Keystone. Forget its data with "up --reset", or name another '
            f'directory with --dir.')
        self.path = path


class Busy(SandboxError):
    def __init__(self, path, waited):
        super().__init__(
            f'Another command has worked on the sandbox in {path} for the '
            f'{waited:.0f} seconds this one waited. Try again when it is '
            f'done.')
        self.path = path
        self.waited = waited


class MissingRequirement(SandboxError):
    def __init__(self, name, remedy):
        super().__init__(f'{name} is not installed. {remedy}')
        self.name = name
        self.remedy = remedy


class PortTaken(SandboxError):
    def __init__(self, service, port):
        super().__init__(
            f'Port {port} of 127.0.0.1, chosen for {service}, is in use by '
            f'another process. Choose another one with --{service}-port.')
        self.service = service
        self.port = port


class UnknownName(SandboxError):
    def __init__(self, kind, name, known):
        known = sorted(known)
        super().__init__(
            f'There is no {kind} {name!r} here; there are: '
            f'{", ".join(known) or "none"}.')
        self.kind = kind
        self.name = name
        self.known = known


class NoRoom(SandboxError):
    """``needed`` and ``free`` are bytes."""

    def __init__(self, path, needed, free):
        super().__init__(
            f'{needed / 1024 ** 3:.1f} GiB are needed where {path} is, and '
            f'{free / 1024 ** 3:.1f} GiB are free. Name a directory on '
            f'another disk with --dir.')
        self.path = path
        self.needed = needed
        self.free = free


class NotInTime(SandboxError):
    def __init__(self, what, waited):
        super().__init__(f'{what}: not in {waited:g} seconds. The logs of '
                         f'the sandbox may say why.')
        self.what = what
        self.waited = waited


class CommandFailed(SandboxError):
    def __init__(self, command, status, output):
        lines = ''.join(f'\n    {line}' for line in output.splitlines()[-5:])
        super().__init__(
            f'{command!r} ended with exit status {status}:{lines}')
        self.command = command
        self.status = status
        self.output = output


class ServiceFailed(SandboxError):
    """``log`` is the path of the log, ``tail`` its lines that matter."""

    def __init__(self, service, what, log, tail=()):
        lines = ''.join(f'\n    {line}' for line in tail)
        super().__init__(f'{service} {what}. Its log is {log}{lines}')
        self.service = service
        self.log = log
        self.tail = tail
