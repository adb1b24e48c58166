"""The sandbox as a whole: started, asked, crashed and stopped.
"""

import concurrent.futures
import contextlib
import dataclasses
from pathlib import Path
import shutil
import threading
import time

from cinder_glance_multistore.sandbox import clients
from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import disk
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import layout as layouts
from cinder_glance_multistore.sandbox import logs
from cinder_glance_multistore.sandbox import ports
from cinder_glance_multistore.sandbox import processes
from cinder_glance_multistore.sandbox import readiness
from cinder_glance_multistore.sandbox import schema
from cinder_glance_multistore.sandbox import services
from cinder_glance_multistore.sandbox import state
from cinder_glance_multistore.sandbox import surroundings
from cinder_glance_multistore.sandbox import tempest
from cinder_glance_multistore.sandbox import vcenter
from cinder_glance_multistore.transfer import leftovers

SERVICES = tuple(services.KINDS)
#: Those that have options.
CONFIGURED = tuple(
    name for name, kind in services.KINDS.items() if name != services.VCENTER)
DEFAULT_SMALL_SIZE = 16 * 1024 * 1024

_READY_TIMEOUT = 240.0
# Services that wait for Keystone start beside it, on as few cores.
_READY_TIMEOUT_KEYSTONE = 480.0


@dataclasses.dataclass(frozen=True)
class ServiceStatus:
    """One service, as it is now.

    :ivar pid: of its main process, or None when it does not run
    :ivar url: where clients reach it, also while it does not run
    """

    name: str
    pid: int | None
    url: str
    log: Path


