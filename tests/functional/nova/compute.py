"""A driver of Nova's on the simulated vCenter.

Nova itself is real, down to the SOAP calls. Not there are what stands around
the driver: the database, Neutron, and Glance, which is ``glance.Images``.
"""

import contextlib
import functools
import inspect
import logging
import threading
import types
from unittest import mock
import uuid

import fixtures

from tests.functional.nova import glance

GIB = 1 << 30


@functools.cache
def start(home):
    """Set Nova up in this process, once; return its configuration."""
    with contextlib.suppress(Exception):
        # Somebody else in this process may have chosen; and before 2025.1
        # there is nothing to choose.
        from oslo_service import backend
        backend.init_backend(backend.BackendType.THREADING)
    from nova import config
    from nova import objects
    import nova.conf
    config.parse_args(['nova-compute'], default_config_files=[],
                      configure_db=False, init_rpc=False)
    objects.register_all()
    nova.conf.CONF.set_override('lock_path', str(home),
                                group='oslo_concurrency')
    for name in ('nova', 'oslo_service', 'oslo.service', 'oslo_vmware'):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return nova.conf.CONF


class Nova(fixtures.Fixture):
    """Nova's surroundings, for drivers on one vCenter.

    :param vcenter: a ``vcenter.simulator.Simulator``, one for the process
    :ivar images: :class:`.glance.Images`
    """

    def __init__(self, vcenter):
        super().__init__()
        self.vcenter = vcenter
        self.images = glance.Images()
        self._spawned = []

    def _setUp(self):
        self.conf = start(self.vcenter.home)
        from nova import objects
        from nova.virt.vmwareapi import images
        from nova.virt.vmwareapi import vm_util
        from nova.virt.vmwareapi import vmops
        self.set(host_ip=self.vcenter.host, host_port=self.vcenter.port,
                 host_username=self.vcenter.user,
                 host_password=self.vcenter.password,
                 ca_file=self.vcenter.ca_file, cluster_name='DC0_C0',
                 task_poll_interval=0.02, api_retry_count=1,
                 cache_prefix='cache')
        self.set('DEFAULT', flat_injected=False)
        self.set('vnc', enabled=False)
        self.set('image_cache', remove_unused_base_images=True,
                 remove_unused_original_minimum_age_seconds=0)
        # Nova tries 20 times to create one, for five minutes.
        self.patch(vm_util, 'create_vm', vm_util.create_vm.__wrapped__)
        # One session for all: each would parse the WSDL.
        self.share(_session(self.vcenter))
        self.patch(vmops.compute, 'API', mock.Mock)
        self.patch(images, 'IMAGE_API', self.images)
        self.patch(objects.BlockDeviceMappingList, 'bdms_by_instance_uuid',
                   lambda *args: {})
        self.patch(objects.Instance, 'save', lambda *args, **kwargs: None)
        self.addCleanup(vm_util.vm_refs_cache_reset)
        self.addCleanup(self._destroy)
        self.addCleanup(self.conf.clear_override, 'policy',
                        'vmware_multistore')
        from cinder_glance_multistore.conf import nova as options
        options.register_opts(self.conf)
        self.set('vmware_multistore', reservations=(
            f'sqlite:///{self.vcenter.home}/reservations.sqlite'))

    def patch(self, where, name, what):
        self.useFixture(fixtures.MockPatchObject(where, name, what))

    def set(self, group='vmware', **options):
        for name, value in options.items():
            where = () if group == 'DEFAULT' else (group,)
            self.conf.set_override(name, value, *where)
            self.addCleanup(self.conf.clear_override, name, *where)

    def share(self, session):
        """Give a session to all drivers that are made from now on."""
        from nova.virt.vmwareapi import driver
        self.patch(driver, 'session', types.SimpleNamespace(
            VMwareAPISession=lambda scheme: session))

    def driver(self, which):
        """Return a new driver: ``upstream`` or ``ours``, as Nova has it."""
        from nova.virt import driver

        from cinder_glance_multistore.nova import loading
        loading.install()
        return Compute(self, driver.load_compute_driver(None, {
            'upstream': 'vmwareapi.VMwareVCDriver',
            'ours': 'multistore.VMwareVCDriver'}[which]))

    def spawned(self, compute, instance):
        self._spawned.append((compute, instance))

    def _destroy(self):
        for compute, instance in self._spawned:
            compute.destroy(instance)


