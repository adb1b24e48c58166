"""Files on datastores: written and read by HTTP, moved and deleted by SOAP.
"""

import dataclasses
import datetime
import time

from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import web

_MISSING = ('FileNotFound',)
_THERE = ('FileAlreadyExists', 'AlreadyExists')

# Statuses of a proxy or of a vCenter that starts, and seconds before it is
# asked again.
_TRANSIENT = (429, 500, 502, 503, 504)
_PAUSES = (0.1, 0.5, 2.0)


class FileMissing(errors.VSphereError):
    """There is no such file."""


class FileThere(errors.VSphereError):
    """There is a file of that name already."""


@dataclasses.dataclass(frozen=True)
class Path:
    """Where a file lies.

    :ivar datacenter: the path of the datacenter
    :ivar datastore: the name of the datastore
    :ivar folder: the folder in it, without slashes at its ends
    :ivar name: the file's name
    """

    datacenter: str
    datastore: str
    folder: str
    name: str

    def __str__(self):
        return f'[{self.datastore}] {self.inner}'

    @property
    def inner(self):
        """The path inside the datastore."""
        return f'{self.folder}/{self.name}' if self.folder else self.name

    def named(self, name):
        """Return the path of another file of the same folder."""
        return dataclasses.replace(self, name=name)


@dataclasses.dataclass(frozen=True)
class Found:
    """A file in a listing.

    :ivar size: bytes, or None where the vCenter does not say
    :ivar modified: a datetime with a zone, or None
    """

    name: str
    size: int | None
    modified: datetime.datetime | None


