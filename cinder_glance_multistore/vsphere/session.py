"""A login at a vCenter that renews itself.

Has ``vim``, ``invoke_api`` and ``wait_for_task`` as oslo.vmware's session
has, so that what takes a session takes Nova's too.
"""

import logging
import os
import threading
import time
import weakref

from oslo_vmware import exceptions as vexc
from oslo_vmware import vim_util
import requests

from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import flight
from cinder_glance_multistore.vsphere import soap

LOG = logging.getLogger(__name__)

#: The cookie that vCenter and ESX name their sessions with.
COOKIE = 'vmware_soap_session'

#: Seconds after which nobody waits for a task any more.
TASK_TIMEOUT = 900.0

# Looks at a task of which nothing is said.
_UNKNOWN = 5

# Seconds before a call is made again, doubled each time.
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0

_LOGIN_PAUSES = (0.1, 0.5, 1.0)

# Seconds in which who was not let in does not try again: five failures in
# three minutes lock the user out, as a vCenter is shipped.
_REFUSED = 60.0

# Statuses of a proxy or of a vCenter that starts.
_TRANSIENT = (429, 500, 502, 503, 504)


class Session:
    """Calls to one vCenter, by one user.

    Threads share one. Nothing is asked before it is needed. A forked child
    logs in for itself.

    :param host: its address
    :param port: None for HTTPS's
    :param verify: the path of a CA file, True for those that requests
        brings, or False: believe anybody
    :param timeout: seconds that it may take to answer
    :param retries: how often a call is repeated that broke off
    :param poll_interval: seconds between two looks at a task at most
    """

    def __init__(self, host, username, password, *, port=None, verify=True,
                 timeout=60.0, retries=10, poll_interval=5.0):
        self.host = host
        self.port = port
        self.verify = verify
        self.timeout = timeout
        self.poll_interval = poll_interval
        self._username = username
        self._password = password
        self._retries = retries
        self._begin()
        _sessions.add(self)

    def __repr__(self):
        return f'<Session {self.address}>'

    def _begin(self):
        self._vim = None
        # What the vCenter calls this login; None: there is none.
        self._key = None
        self._cookie = None
        # Whether the vCenter may know the login before this one.
        self._lives = False
        # Why it was not let in last, and when.
        self._refused = None
        self._refused_at = 0.0
        self._lock = threading.Lock()
        self._flight = flight.Flight(self._log_in)

    @property
    def address(self):
        """Host and port as they stand in a URL."""
        host = f'[{self.host}]' if ':' in self.host else self.host
        return host if self.port is None else f'{host}:{self.port}'

    @property
    def vim(self):
        """The SOAP client, logged in.

        :raises Unreachable: when there is none to be had
        :raises LoginRefused: when the user is not let in
        """
        self._logged_in()
        return self._vim

    def cookie(self):
        """Return the value of the ``Cookie`` header for HTTP requests.

        :raises Unreachable: when there is none to be had
        :raises LoginRefused: when the user is not let in
        """
        self._logged_in()
        return self._cookie

    def renew(self, cookie):
        """Log in again, if ``cookie`` is still what :meth:`cookie` returns.

        For whoever was told that it is of no use any more.
        """
        with self._lock:
            if self._key is not None and self._cookie == cookie:
                self._key = None
                # SOAP may know it still, and a vCenter takes only so many.
                self._lives = True
        self._logged_in()

    def invoke_api(self, module, method, *args, again=True, **kwargs):
        """Return ``module.method(*args, **kwargs)``.

        Logs in again where the session has ended. Repeats what broke off.

        :param again: whether it may be repeated when it is not known
            whether it was done
        :raises Unreachable: when there is no answer
        :raises LoginRefused: when the user is not let in any more
        :raises Fault: when the vCenter refuses
        """
        pauses = self._pauses()
        renewed = False
        while True:
            key = self._logged_in()
            try:
                return getattr(module, method)(*args, **kwargs)
            except vexc.VimFaultException as exc:
                if vexc.NOT_AUTHENTICATED not in exc.fault_list:
                    raise self._fault(method, exc) from exc
                if renewed:
                    # An empty answer counts as one. It may be the truth.
                    if exc.__cause__ is None and exc.cause is None:
                        return None
                    raise self._fault(method, exc) from exc
                renewed = True
                self._forget(key)
            except (AttributeError, vexc.VimAttributeException) as exc:
                # What is no answer to this question.
                raise self._unreachable(exc, method) from None
            except (vexc.VimException, vexc.VimConnectionException,
                    vexc.VimSessionOverLoadException) as exc:
                if self._unauthorized(exc) and not renewed:
                    renewed = True
                    self._forget(key)
                    continue
                error = self._unreachable(exc, method)
                pause = next(pauses, None)
                if pause is None or not again or not _may_pass(exc):
                    raise error from None
                LOG.debug('%s is repeated: %s', method, error)
                time.sleep(pause)

    def wait_for_task(self, task, method='A task'):
        """Return the task's info when it has succeeded.

        :raises Fault: when it failed
        :raises Unreachable: when that cannot be found out
        """
        pause = 0.02
        unknown = 0
        deadline = time.monotonic() + TASK_TIMEOUT
        while True:
            try:
                info = self.invoke_api(vim_util, 'get_object_property',
                                       self.vim, task, 'info')
            except errors.Fault as exc:
                # Of the question, not of the task.
                LOG.debug('%s is looked at again: %s', method, exc)
                info = None
            state = getattr(info, 'state', None)
            if state == 'success':
                return info
            if state == 'error':
                fault = getattr(info.error, 'fault', None)
                raise errors.Fault(
                    method, type(fault).__name__ if fault else 'an error',
                    getattr(info.error, 'localizedMessage', '') or '')
            unknown += state is None
            if unknown > _UNKNOWN:
                raise errors.Unreachable(
                    self.address, f'it does not say what became of {method}')
            if time.monotonic() > deadline:
                raise errors.Unreachable(
                    self.address, f'{method} has not ended for '
                                  f'{TASK_TIMEOUT:.0f} s')
            time.sleep(pause)
            pause = min(pause * 2, self.poll_interval)

    def logout(self):
        """End the session, if there is one; never raises."""
        with self._lock:
            key, self._key = self._key, None
        if key is not None:
            self._log_out()

    def _log_out(self):
        try:
            self._vim.Logout(self._vim.service_content.sessionManager)
        except Exception as exc:
            LOG.debug('The session at %s was not ended: %s', self.address,
                      type(exc).__name__)

    # Logging in.

    def _logged_in(self):
        key = self._key
        return self._flight.run() if key is None else key

    def _forget(self, key):
        with self._lock:
            if self._key == key:
                self._key = None

    def _log_in(self):
        if self._key is not None:
            # Another thread was here first.
            return self._key
        if self._refused is not None and (
                time.monotonic() - self._refused_at < _REFUSED):
            raise self._not_let_in()
        pauses = iter(_LOGIN_PAUSES)
        while True:
            try:
                self._key = self._log_in_once()
                break
            except vexc.VimFaultException as exc:
                names = ', '.join(exc.fault_list or ()) or 'a fault'
                if 'InvalidLogin' in names or 'NoPermission' in names:
                    self._refused_at = time.monotonic()
                    self._refused = names
                    raise self._not_let_in() from None
                raise errors.Unreachable(
                    self.address, f'it answers to a login with {names}'
                ) from None
            except Exception as exc:
                # What comes for a WSDL that is none is of any kind. Not
                # chained: suds keeps what was sent in its errors.
                error = self._unreachable(exc, 'Login')
                pause = next(pauses, None)
                if pause is None or not _may_pass(exc):
                    raise error from None
            time.sleep(pause)
        LOG.info('Logged in at the vCenter %s as %s', self.address,
                 self._username)
        return self._key

    def _not_let_in(self):
        return errors.LoginRefused(self.address, self._username,
                                   self._refused)

    def _log_in_once(self):
        vim = self._vim
        if vim is None:
            vim = soap.Vim(f'https://{self.address}', self.verify,
                           self.timeout)
        # Asked for once, and kept by it.
        manager = vim.service_content.sessionManager
        self._vim = vim
        if self._lives:
            self._log_out()
            self._lives = False
        # Who has a session may not log in.
        vim.client.cookiejar.clear()
        key = vim.Login(manager, userName=self._username,
                        password=self._password, locale='en').key
        self._cookie = next(
            f'{cookie.name}={cookie.value}'
            for cookie in vim.client.cookiejar
            if cookie.name.lower() == COOKIE)
        return key

    # Errors.

    def _pauses(self):
        # As long as an answer may take: a vCenter that refuses connections
        # is not asked for minutes.
        pause = _FIRST_PAUSE
        left = self.timeout
        for _ in range(self._retries):
            if left <= 0:
                return
            yield pause
            left -= pause
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _fault(self, method, exc):
        names = exc.fault_list or ['an unknown fault']
        text = (exc.msg or '') if hasattr(exc, 'msg') else ''
        return errors.Fault(method, names[0].rpartition(':')[2],
                            self._clean(text))

    def _unreachable(self, exc, method):
        cause = getattr(exc, 'cause', None) or exc
        if isinstance(cause, requests.exceptions.SSLError):
            why = ('its certificate was not accepted. Name the CA that '
                   f'signed it with vmware_ca_file ({_innermost(cause)})')
        elif isinstance(cause, requests.ConnectTimeout):
            why = 'no connection could be made in time'
        elif isinstance(cause, requests.Timeout):
            why = f'it has not answered {method} for {self.timeout:g} s'
        elif isinstance(cause, requests.TooManyRedirects):
            why = 'it sends us to another address, which is not followed'
        elif isinstance(cause, requests.ConnectionError):
            why = f'the connection failed ({_innermost(cause)})'
        elif _status(exc) is not None:
            why = f'it answered {method} with status {_status(exc)}'
        else:
            why = (f'it answered {method} with what is no answer of a '
                   f'vCenter ({type(cause).__name__})')
        return errors.Unreachable(self.address, self._clean(why))

    def _unauthorized(self, exc):
        return _status(exc) == 401

    def _clean(self, text):
        for secret in (self._password, self._key):
            if secret:
                text = text.replace(secret, '***')
        return text


