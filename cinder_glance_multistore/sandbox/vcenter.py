"""A simulated vCenter: how it is started, and what it can be told.

The program comes from elsewhere (``tests/functional/vcenter`` builds it from
sources of Debian); here is only how it is used, for the sandbox and for tests.
"""

import dataclasses
import json
import os
from pathlib import Path
import secrets
import urllib.error
import urllib.request

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import layout as layouts

NAME = 'vcenter'
#: The folder of images on each datastore, as the drivers have it.
FOLDER = 'openstack_glance'

GIB = 1024 ** 3
TIB = 1024 * GIB

USER = 'administrator@vsphere.local'
#: Begins the line that says how it is reached.
READY = 'READY '


@dataclasses.dataclass(frozen=True)
class Datastore:
    """A datastore to begin with.

    :ivar datacenter: its inventory path; folders are made as needed. A real
        vCenter shows ``%``, ``/`` and a backslash in a name as ``%25``,
        ``%2f`` and ``%5c``: give such names in that form.
    :ivar pod: the storage pod (datastore cluster) it is in, '' for none
    :ivar capacity: bytes
    :ivar free: bytes, with no file on it
    :ivar maintenance: ``normal``, ``enteringMaintenance``, ``inMaintenance``
    """

    name: str
    datacenter: str = 'DC0'
    pod: str = ''
    type: str = 'VMFS'
    capacity: int = TIB
    free: int = TIB // 2
    accessible: bool = True
    maintenance: str = 'normal'


def check(built):
    """Find the program in a directory.

    :raises errors.MissingRequirement: it is not there
    """
    if not os.access(Path(built, 'vcsimd'), os.X_OK):
        raise errors.MissingRequirement(
            f'A simulated vCenter in {built}',
            'Name the directory that "python -m '
            'tests.functional.vcenter.build" prints.')


def prepare(home, datastores):
    """Write what the program reads, in a directory that is made private.

    :returns: the password of :data:`USER`, which does not change
    """
    home = Path(home)
    files.make_directory(home)
    files.make_directory(home / 'datastores')
    if not (home / 'password').exists():
        files.write(home / 'password', secrets.token_urlsafe(12) + '\n')
    files.write(home / 'datastores.json', json.dumps(
        [dataclasses.asdict(datastore) for datastore in datastores]))
    return (home / 'password').read_text(encoding='utf-8').rstrip()


