"""cinder-api, cinder-scheduler and cinder-volume in one process.

``transport_url = fake://`` delivers messages inside one process only. Under
eventlet, as Cinder runs by default: with native threads Cinder 29 was seen
not to finish uploads. Run with Cinder's own arguments, ``--config-file``.
"""

# Before anything else is imported.
try:
    from cinder import monkey_patch
except ImportError:
    # Cinder before 2026.2 knows nothing but eventlet.
    import eventlet
    eventlet.monkey_patch()
else:
    monkey_patch.patch('eventlet')

# ruff: noqa: E402
import logging as python_logging
import sys

from cinder import coordination
from cinder import i18n

i18n.enable_lazy()

from cinder import objects
from cinder import privsep
from cinder import rpc
from cinder import service
from cinder import utils
from cinder import version
from cinder.cmd import volume
from cinder.common import config
from cinder.common import constants
import os_brick
from os_brick import privileged
from oslo_config import cfg
from oslo_log import log as logging
from oslo_service import service as oslo_service

from cinder_glance_multistore.sandbox import messages
from cinder_glance_multistore.sandbox import sqlite

CONF = cfg.CONF


def give_up_privileges():
    """Run nothing as another user, not even when started as root.

    ``env`` stands where ``sudo cinder-rootwrap`` would: it runs the command
    as who we are. Functions that ask for privileges by privsep run here
    instead of in a daemon started by sudo.
    """
    utils.get_root_helper = lambda: 'env'
    contexts = [privsep.sys_admin_pctxt, privileged.default]
    # os-brick before 2026.1 has it not.
    if hasattr(privileged, 'brick_privsep_hide_output'):
        contexts.append(privileged.brick_privsep_hide_output)
    for context in contexts:
        context.set_client_mode(False)


def main():
    objects.register_all()
    CONF(sys.argv[1:], project='cinder', prog='cinder-all',
         version=version.version_string())
    config.set_middleware_defaults()
    logging.setup(CONF, 'cinder')
    python_logging.captureWarnings(True)
    sqlite.register()
    messages.register()
    give_up_privileges()
    os_brick.setup(CONF)
    coordination.COORDINATOR.start()
    rpc.init(CONF)
    launcher = oslo_service.ServiceLauncher(CONF, restart_method='mutate')
    for part in services():
        launcher.launch_service(part)
    launcher.wait()


def services():
    """Yield the services in the order in which they must start.

    Services of one process share ``Service.service_id``, the last one that
    starts sets it. The rows by which a restart finds interrupted work must
    carry cinder-volume's, so it comes last.
    """
    yield service.WSGIService('osapi_volume')
    yield service.Service.create(binary=constants.SCHEDULER_BINARY)
    for backend in CONF.enabled_backends:
        CONF.register_opt(volume.host_opt, group=backend)
        yield service.Service.create(
            host=f'{CONF.host}@{backend}', service_name=backend,
            binary=constants.VOLUME_BINARY, coordination=True)


if __name__ == '__main__':
    main()