class Sandbox:
    """Real Glance and Cinder (and Keystone) with everything they write in one directory.

    Several may live at once, each in a directory of its own. Methods may be
    called from several threads and processes: one at a time works.

    :param path: the directory; made when it is missing
    :param keystone: run Keystone, and have the others ask it; None is as
        this sandbox was made, without it where it is new
    :param plugin: load our plug-in into ``cinder``, our filter into Glance
    :param upstream: also run ``upstream``, a Cinder without the plug-in, over
        the same Glance
    :param upstream_auth_strategy: ``keystone`` has upstream send the header
        that names the store, ``noauth`` has it drop the header (C9)
    :param chosen_ports: service -> port; other services take free ones
    :param small_size: bytes of the file system of the store ``small``
    :param options: service -> {section: {option: value}}, in place of or
        beside what the sandbox configures. A list is an option given several
        times, None removes one. Taken up when the service starts.
    :param vcenter: directory of a simulated vCenter's program, to run one
        with the store ``vc``; from then on it is this sandbox's
    :param say: is called with every line that reports progress
    """

    def __init__(self, path, *, keystone=None, plugin=True, upstream=False,
                 upstream_auth_strategy='keystone', chosen_ports=None,
                 small_size=DEFAULT_SMALL_SIZE, options=None, vcenter=None,
                 say=None):
        self.layout = layouts.Layout(path)
        self._services = services.of(self.layout)
        self._keystone = keystone
        self.options = options or {}
        self._plugin = plugin
        self._upstream = upstream
        self._upstream_auth_strategy = upstream_auth_strategy
        self._chosen_ports = chosen_ports or {}
        self._small_size = small_size
        self._vcenter = vcenter
        self._report = say or (lambda line: None)
        self._started_at = time.monotonic()
        self._saving = threading.Lock()
        self._failed = threading.Event()

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *exc_info):
        self.down()

    # Commands ------------------------------------------------------------

    def up(self, reset=False):
        """Start what does not run yet, and return when it does its work.

        What this call started is stopped again if it fails.

        :param reset: stop everything and forget all data first
        :returns: service -> URL, of what runs
        :raises errors.SandboxError: what is missing or did not start
        """
        self._started_at = time.monotonic()
        surroundings.check(bool(self._keystone))
        with self._working() as memory:
            if reset:
                self._stop_all(memory)
                self._wipe(memory)
            self._refuse_old(memory)
            self._settle(memory)
            wanted = [name for name in self._names(memory)
                      if name != services.UPSTREAM or self._upstream]
            if self._lost_small(memory):
                # Somebody unmounted it, or killed its keeper.
                self._stop(memory, services.GLANCE, grace=10.0)
            missing = [name for name in wanted
                       if not self._is_running(memory, name)]
            if missing:
                self._bring_up(memory, missing)
            else:
                self._say('It is running already.')
                self._failed.clear()
                self._admit(memory)
                self._mention_changes(memory, wanted)
            self._write_tempest(memory)
            return self._urls(memory, running=True)

    def down(self):
        """Stop everything that this sandbox started; data stays.

        :returns: the names of the services that ran
        """
        self._started_at = time.monotonic()
        if not self.layout.marker.exists():
            return []
        with self._working() as memory:
            return self._stop_all(memory)

    def start(self, name):
        """Start one service, with its configuration written anew."""
        self._known(name)
        with self._working() as memory:
            self._refuse_old(memory)
            self._settle(memory)
            self._known(name, self._names(memory))
            if not self._is_running(memory, name):
                self._bring_up(memory, [name])

    def stop(self, name):
        """Ask one service to end, as an operator would."""
        self._end(name, grace=10.0)

    def kill(self, name):
        """End one service with SIGKILL, children included: a crash."""
        self._end(name, grace=0.0)

    def allot_ports(self):
        """Return service -> port before anything is started.

        For a caller who puts something between two services, and must tell
        one of them where it is.
        """
        with self._working() as memory:
            self._settle(memory)
            self._choose_ports(memory, self._names(memory))
            return dict(memory.ports)

    # Questions -----------------------------------------------------------

    def status(self):
        """Return a list of :class:`ServiceStatus`.

        ``upstream`` is in it when it has ever been started.
        """
        memory = state.State(self.layout.state)
        found = []
        for name in SERVICES:
            if name not in memory.ports:
                continue
            process = self._process(memory, name)
            found.append(ServiceStatus(
                name, process.pid if process else None,
                self._url(memory, name), self.layout.log(name)))
        return found

    def is_running(self, name):
        self._known(name)
        return self._is_running(state.State(self.layout.state), name)

    @property
    def endpoints(self):
        """Service -> URL, of every service that has a port."""
        return self._urls(state.State(self.layout.state))

    @property
    def has_keystone(self):
        return bool(state.State(self.layout.state).keystone)

    @property
    def has_vcenter(self):
        return bool(state.State(self.layout.state).vcenter)

    @property
    def vcenter(self):
        """A :class:`vcenter.Admin` of the sandbox's vCenter, which runs."""
        return vcenter.admin_of(self.layout.data(vcenter.NAME))

    @property
    def small_refusal(self):
        """Why there is no store ``small``, or None when there is one."""
        memory = state.State(self.layout.state)
        if self._small(memory).is_there:
            return None
        return memory.small_refusal or 'its file system is not mounted'

    def store_path(self, store_id):
        """Return the directory that all images of a store are below.

        They lie in it where the store is of type ``file``, and in one of
        its ``store_directories`` where it is of another one.

        The path is good while the sandbox runs; ``small`` may be somewhere
        else after the next ``up``.

        :raises errors.UnknownName: no such store, or not one of files
        """
        with_files = [store for store, kind in layouts.STORES.items()
                      if kind != 'http']
        if self.has_vcenter:
            with_files.append(layouts.VCENTER_STORE)
        if store_id not in with_files:
            raise errors.UnknownName('store of files', store_id, with_files)
        if store_id == layouts.SMALL_STORE:
            return self._small(state.State(self.layout.state)).outside_path
        if store_id == layouts.VCENTER_STORE:
            return self.layout.data(vcenter.NAME)
        return self.layout.store(store_id)

    def store_directories(self, store_id):
        """Return the directories that a store's images lie in.

        As the sandbox configures them; ``options`` may say otherwise.

        :returns: a list of paths, where there are several the highest
            weight first
        :raises errors.UnknownName: no such store, or not one of files
        """
        path = self.store_path(store_id)
        if store_id == layouts.VCENTER_STORE:
            return vcenter.directories(path)
        if store_id not in layouts.DIRECTORIES:
            return [path]
        return [path / name for name in layouts.DIRECTORIES[store_id]]

    def place(self, store_id, path):
        """Return a store and which of its places a file is in: ``fast/a``.

        The store alone where it has one place.

        :param path: what ``image_file`` returned
        """
        directories = self.store_directories(store_id)
        names = (layouts.DATASTORES if store_id == layouts.VCENTER_STORE
                 else layouts.DIRECTORIES.get(store_id))
        if names is None:
            return store_id
        return f'{store_id}/{list(names)[directories.index(path.parent)]}'

    def image_file(self, store_id, image_id):
        """Return the path that an image's bits have in a store.

        Where there are none, the path in the store's first directory.
        """
        paths = [directory / image_id
                 for directory in self.store_directories(store_id)]
        return next((path for path in paths if path.exists()), paths[0])

    def image_files(self, store_id, image_id):
        """Return the paths of all that is there of an image, now.

        Under its name; and under temporary ones, of our types, what is on
        its way or was left by an upload that was killed.
        """
        return [path for directory in self.store_directories(store_id)
                if directory.is_dir() for path in directory.iterdir()
                if path.name == image_id or (
                    path.name.startswith(leftovers.PREFIX) and
                    path.name.endswith(f'~{image_id}'))]

    def volume_file(self, volume_id, service=services.CINDER):
        """Return the path of a volume's file, without snapshots its data."""
        return self.layout.volumes(service) / f'volume-{volume_id}'

    def log(self, name):
        """Return the path of a service's log."""
        self._known(name)
        return self.layout.log(name)

    def client_environment(self, service=services.CINDER, user=None):
        """Return variables for the command-line clients.

        :param service: which Cinder they talk to, ``cinder`` or ``upstream``
        :param user: one of ``credentials.USERS``, where there is Keystone;
            its administrator unless told
        :returns: name -> value; None for what must not be set
        :raises errors.UnknownName: there is no such user
        """
        if not self.has_keystone:
            if user is not None:
                raise errors.UnknownName('user', user, [])
            return clients.environment(self.layout, self.endpoints, service)
        user = user or credentials.ADMIN
        return clients.user_environment(
            self.endpoints[services.KEYSTONE], user, self._password(user),
            service)

    def session(self, user=credentials.ADMIN):
        """Return a keystoneauth session of a user of the demo project.

        :raises errors.UnknownName: there is no such user
        """
        if not self.has_keystone:
            raise errors.UnknownName('user', user, [])
        from cinder_glance_multistore.sandbox import identity
        return identity.session(
            self.endpoints[services.KEYSTONE], user, self._password(user))

    # How ------------------------------------------------------------------

    @contextlib.contextmanager
    def _working(self):
        state.claim(self.layout)
        with state.lock(self.layout, waiting=lambda: self._say(
                'Another command works on this sandbox; waiting for it.')):
            yield state.State(self.layout.state)

    def _bring_up(self, memory, names):
        if (memory.keystone and services.KEYSTONE not in names and
                not self._is_running(memory, services.KEYSTONE)):
            raise errors.SandboxError(
                f'Keystone does not run, and {names[0]} needs it: start '
                f'keystone first.')
        self._sweep(memory, names)
        for directory in self.layout.directories(
                [name for name in SERVICES
                 if name in names or name in memory.ports]):
            files.make_directory(directory)
        self._choose_ports(memory, names)
        if services.GLANCE in names:
            self._make_small(memory)
        begun = []
        self._failed.clear()
        try:
            if services.VCENTER in names:
                # Glance reads its certificate, and looks at it.
                self._start(memory, services.VCENTER, begun)
                names = [name for name in names if name != services.VCENTER]
            with concurrent.futures.ThreadPoolExecutor() as pool:
                steps = [pool.submit(self._start, memory, name, begun)
                         for name in names]
                steps.append(pool.submit(
                    self._admit, memory, services.KEYSTONE in names))
                try:
                    for step in concurrent.futures.as_completed(steps):
                        step.result()
                except BaseException:
                    self._failed.set()  # the others need not wait
                    raise
            self._write_clients(memory)
        except BaseException:
            self._say('Something failed: stopping what was started.')
            for name in begun:
                self._stop(memory, name, grace=2.0)
            if not self._is_running(memory, services.GLANCE):
                self._remove_small(memory)
            raise

    def _start(self, memory, name, begun):
        """Bring one service from nothing to ready. Runs in a thread."""
        started = time.monotonic()
        service = self._services[name]
        scene = self._scene(memory)
        environment = surroundings.environment(self.layout)
        service.write_config(self._sections(service, scene), scene)
        self._set_up(memory, service, scene, environment)
        command = service.command(scene)
        if name == services.GLANCE:
            command = self._small(memory).enter(command)
        log = self.layout.log(name)
        log_start = logs.end(log)
        begun.append(name)
        process = processes.spawn(
            command, self._mark(name), environment | service.environment(),
            log)
        with self._saving:
            memory.processes[name] = dataclasses.asdict(process)
            memory.save()
        self._await(memory, name, process, log_start)
        if not self._failed.is_set():
            self._say(f'{name} is ready at {self._url(memory, name)} '
                      f'({time.monotonic() - started:.1f} s)')

    def _await(self, memory, name, process, log_start):
        service = self._services[name]
        caller = self._caller(memory)
        timeout = (_READY_TIMEOUT_KEYSTONE if memory.keystone
                   else _READY_TIMEOUT)
        log = self.layout.log(name)
        deadline = time.monotonic() + timeout
        while not (self._failed.is_set() or
                   service.is_ready(memory.ports[name], caller)):
            if not process.is_alive():
                raise errors.ServiceFailed(
                    name, 'ended while it started', log,
                    logs.telling(log, log_start))
            if time.monotonic() >= deadline:
                raise errors.ServiceFailed(
                    name, f'was not ready in {timeout:.0f} s', log,
                    logs.telling(log, log_start))
            time.sleep(0.1)

    def _scene(self, memory):
        return services.Scene(
            dict(memory.ports), self._stores(memory), self._plugin,
            self._upstream_auth_strategy,
            self._passwords() if memory.keystone else None, memory.vcenter)

    def _sections(self, service, scene):
        return ini.merge(
            service.config(scene), self.options.get(service.name))

    def _set_up(self, memory, service, scene, environment):
        """Make the service's database, or bring it up to date."""
        if service.setup is None:
            return
        name = service.name
        versions = surroundings.versions(*service.packages)
        database = self.layout.database(name)
        if database.exists() and memory.schemas.get(name) == versions:
            return
        started = time.monotonic()
        schema.sync(
            database, service.setup, service.config_files(),
            self._mark(f'{name}-db-sync'),
            environment | service.setup_environment(scene),
            self.layout.log(name))
        with self._saving:
            memory.schemas[name] = versions
            memory.save()
        self._say(f'{name}: database made '
                  f'({time.monotonic() - started:.1f} s)')

    # Keystone

    def _settle(self, memory):
        """Find out whether there is Keystone here, for good."""
        if memory.keystone is None:
            memory.keystone = bool(self._keystone)
            memory.save()
        elif self._keystone not in (None, memory.keystone):
            raise errors.OtherKind(self.layout.root, memory.keystone)
        if self._vcenter:
            memory.vcenter = str(Path(self._vcenter).resolve())
        if memory.vcenter:
            vcenter.check(memory.vcenter)
            memory.save()

    def _names(self, memory):
        return [name for name in SERVICES
                if (name != services.KEYSTONE or memory.keystone) and
                (name != services.VCENTER or memory.vcenter)]

    def _passwords(self):
        return credentials.load(
            self.layout, self.layout.database(services.KEYSTONE).exists())

    def _password(self, user):
        if user not in credentials.USERS:
            raise errors.UnknownName('user', user, credentials.USERS)
        return self._passwords()[user]

    def _caller(self, memory):
        if not memory.keystone:
            return readiness.NoKeystone
        # It takes a while to load, and a sandbox without Keystone needs none.
        from cinder_glance_multistore.sandbox import identity
        return identity.Caller(
            self._url(memory, services.KEYSTONE),
            self._password(credentials.ADMIN))

    def _admit(self, memory, starting=False):
        """Have Keystone know users and services. Runs in a thread.

        :param starting: Keystone is being started by another one, who says
            why it does not
        """
        if not memory.keystone:
            return
        log = self.layout.log(services.KEYSTONE)
        deadline = time.monotonic() + _READY_TIMEOUT_KEYSTONE
        while not readiness.keystone(memory.ports[services.KEYSTONE]):
            if self._failed.is_set():
                return
            if not (starting or self._is_running(memory, services.KEYSTONE)):
                raise errors.ServiceFailed(
                    services.KEYSTONE, 'has ended', log, logs.telling(log))
            if time.monotonic() >= deadline:
                raise errors.ServiceFailed(
                    services.KEYSTONE, 'does not answer', log,
                    logs.telling(log))
            time.sleep(0.1)
        from cinder_glance_multistore.sandbox import identity
        started = time.monotonic()
        identity.register(self._url(memory, services.KEYSTONE),
                          self._passwords(), self._urls(memory))
        self._say(f'keystone knows users and services '
                  f'({time.monotonic() - started:.1f} s)')

    def _write_clients(self, memory):
        urls = self._urls(memory)
        if not memory.keystone:
            clients.write_clouds(self.layout, urls)
            return
        clients.write_user_clouds(
            self.layout, urls[services.KEYSTONE], self._passwords(),
            services.UPSTREAM in urls)

    def _write_tempest(self, memory):
        if not memory.keystone:
            return
        from cinder_glance_multistore.sandbox import identity
        urls = self._urls(memory)
        password = self._password(credentials.ADMIN)
        tempest.write_config(
            self.layout, urls[services.KEYSTONE], password,
            tempest.reference_image(
                identity.session(urls[services.KEYSTONE], credentials.ADMIN,
                                 password), urls[services.GLANCE]),
            self._stores(memory) + (
                [layouts.VCENTER_STORE] if memory.vcenter else []),
            self._plugin)

    # The small store's disk

    def _small(self, memory):
        small = disk.Disk(
            self.layout.store(layouts.SMALL_STORE), self._mark(disk.NAME),
            {'PATH': surroundings.environment(self.layout)['PATH']},
            self.layout.log(disk.NAME))
        small.holder = self._process(memory, disk.NAME)
        return small

    def _make_small(self, memory):
        small = self._small(memory)
        if small.is_there and memory.small_size != self._small_size:
            small.keep(self.layout.small_kept)
            small.remove()
        if not small.is_there:
            processes.kill(self._mark(disk.NAME))
            try:
                small.make(self._small_size)
            except errors.SandboxError as error:
                memory.small_refusal = str(error)
                self._say(f'There is no store {layouts.SMALL_STORE}, since '
                          f'no tmpfs can be mounted: {error}')
                memory.processes.pop(disk.NAME, None)
                memory.save()
                return
            if self.layout.small_kept.is_dir():
                small.restore(self.layout.small_kept)
            elif memory.small_size:
                self._say(f'The store {layouts.SMALL_STORE} is empty: its '
                          f'file system went with a crash.')
        memory.small_refusal = None
        memory.small_size = self._small_size
        memory.processes.pop(disk.NAME, None)
        if small.holder:
            memory.processes[disk.NAME] = dataclasses.asdict(small.holder)
        memory.save()

    def _remove_small(self, memory):
        small = self._small(memory)
        if small.is_there:
            small.keep(self.layout.small_kept)
        small.remove()
        memory.processes.pop(disk.NAME, None)
        memory.save()

    def _lost_small(self, memory):
        return (self._is_running(memory, services.GLANCE) and
                not memory.small_refusal and
                not self._small(memory).is_there)

    def _stores(self, memory):
        return [store for store in layouts.STORES
                if store != layouts.SMALL_STORE or
                self._small(memory).is_there]

    # Processes and ports

    def _mark(self, name):
        # Read each time: the directory may be another sandbox by now.
        return f'{state.identity(self.layout)}/{name}'

    def _process(self, memory, name):
        """Return the living process that was started as ``name``, or None."""
        kept = memory.processes.get(name)
        process = processes.Process(**kept) if kept else None
        return process if process and process.is_alive() else None

    def _is_running(self, memory, name):
        return self._process(memory, name) is not None

    def _sweep(self, memory, names):
        """End what a crash left of services that are about to start."""
        for name in names:
            for mark in (self._mark(name), self._mark(f'{name}-db-sync')):
                if processes.find(mark):
                    self._say(f'{name}: ending what a crash left of it.')
                    processes.kill(mark)

    def _choose_ports(self, memory, names):
        for name in names:
            if self._is_running(memory, name):
                continue
            others = {port for other, port in memory.ports.items()
                      if other != name}
            memory.ports[name] = ports.choose(
                name, self._chosen_ports.get(name), memory.ports.get(name),
                others)
        memory.save()

    def _end(self, name, grace):
        self._known(name)
        with self._working() as memory:
            self._stop(memory, name, grace)

    def _stop(self, memory, name, grace):
        ran = self._process(memory, name)
        processes.stop(self._mark(name), ran, grace)
        with self._saving:
            memory.processes.pop(name, None)
            memory.save()
        return ran is not None

    def _stop_all(self, memory):
        # Cinder first: it sees Glance to the end.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            cinders = [name for name in reversed(SERVICES)
                       if name in (services.CINDER, services.UPSTREAM)]
            ran = list(pool.map(
                lambda name: self._stop(memory, name, grace=10.0), cinders))
        stopped = [name for name, yes in zip(cinders, ran, strict=True)
                   if yes]
        for name in (services.GLANCE, services.KEYSTONE, services.VCENTER):
            if self._stop(memory, name, grace=10.0):
                stopped.append(name)
        self._remove_small(memory)
        # Steps that a crash interrupted, like a db sync.
        processes.kill(self._mark(''))
        for name in stopped:
            self._say(f'{name} is stopped.')
        return stopped

    def _wipe(self, memory):
        for entry in self.layout.root.iterdir():
            if entry in (self.layout.marker, self.layout.lock):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        memory.load()
        self._say(f'{self.layout.root} is empty now.')

    def _mention_changes(self, memory, names):
        scene = self._scene(memory)
        for name in names:
            if name not in CONFIGURED:
                continue
            service = self._services[name]
            port = self._chosen_ports.get(name, memory.ports[name])
            wanted = ini.render(self._sections(service, scene))
            main_file = service.config_files()[0]
            if (port != memory.ports[name] or
                    main_file.read_text(encoding='utf-8') != wanted):
                self._say(f'{name} runs with another configuration than the '
                          f'one asked for now; stop it first to change it.')

    def _url(self, memory, name):
        return self._services[name].url(memory.ports[name])

    def _urls(self, memory, running=False):
        return {name: self._url(memory, name) for name in SERVICES
                if name in memory.ports and
                (not running or self._is_running(memory, name))}

    def _refuse_old(self, memory):
        if memory.version != layouts.VERSION:
            raise errors.OldSandbox(self.layout.root)

    @staticmethod
    def _known(name, names=SERVICES):
        if name not in names:
            raise errors.UnknownName('service', name, names)

    def _say(self, line):
        self._report(f'[{time.monotonic() - self._started_at:5.1f} s] {line}')