def connect(vcenter):
    """Return a new session of Nova's, as Nova makes it."""
    from nova.virt.vmwareapi import session
    return session.VMwareAPISession(
        host_ip=vcenter.host, host_port=vcenter.port, username=vcenter.user,
        password=vcenter.password, cacert=vcenter.ca_file, retry_count=1)


@functools.cache
def _session(vcenter):
    from cinder_glance_multistore.vsphere import answers
    made = connect(vcenter)
    # Upstream's threads are given each other's answers now and then (N6).
    answers.separate(made.vim.client)
    return made


class Compute:
    """One nova-compute.

    :ivar driver: Nova's
    """

    def __init__(self, nova, driver):
        from nova import context
        self._nova = nova
        self.driver = driver
        self.context = context.RequestContext('user', 'project')
        self.node, = driver.get_available_nodes()

    def instance(self, image_id, root_gb=1, **flavor):
        """Return a new one; nothing is started."""
        from nova import objects
        uuid_ = str(uuid.uuid4())
        return objects.Instance(
            self.context, id=1, uuid=uuid_, display_name=uuid_,
            hostname=uuid_[:8], project_id='project', user_id='user',
            image_ref=image_id, node=self.node, host='compute',
            system_metadata={}, metadata={}, config_drive='', key_data=None,
            task_state=None, vm_state='active', progress=0,
            info_cache=None, kernel_id='', ramdisk_id='', vcpus=1,
            memory_mb=4, root_gb=root_gb, ephemeral_gb=0,
            flavor=objects.Flavor(**{
                'id': 1, 'name': 'flavor', 'flavorid': '1', 'vcpus': 1,
                'memory_mb': 4, 'root_gb': root_gb, 'ephemeral_gb': 0,
                'swap': 0, 'extra_specs': {}, **flavor}))

    def image_meta(self, image_id):
        from nova import objects
        images = self._nova.images
        return objects.ImageMeta.from_dict({
            'id': image_id, 'disk_format': 'vmdk',
            'container_format': 'bare', 'min_disk': 0,
            'size': len(images.data(image_id)), 'properties': {
                'hw_disk_type': 'preallocated',
                **images.properties(image_id)}})

    def spawn(self, image_id, root_gb=1, **flavor):
        """Start one; return it."""
        instance = self.instance(image_id, root_gb, **flavor)
        self._nova.spawned(self, instance)
        self.driver.spawn(
            self.context, instance, self.image_meta(image_id),
            injected_files=[], admin_password=None, allocations={},
            network_info=[], block_device_info=None)
        return instance

    def spawn_all(self, requests):
        """Start several at once, each as ``spawn`` takes it.

        :returns: the instances, or what was raised
        """
        results = [None] * len(requests)

        def one(number, arguments):
            try:
                results[number] = self.spawn(*arguments)
            except Exception as exc:
                results[number] = exc

        threads = [threading.Thread(target=one, args=(number, arguments))
                   for number, arguments in enumerate(requests)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def destroy(self, instance):
        self.driver.destroy(self.context, instance, [])

    def rescue(self, instance, image_id):
        # Since Nova 31 the last one is what is shared with the instance.
        arguments = [None] * (len(inspect.signature(
            self.driver.rescue).parameters) - 4)
        self.driver.rescue(self.context, instance, [],
                           self.image_meta(image_id), *arguments)

    def snapshot(self, instance):
        image_id = self._nova.images.add(0)
        self.driver.snapshot(self.context, instance, image_id,
                             mock.Mock())
        return self._nova.images.uploads[image_id]

    def resize(self, instance, **changes):
        from nova import objects
        values = {name: getattr(instance.flavor, name) for name in
                  ('id', 'name', 'flavorid', 'vcpus', 'memory_mb', 'root_gb',
                   'ephemeral_gb', 'swap', 'extra_specs')}
        flavor = objects.Flavor(**{**values, **changes})
        self.driver.migrate_disk_and_power_off(
            self.context, instance, None, flavor, [])
        instance.flavor = flavor
        self.driver.finish_migration(
            self.context, None, instance, None, [], None, True, {})

    def age(self, instances=()):
        """Let the image cache manager pass over once."""
        self.driver.manage_image_cache(self.context, list(instances))

    def disk(self, instance):
        """Return the files its root disk is made of, the base last."""
        from nova.virt.vmwareapi import vm_util

        from cinder_glance_multistore.nova import links
        session = self.driver._session
        return links.root_chain(
            session, instance, vm_util.get_vm_ref(session, instance))

    def power(self, instance):
        return self.driver.get_info(instance).state
