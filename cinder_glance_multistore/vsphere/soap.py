"""The SOAP client: oslo.vmware's, with one parse of the WSDL a process.

oslo.vmware parses it anew for each session (1.5 s), lets the environment
choose the certificates, follows redirects with the password in the body, and
waits for ever for the WSDL. Its session takes one lock for all vCenters of
the process, over the network. So only its client is used.
"""

import io
import logging
import threading

from oslo_vmware import exceptions
from oslo_vmware import service
from oslo_vmware import vim
import suds.cache
import suds.plugin
import suds.transport

from cinder_glance_multistore.vsphere import answers
from cinder_glance_multistore.vsphere import web

# Whatever suds may log below INFO is a message's content: passwords, keys.
_LEAST_LEVEL = logging.INFO


class _Parsed(suds.cache.Cache):
    """Parsed WSDLs, by their URL. They hold nothing of a session.

    One for each way to check certificates: what came over an unchecked
    connection is not for those who check.
    """

    def __init__(self):
        self._found = {}

    def get(self, id):
        return self._found.get(id)

    def put(self, id, obj):
        return self._found.setdefault(id, obj)

    def purge(self, id):
        self._found.pop(id, None)

    def clear(self):
        self._found.clear()


_parsed = {}
_parsed_lock = threading.Lock()


def _cache(verify):
    with _parsed_lock:
        return _parsed.setdefault(verify, _Parsed())


class _Denied(suds.plugin.MessagePlugin):
    """Puts aside what the user may not see.

    oslo.vmware makes an error of the whole answer when one object of
    hundreds has a property that the user may not read. It is one when the
    session has ended, which may be said in the same way.
    """

    def unmarshalled(self, context):
        for found in getattr(context.reply, 'objects', None) or ():
            if not any(_fault(missing) == exceptions.NOT_AUTHENTICATED
                       for missing in getattr(found, 'missingSet', ())):
                found.missingSet = []


def _fault(missing):
    return type(getattr(missing.fault, 'fault', None)).__name__


class _Transport(service.RequestsTransport):

    def __init__(self, verify, timeout, connections):
        self._timeout = (min(timeout, web.CONNECT_TIMEOUT), timeout)
        super().__init__(
            cacert=verify if isinstance(verify, str) else None,
            insecure=verify is False, pool_maxsize=connections,
            connection_timeout=self._timeout)
        # No REQUESTS_CA_BUNDLE, no proxies, no .netrc.
        self.session.trust_env = False
        # The body of a login that is sent on holds the password.
        self.session.max_redirects = 0

    def open(self, request):
        response = self.session.get(
            request.url, verify=self.verify, timeout=self._timeout)
        response.raise_for_status()
        return io.BytesIO(response.content)

    def send(self, request):
        reply = super().send(request)
        if reply.code not in (200, 202, 204):
            # suds takes an answer without a body for an empty one, whatever
            # its status; what is a fault it reads off this, too.
            raise suds.transport.TransportError(
                f'status {reply.code}', reply.code, io.BytesIO(reply.message))
        return reply


class Vim(vim.Vim):
    """``vim.Vim`` of oslo.vmware; has the SOAP methods as its own.

    :param base: ``https://host`` or ``https://host:port``
    :param verify: the path of a CA file, True for the usual ones, or False
    :param timeout: seconds to connect, seconds between two bytes
    :raises: whatever requests and suds raise where there is no WSDL
    """

    def __init__(self, base, verify, timeout, connections=16):
        quiet()
        self.wsdl_url = f'{base}/sdk/vimService.wsdl'
        self.soap_url = f'{base}/sdk'
        self.op_id_prefix = 'multistore'
        self._service_content = None
        self._vc_session_cookie = None
        self.client = service.CompatibilitySudsClient(
            self.wsdl_url, location=self.soap_url,
            transport=_Transport(verify, timeout, connections),
            plugins=[service.ServiceMessagePlugin(), _Denied()],
            cache=_cache(verify), cachingpolicy=1)
        answers.separate(self.client)


class _Quiet(logging.Filter):

    def filter(self, record):
        return record.levelno >= _LEAST_LEVEL


_quiet = _Quiet()


def quiet():
    """Keep the content of messages out of the log, whatever its level."""
    for name in list(logging.root.manager.loggerDict):
        if name == 'suds' or name.startswith('suds.'):
            logging.getLogger(name).addFilter(_quiet)
