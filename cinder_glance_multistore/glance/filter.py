"""The paste filter ``multistore``: what stands before Glance's application.

In glance-api's paste configuration it comes after ``context``, which says who
asks, and before ``cache`` and ``rootapp``.
"""

import logging

from glance.api import policy
from glance.api.v2 import policy as api_policy
from glance.common import store_utils
from oslo_config import cfg
from oslo_serialization import jsonutils
import webob
import webob.dec
import webob.exc

from cinder_glance_multistore.conf import discovery as options
from cinder_glance_multistore.glance import adoption
from cinder_glance_multistore.glance import documents
from cinder_glance_multistore.glance import downloads
from cinder_glance_multistore.glance import draining
from cinder_glance_multistore.glance import look
from cinder_glance_multistore.glance import view

LOG = logging.getLogger(__name__)

STORES = '/v2/info/stores'
DETAIL = '/v2/info/stores/detail'


class BadConfiguration(ValueError):
    """``[multistore_discovery]`` says what cannot be done."""


class Filter:
    """Glance's application, with truthful answers about its stores.

    :param application: the WSGI application behind
    :param conf: glance-api's, with its stores loaded
    :param stores: a :class:`~.view.View`
    :raises BadConfiguration: when ``draining_stores`` names no store
    """

    def __init__(self, application, conf, stores):
        self._application = application
        self._conf = conf
        self._view = stores
        self._drained = _drained(conf)
        self._draining = draining.Draining(conf, self._drained, _store_of)
        self._enforcer = policy.Enforcer()
        self._downloads = downloads.Downloads(self._enforcer)

    @webob.dec.wsgify
    def __call__(self, req):
        if req.method == 'GET' and req.path_info in (STORES, DETAIL):
            return self._tell(req)
        self._draining.check(req)
        answer = adoption.present(req, self._application)
        if answer is None:
            answer = self._downloads.get(req)
        return self._application if answer is None else answer

    def _tell(self, req):
        # Glance's own /v2/info/stores reads configuration, no store.
        plain = req.copy_get()
        plain.path_info = STORES
        response = plain.get_response(self._application)
        if response.status_int != 200:
            return response
        document = jsonutils.loads(response.body)
        refused = self._refused(req)
        if req.path_info == STORES:
            answer = documents.summary(
                document, self._view.get(), self._drained,
                with_reason=refused is None)
        elif refused is None:
            answer = documents.detail(
                document, self._view.get(), self._drained, self._conf)
        else:
            raise refused
        response.body = jsonutils.dump_as_bytes(answer)
        return response

    def _refused(self, req):
        """Return None for who may see details, by Glance's own policy."""
        try:
            api_policy.DiscoveryAPIPolicy(
                req.context, enforcer=self._enforcer).stores_info_detail()
        except webob.exc.HTTPForbidden as exc:
            return exc
        return None


def _drained(conf):
    drained = [name for name in
               conf.multistore_discovery.draining_stores if name]
    stores = conf.enabled_backends or {}
    for name in drained:
        if name not in stores:
            raise BadConfiguration(
                f'draining_stores in [multistore_discovery] names {name!r}, '
                f'which is none of the enabled_backends '
                f'({", ".join(sorted(stores))}). Correct it or take it out.')
    if stores and conf.glance_store.default_backend in drained:
        LOG.warning('The default store %s is drained: uploads that name no '
                    'store are refused. Change default_backend.',
                    conf.glance_store.default_backend)
    return frozenset(drained)


def _store_of(url):
    """Return the id of the store that Glance would say a location is in."""
    try:
        location, = store_utils.get_updated_store_location(
            [{'url': url, 'metadata': {}}], context=None)
    except ValueError:
        # It is no URL.
        return None
    return location['metadata'].get('store')


def factory(global_conf, **local_conf):
    """Make the filter; what ``paste.filter_factory`` names."""
    conf = cfg.CONF
    options.register_opts(conf)
    section = conf.multistore_discovery
    stores = view.View(
        look.looks(conf, section.timeout) if conf.enabled_backends else {},
        section.refresh_interval, section.timeout)

    def make(application):
        return Filter(application, conf, stores)
    return make
