"""The API extension: checks before Cinder's own code, messages after it.

What comes in may be changed as well: Cinder's method gets the same body.

``@wsgi.extends`` generators run up to their ``yield`` before the method of
the same name in Cinder's controller. An exception raised there is the
answer, and Cinder's method does not run.
"""

from cinder import exception
from cinder import objects
from cinder.api import extensions
from cinder.api.openstack import wsgi
from cinder.policies import type_extra_specs as specs_policy
from cinder.policies import volume_actions as actions_policy
from cinder.policies import volume_type as types_policy
from cinder.volume import volume_types
from oslo_config import cfg
from oslo_utils import strutils

from cinder_glance_multistore.cinder import doors
from cinder_glance_multistore.cinder import messages
from cinder_glance_multistore.cinder import store_defaults
from cinder_glance_multistore.cinder import store_spec
from cinder_glance_multistore.conf import multistore
from cinder_glance_multistore.conf import volume_types as options

CONF = cfg.CONF
multistore.register_opts(CONF)
options.register_opts(CONF)

ALIAS = 'cinder-glance-multistore'
UPLOAD = 'os-volume_upload_image'


def _may(req, policy):
    return req.environ['cinder.context'].authorize(policy, fatal=False)


def _member(body, name):
    """A member of a request body that need not be what it should be."""
    member = body.get(name) if isinstance(body, dict) else None
    return member if isinstance(member, dict) else {}


class TypesController(wsgi.Controller):
    """``POST /types``: upstream checks no extra spec given here (C2)."""

    @wsgi.extends(action='create')
    def create(self, req, body):
        if _may(req, types_policy.CREATE_POLICY):
            specs = _member(_member(body, 'volume_type'), 'extra_specs')
            store_spec.resolve(specs)
            # Cinder itself does not ask Glance here.
            doors.check_specs(req.environ['cinder.context'], specs,
                              fresh=False)
        yield


class ExtraSpecsController(wsgi.Controller):
    """``POST`` and ``PUT`` under ``/types/{type_id}/extra_specs``."""

    @wsgi.extends
    def create(self, req, type_id, body):
        if _may(req, specs_policy.CREATE_POLICY):
            self._check(req, type_id, _member(body, 'extra_specs'))
        yield

    @wsgi.extends
    def update(self, req, type_id, id, body):
        if (isinstance(body, dict) and id in body and
                _may(req, specs_policy.UPDATE_POLICY)):
            self._check(req, type_id, body)
        yield

    def _check(self, req, type_id, specs):
        try:
            stored = volume_types.get_volume_type_extra_specs(type_id)
        except exception.NotFound:
            return
        # Cinder's own check, which runs next, knows no alias.
        store_spec.resolve(specs)
        doors.check_specs(req.environ['cinder.context'], specs, stored)


class UploadController(wsgi.Controller):
    """``POST /volumes/{id}/action`` with ``os-volume_upload_image``."""

    @wsgi.extends(action=UPLOAD)
    def upload(self, req, id, body):
        context = req.environ['cinder.context']
        params = _member(body, UPLOAD)
        if _may(req, actions_policy.UPLOAD_IMAGE_POLICY):
            try:
                volume = objects.Volume.get_by_id(context, id)
            except exception.NotFound:
                volume = None
            if volume is not None:
                doors.check_status(volume, strutils.bool_from_string(
                    params.get('force', False)))
                store_id = doors.check_upload(context, volume)
                store_defaults.fill_in(params, store_id,
                                       req.api_version_request,
                                       bool(volume.encryption_key_id))
                doors.check_compression(params)
        yield


class MessagesController(wsgi.Controller):
    """``GET /messages``: says what a failed upload's message is about."""

    @wsgi.extends
    def show(self, req, resp_obj, id):
        messages.explain(resp_obj.obj['message'])

    @wsgi.extends
    def index(self, req, resp_obj):
        for message in resp_obj.obj['messages']:
            messages.explain(message)


class MultistoreController(wsgi.Controller):
    """``GET /cinder-glance-multistore``: how volume types are understood.

    For the commands of the ``openstack`` client, and for whoever may see
    which stores volume types name.
    """

    def index(self, req):
        req.environ['cinder.context'].authorize(
            specs_policy.READ_SENSITIVE_POLICY)
        return {'multistore': configuration()}


def configuration():
    """Return what is told of the configuration, as plain JSON types."""
    return {'extra_specs_mode': CONF.multistore.extra_specs_mode,
            'store_aliases': store_spec.aliases().names}


class Multistore(extensions.ExtensionDescriptor):
    """Checks what volume types say, and the image stores they name."""

    name = 'Multistore'
    alias = ALIAS
    updated = '2026-11-21T00:00:00+00:00'

    def get_resources(self):
        return [extensions.ResourceExtension(ALIAS, MultistoreController())]

    def get_controller_extensions(self):
        return [
            extensions.ControllerExtension(self, collection, controller())
            for collection, controller in (
                ('types', TypesController),
                ('extra_specs', ExtraSpecsController),
                ('volumes', UploadController),
                ('messages', MessagesController))]
