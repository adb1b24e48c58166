"""The services of a sandbox, each kind behind the same face.

What a kind needs is in a module of its own (``glance``, ``cinder``,
``keystone``); who starts and stops services (``stack``) sees only these.
"""

import dataclasses
import functools

from cinder_glance_multistore.sandbox import cinder
from cinder_glance_multistore.sandbox import credentials
from cinder_glance_multistore.sandbox import glance
from cinder_glance_multistore.sandbox import ini
from cinder_glance_multistore.sandbox import keystone
from cinder_glance_multistore.sandbox import readiness
from cinder_glance_multistore.sandbox import vcenter

VCENTER = vcenter.NAME
KEYSTONE = keystone.NAME
GLANCE = glance.NAME
CINDER = cinder.NAME
UPSTREAM = cinder.UPSTREAM


@dataclasses.dataclass(frozen=True)
class Scene:
    """What a service is told of the sandbox that it is to start in.

    :ivar ports: service -> port
    :ivar stores: ids of the stores to have
    :ivar plugin: whether ``cinder`` loads our plug-in, and Glance our filter
    :ivar upstream_auth_strategy: of ``upstream``, without Keystone
    :ivar passwords: user -> password; None where there is no Keystone
    :ivar vcenter: directory of the program of a vCenter, or None
    """

    ports: dict
    stores: list
    plugin: bool
    upstream_auth_strategy: str
    passwords: dict | None = dataclasses.field(repr=False)
    vcenter: str | None = None

    @property
    def noauth(self):
        return self.passwords is None

    def access(self, user):
        """Return credentials.Access of a service's user, if any."""
        if self.passwords is None:
            return None
        return credentials.Access(
            Keystone.url(self.ports[KEYSTONE]), user, self.passwords[user])


class VCenter:
    """Not of OpenStack: it has no database, and no options."""

    name = VCENTER
    setup = None

    def __init__(self, layout):
        self._home = layout.data(self.name)

    @staticmethod
    def url(port):
        return f'https://127.0.0.1:{port}/sdk'

    def config(self, scene):
        return {}

    def write_config(self, sections, scene):
        vcenter.prepare_store(self._home)
        vcenter.ready_file(self._home).unlink(missing_ok=True)

    def environment(self):
        return {}

    def command(self, scene):
        return vcenter.command(
            scene.vcenter, self._home, f'127.0.0.1:{scene.ports[self.name]}',
            ready=vcenter.ready_file(self._home))

    def is_ready(self, port, caller):
        return vcenter.ready_file(self._home).exists()


class Keystone:
    name = KEYSTONE
    packages = keystone.PACKAGES
    setup = keystone.SETUP

    def __init__(self, layout):
        self._layout = layout

    @staticmethod
    def url(port):
        return f'http://127.0.0.1:{port}/v3'

    def config(self, scene):
        return keystone.config(self._layout)

    def write_config(self, sections, scene):
        keystone.write_config(self._layout, sections)

    def config_files(self):
        return keystone.config_files(self._layout)

    def environment(self):
        return keystone.environment(self._layout)

    def setup_environment(self, scene):
        return {'OS_BOOTSTRAP_PASSWORD': scene.passwords[credentials.ADMIN]}

    def command(self, scene):
        return keystone.command(scene.ports[self.name])

    def is_ready(self, port, caller):
        return readiness.keystone(port)


class Glance:
    name = GLANCE
    packages = glance.PACKAGES
    setup = glance.SYNC

    def __init__(self, layout):
        self._layout = layout

    @staticmethod
    def url(port):
        return f'http://127.0.0.1:{port}'

    def config(self, scene):
        return glance.config(
            self._layout, scene.ports[self.name], scene.stores,
            scene.access('glance'),
            scene.ports.get(VCENTER) if scene.vcenter else None)

    def write_config(self, sections, scene):
        glance.write_config(self._layout, sections, scene.plugin)

    def config_files(self):
        return glance.config_files(self._layout)

    def environment(self):
        return glance.environment(self._layout)

    def setup_environment(self, scene):
        return {}

    def command(self, scene):
        return glance.command(scene.ports[self.name], scene.noauth)

    def is_ready(self, port, caller):
        return readiness.glance(port, caller)


class Cinder:
    """``cinder``, or ``upstream``, which never loads our plug-in."""

    packages = cinder.PACKAGES
    setup = cinder.SYNC

    def __init__(self, layout, name):
        self._layout = layout
        self.name = name

    @staticmethod
    def url(port):
        return f'http://127.0.0.1:{port}/v3'

    def config(self, scene):
        if scene.passwords:
            strategy = 'keystone'
        elif self.name == UPSTREAM:
            strategy = scene.upstream_auth_strategy
        else:
            strategy = 'noauth'
        sections = cinder.config(
            self._layout, self.name, scene.ports[self.name],
            Glance.url(scene.ports[GLANCE]), strategy,
            scene.access('cinder'))
        if self.name == CINDER and scene.plugin:
            sections = ini.merge(sections, cinder.PLUGIN)
        return sections

    def write_config(self, sections, scene):
        cinder.write_config(self._layout, self.name, sections, scene.noauth)

    def config_files(self):
        return cinder.config_files(self._layout, self.name)

    def environment(self):
        return {}

    def setup_environment(self, scene):
        return {}

    def command(self, scene):
        return cinder.command(self._layout, self.name)

    def is_ready(self, port, caller):
        return readiness.cinder(port, caller)


#: In the order in which they need each other.
KINDS = {
    VCENTER: VCenter,
    KEYSTONE: Keystone,
    GLANCE: Glance,
    CINDER: functools.partial(Cinder, name=CINDER),
    UPSTREAM: functools.partial(Cinder, name=UPSTREAM),
}


def of(layout):
    """Return name -> service, of every service that a sandbox may have."""
    return {name: kind(layout) for name, kind in KINDS.items()}