def prepare_store(home):
    """Write what the program reads for the sandbox's own vCenter."""
    return prepare(home, [
        Datastore(name, layouts.DATACENTER,
                  free=0 if number == 0 else TIB // 2)
        for number, name in enumerate(layouts.DATASTORES)])


def store_options(home, port):
    """Return the options of a store of type ``vsphere`` on that vCenter."""
    return {
        'store_description': 'Datastores of a simulated vCenter',
        'vmware_server_host': f'127.0.0.1:{port}',
        'vmware_server_username': USER,
        'vmware_server_password': prepare_store(home),
        'vmware_ca_file': Path(home) / 'ca.pem',
        'vmware_task_poll_interval': 1,
        'vmware_datastores': [
            f'{layouts.DATACENTER}:{name}:{weight}'
            for name, weight in layouts.DATASTORES.items()],
    }


def directories(home):
    """Return the directories that images on its datastores lie in.

    In the order of ``layout.DATASTORES``.
    """
    return [Path(home, 'datastores', f'datastore-{number}', FOLDER)
            for number, _ in enumerate(layouts.DATASTORES)]


def command(built, home, listen='127.0.0.1:0', admin='127.0.0.1:0',
            **options):
    """Return the command that starts it, in the foreground.

    :param built: directory of the program and the WSDL
    :param home: directory that ``prepare`` made; files of datastores go there
    :param listen: address and port of the API; the certificate is for it
    :param admin: address and port of the admin calls, without TLS
    :param options: others of the program, see ``vcsimd -help``; ``ready``
        is a file that it writes when it answers, with what READY says
    """
    built, home = Path(built), Path(home)
    words = [
        built / 'vcsimd', '-listen', listen, '-admin', admin,
        '-wsdl', built, '-xsd', built, '-data', home / 'datastores',
        '-spec', home / 'datastores.json', '-certificates', home,
        '-user', USER, '-password-file', home / 'password']
    for name, value in options.items():
        words.append(f'-{name.replace("_", "-")}={value}')
    return [str(word) for word in words]


def parse_ready(line):
    """Return what a READY line says: ``address``, ``admin`` and ``ca``."""
    return json.loads(line.removeprefix(READY))


def ready_file(home):
    """Return the path of the file that says how it is reached."""
    return Path(home) / 'ready.json'


def admin_of(home):
    """Return the :class:`Admin` of the one that was started last.

    :raises FileNotFoundError: none was ready yet
    """
    ready = json.loads(ready_file(home).read_text(encoding='utf-8'))
    return Admin(ready['admin'])


class Admin:
    """What a running simulator can be told, over plain HTTP.

    :param url: where its admin calls are
    """

    def __init__(self, url):
        self.url = url
        # Whatever proxies the environment names, this is on this machine.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}))

    def datastores(self):
        """Return a list of dictionaries, one a datastore, as they are now.

        ``name``, ``datacenter``, ``pod``, ``capacity``, ``free``,
        ``accessible``, ``maintenance``; ``gone``: it was taken away;
        ``directory``: where its files are; ``ref``: its managed object.
        """
        return self._call('/ds')

    def change(self, name, datacenter='', **values):
        """Change a datastore.

        :param datacenter: its path, '' for the first datastore of that name
        :param values: ``free``, ``capacity``, ``accessible``,
            ``maintenance``; and ``gone``, which takes it away or brings it
            back, with the files it had
        """
        self._call('/ds', {'name': name, 'datacenter': datacenter, **values})

    def fault(self, method, **values):
        """Have calls fail, or take long.

        :param method: of SOAP; or a verb of ``/folder``: PUT, GET, HEAD; or
            ``WSDL``; or ``*``
        :param count: how many calls, -1 for all (1)
        :param skip: let so many calls through first
        :param datastore: of a verb: only on this one
        :param wait: milliseconds before anything is done
        :param status: answer this HTTP status
        :param fault: answer a SOAP fault of this type
        :param drop: close the connection
        :param done: of SOAP: do it first, and lose the answer
        :param task: of a method that answers a task: that takes ``wait``,
            and ends in ``fault`` where there is one
        :param after: of PUT and GET: after so many bytes of the file
        :param keep: of PUT: store so many bytes, and answer that all is well
        :param late: of PUT: the file appears so many milliseconds after the
            request's end, however that ended

        Without ``status``, ``fault`` and ``drop`` the call succeeds.
        """
        self._call('/fault', {'method': method, **values})

    def delay(self, method, milliseconds):
        """Have every call of a method (``*``: of all) take so much longer."""
        self._call('/delay', {'method': method, 'milliseconds': milliseconds})

    def rate(self, bytes_a_second):
        """Take no PUT faster than this; 0 for no limit."""
        self._call('/rate', bytes_a_second)

    def page(self, objects):
        """Answer properties of no more objects at once; 0 for no limit."""
        self._call('/page', objects)

    def expire(self):
        """End every session; return how many there were."""
        return self._call('/expire')

    def stats(self):
        """Return what was called since the start or the last reset.

        ``calls``: of SOAP, in all; ``soap``: method -> calls; ``http``:
        request -> calls; ``puts``: under way; ``most_puts``: at once;
        ``sessions``: that live.
        """
        return self._call('/stats')

    def reset(self):
        """Forget the counts, every fault, delay and limit.

        Datastores are again what they were at the start; files stay.
        """
        self._call('/reset')

    def _call(self, path, value=None):
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(  # noqa: S310
            self.url + path, data=data)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors='replace').strip()
            raise ValueError(f'{path}: {text}') from None