class Files:
    """The files that one session may read and write.

    :param session: a :class:`~.session.Session`
    :param server: a :class:`~.web.Server`
    """

    def __init__(self, session, server):
        self._session = session
        self._server = server

    # By HTTP.

    def size(self, path, patient=True, timeout=None):
        """Return the bytes of a file.

        :param patient: whether what may pass is tried again
        :param timeout: seconds that the answer may take, where that is less
            than the server's
        :raises FileMissing: when there is none
        :raises VSphereError: when that cannot be found out
        """
        answer = self._ask('HEAD', path, {}, patient, timeout)
        length = answer.header('Content-Length')
        answer.close()
        if length is not None and length.isdecimal():
            return int(length)
        raise errors.HTTPFailed(
            f'The size of {path} is not known',
            why='the vCenter does not say it (no Content-Length)')

    def open(self, path, offset=0, length=None):
        """Return an :class:`~.web.Answer` with a file's bytes.

        Its ``status`` is 206 when it begins at ``offset``; with 200 it is
        the whole file, because the server knows no ranges. With 416 there is
        nothing at ``offset``.

        :raises FileMissing: when there is no such file
        :raises VSphereError: when it cannot be read
        """
        headers = {}
        if offset or length is not None:
            end = '' if length is None else offset + length - 1
            headers['Range'] = f'bytes={offset}-{end}'
        return self._ask('GET', path, headers)

    def put(self, path, size=None):
        """Return a :class:`~.web.Put`.

        :param size: bytes, or None when that is not known
        :raises VSphereError: when it cannot begin
        """
        return web.Put(self._server, self._target(path),
                       {'Cookie': self._session.cookie()}, size)

    def _ask(self, method, path, headers, patient=True, timeout=None):
        pauses = iter(_PAUSES if patient else ())
        renewed = False
        while True:
            cookie = self._session.cookie()
            try:
                return self._ask_once(
                    method, path, {'Cookie': cookie, **headers}, timeout)
            except errors.HTTPFailed as exc:
                if exc.status == 401 and not renewed:
                    renewed = True
                    self._session.renew(cookie)
                    continue
                if isinstance(exc.__cause__, TimeoutError) or (
                        exc.status not in (None, *_TRANSIENT)):
                    raise
                pause = next(pauses, None)
                if pause is None:
                    raise
            time.sleep(pause)

    def _ask_once(self, method, path, headers, timeout):
        what = f'{path} cannot be read'
        try:
            answer = self._server.request(
                method, self._target(path), headers, timeout)
        except OSError as exc:
            raise errors.HTTPFailed(what, why=web.words(exc)) from exc
        if answer.status in (200, 206, 416):
            return answer
        answer.close()
        if answer.status == 404:
            raise FileMissing(f'There is no {path}')
        raise errors.HTTPFailed(what, answer.status)

    @staticmethod
    def _target(path):
        # ESX itself takes no datacenter.
        query = {'dcPath': path.datacenter} if path.datacenter else {}
        return web.target(f'/folder/{path.inner}', dsName=path.datastore,
                          **query)

    # By SOAP.

    def move(self, path, name, datacenter_ref, size):
        """Give a file another name in its folder; never replace one.

        :param size: the file's bytes, to know it again
        :raises FileThere: when that name is taken
        :raises VSphereError: when it fails
        """
        final = path.named(name)
        for pause in (*_PAUSES, None):
            try:
                self._task('MoveDatastoreFile_Task', again=False,
                           sourceName=str(path),
                           sourceDatacenter=datacenter_ref,
                           destinationName=str(final),
                           destinationDatacenter=datacenter_ref, force=False)
                return
            except errors.Fault as exc:
                # An earlier try may have done it, and its answer was lost.
                if pause != _PAUSES[0] and self._is_moved(path, final, size):
                    return
                if exc.name in _THERE:
                    raise FileThere(f'There is {final} already') from exc
                raise
            except errors.Unreachable:
                if self._is_moved(path, final, size):
                    return
                if pause is None:
                    raise
            time.sleep(pause)

    def _is_moved(self, path, final, size):
        try:
            self.size(path)
        except FileMissing:
            return self.size(final) == size
        return False

    def delete(self, path, datacenter_ref):
        """Delete a file.

        :raises FileMissing: when there is none
        :raises Fault: when the vCenter refuses
        :raises Unreachable: when it is not known whether it was done
        """
        asked = 0
        while True:
            asked += 1
            try:
                self._task('DeleteDatastoreFile_Task', again=False,
                           name=str(path), datacenter=datacenter_ref)
                return
            except errors.Fault as exc:
                missing = exc.name in _MISSING
                if asked > 1:
                    # The first time it was, and the answer was lost.
                    if missing:
                        return
                    raise errors.Unreachable(
                        self._session.address,
                        f'it does not say whether {path} is deleted '
                        f'({exc})') from exc
                if missing:
                    raise FileMissing(f'There is no {path}') from exc
                raise
            except errors.Unreachable:
                if asked > 2:
                    raise

    def make_folder(self, path, datacenter_ref):
        """Make the folder that a file is to lie in; it may be there.

        :raises VSphereError: when that cannot be done
        """
        if not path.folder:
            return
        vim = self._session.vim
        try:
            self._session.invoke_api(
                vim, 'MakeDirectory', vim.service_content.fileManager,
                again=False, name=f'[{path.datastore}] {path.folder}',
                datacenter=datacenter_ref, createParentDirectories=True)
        except errors.Fault as exc:
            if exc.name not in _THERE:
                raise

    def list(self, path, browser, pattern):
        """Return a :class:`Found` for each file, no folder, of a folder.

        :param path: a :class:`Path` whose name does not matter
        :param browser: the datastore's
        :param pattern: with ``*`` and ``?``
        :raises VSphereError: when it cannot be listed
        """
        factory = self._session.vim.client.factory
        spec = factory.create('ns0:HostDatastoreBrowserSearchSpec')
        spec.matchPattern = [pattern]
        spec.details = factory.create('ns0:FileQueryFlags')
        # So that a folder is told from a file.
        spec.details.fileType = True
        spec.details.fileSize = True
        spec.details.modification = True
        spec.details.fileOwner = False
        try:
            info = self._task(
                'SearchDatastore_Task', browser,
                datastorePath=f'[{path.datastore}] {path.folder}',
                searchSpec=spec)
        except errors.Fault as exc:
            if exc.name in _MISSING:
                return []
            raise
        found = getattr(getattr(info, 'result', None), 'file', None) or ()
        return [Found(str(each.path), getattr(each, 'fileSize', None),
                      getattr(each, 'modification', None))
                for each in found
                if type(each).__name__ != 'FolderFileInfo']

    def now(self):
        """Return the vCenter's clock, a datetime with a zone.

        :raises VSphereError: when it does not say
        """
        return self._session.invoke_api(
            self._session.vim, 'CurrentTime', 'ServiceInstance')

    def _task(self, method, target=None, again=True, **arguments):
        vim = self._session.vim
        task = self._session.invoke_api(
            vim, method, target or vim.service_content.fileManager,
            again=again, **arguments)
        if task is None:
            raise errors.Unreachable(
                self._session.address, f'it answered {method} with nothing')
        return self._session.wait_for_task(task, method)