def _status(exc):
    """Return the HTTP status in an error of suds, or None."""
    cause = getattr(exc, 'cause', None) or exc
    response = getattr(cause, 'response', None)
    if response is not None:
        return response.status_code
    args = getattr(cause, 'args', ())
    if args and isinstance(args[0], tuple) and isinstance(
            args[0][0], int):
        return args[0][0]
    return getattr(cause, 'httpcode', None)


def _may_pass(exc):
    """Say whether the next try may do better."""
    cause = getattr(exc, 'cause', None) or exc
    if isinstance(cause, (requests.Timeout, requests.exceptions.SSLError,
                          requests.TooManyRedirects)):
        # It was waited for long enough, or will not change.
        return False
    status = _status(exc)
    return status is None or status in _TRANSIENT


def _innermost(exc):
    """Return the words of the system for an error of requests."""
    while True:
        inner = next((arg for arg in exc.args
                      if isinstance(arg, BaseException)), None)
        inner = inner or getattr(exc, 'reason', None)
        if not isinstance(inner, BaseException):
            break
        exc = inner
    return getattr(exc, 'strerror', None) or str(exc) or type(exc).__name__


_sessions = weakref.WeakSet()

# Kept, not closed: what would be closed are the parent's connections.
_inherited = []


def _after_fork():
    for session in list(_sessions):
        _inherited.append(session._vim)
        session._begin()


os.register_at_fork(after_in_child=_after_fork)
