"""What can go wrong between us and a vCenter.

::

    VSphereError
    ├── Unreachable      no answer: refused, timed out, broken off, bad TLS
    ├── LoginRefused     it answers, and does not take user and password
    ├── Fault            it answers a fault, by its name in the vSphere API
    └── HTTPFailed       an HTTP request for a file failed; has the status

No text holds a password or the key of a session.
"""


class VSphereError(Exception):
    """Base of everything this room raises."""


class Unreachable(VSphereError):
    """The vCenter gave no answer that could be understood.

    :ivar host: its address
    """

    def __init__(self, host, why):
        self.host = host
        self.why = why
        super().__init__(f'The vCenter {host} cannot be reached: {why}')


class LoginRefused(VSphereError):
    """
    :ivar host: the vCenter's address
    :ivar username: who was not let in
    """

    def __init__(self, host, username, why):
        self.host = host
        self.username = username
        super().__init__(
            f'The vCenter {host} does not let {username} in ({why}). Check '
            f'user name and password')


class Fault(VSphereError):
    """The vCenter refused a call, or a task of it failed.

    :ivar method: what was called
    :ivar name: the fault's type: ``FileNotFound``, ``NoPermission`` ...
    """

    def __init__(self, method, name, text=''):
        self.method = method
        self.name = name
        detail = f': {text}' if text else ''
        super().__init__(f'{method} failed with {name}{detail}')


class HTTPFailed(VSphereError):
    """
    :ivar status: HTTP's, or None where there was no answer
    """

    def __init__(self, what, status=None, why=''):
        self.status = status
        reason = (f'the vCenter answered with status {status}'
                  if status else why)
        super().__init__(f'{what}: {reason}')
        self.reason = reason
