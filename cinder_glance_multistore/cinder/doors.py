"""What is checked before Cinder acts: extra specs, and uploads.

Each function returns when the request may go on to Cinder's own code, and
raises a webob HTTP error otherwise. Who may not do a thing, and what is not
well formed, is left to Cinder's own answer: nothing is told, and Glance is
not asked, on behalf of those whom Cinder would send away.
"""

import logging

from cinder import exception
from oslo_config import cfg
import webob.exc

import api_validation
from cinder_glance_multistore.cinder import backends
from cinder_glance_multistore.cinder import discovery
from cinder_glance_multistore.cinder import store_spec
from cinder_glance_multistore.cinder import zones
from cinder_glance_multistore.image_service import errors

CONF = cfg.CONF
LOG = logging.getLogger(__name__)

SCOPE = 'image_service'
STORE_KEY = store_spec.KEY
# So many problems are told, or logged, at once.
_MOST = 20


def check_specs(context, specs, stored=None, fresh=True):
    """Refuse extra specs that are wrong, with all that is wrong with them.

    Those of ``image_service`` are checked against Glance's stores whatever
    ``extra_specs_mode`` says; it is the mode for all others.

    :param specs: the extra specs being set, as they came in, without aliases
    :param stored: those the type already has
    :param fresh: ask Glance anew. Cinder's own check of a type's extra specs
        asks Glance itself right after this one and answers 500 where Glance
        is gone, so an answer from memory would help nobody there.
    :raises webob.exc.HTTPBadRequest: the specs are wrong
    :raises webob.exc.HTTPServiceUnavailable: Glance could not be asked
    """
    ours = {key: value for key, value in specs.items() if _is_ours(key)}
    others = {key: value for key, value in specs.items() if key not in ours}
    theirs = api_validation.validate(
        others, stored=stored, mode=CONF.multistore.extra_specs_mode,
        availability_zones=zones.names() if _names_zones(others) else None,
        properties=backends.properties(others, stored))
    report = theirs + _validate(ours, stored)
    if STORE_KEY in ours:
        try:
            in_stores = _validate_in_stores(context, ours, stored, fresh)
        except webob.exc.HTTPServiceUnavailable:
            # What is wrong whatever the stores are is said without them.
            if report.ok:
                raise
        else:
            report = theirs + in_stores
    _refuse(report)
    for problem in report.warnings[:_MOST]:
        LOG.warning('%s', problem.message)


def _is_ours(key):
    return api_validation.touches({key: ''}, SCOPE)


def _names_zones(specs):
    return api_validation.touches(specs, 'RESKEY')


def check_upload(context, volume):
    """Refuse an upload whose store is gone, or takes no images, by now.

    Upstream finds out when the image record exists (C4). Glance is asked
    anew, and for a type that names no store too: Cinder makes the image
    record next, and where Glance has gone it answers 400 with the text of a
    connection error.

    :param volume: objects.Volume
    :returns: the id of the store, None for a default store that Glance does
        not name
    :raises webob.exc.HTTPBadRequest: the store of the volume's type does not
        exist or takes no images
    :raises webob.exc.HTTPServiceUnavailable: Glance could not be asked
    """
    store_spec.resolve_for(volume)
    specs = store_spec.extra_specs(volume)
    if STORE_KEY in specs:
        _refuse(_validate_in_stores(
            context, {STORE_KEY: specs[STORE_KEY]}, None, fresh=True),
            f"The volume's type '{volume.volume_type.name}' cannot be used to "
            f"upload: ")
        return specs[STORE_KEY]
    try:
        return discovery.get(context, fresh=True).default_id
    except errors.Unreachable as e:
        raise webob.exc.HTTPServiceUnavailable(
            explanation=f'The volume cannot be uploaded now: {e}. '
                        'Try again later.') from e
    except errors.ImageServiceError as e:
        # One store, or none that can be named: the default one does.
        LOG.debug('Uploading to the default store; %s', e)
        return None


def check_status(volume, force):
    """Refuse an upload of a volume that is busy, before anything is made.

    Upstream clones the encryption key of an encrypted volume first and never
    deletes the clone when the volume turns out to be busy (C11).

    :raises cinder.exception.InvalidVolume: as Cinder would
    """
    allowed = ('available',)
    if force and CONF.enable_force_upload:
        allowed += ('in-use',)
    if volume.status not in allowed:
        raise exception.InvalidVolume(
            reason=f"Volume {volume.id} status must be "
                   f"{' or '.join(allowed)}, but it is {volume.status}.")


def check_compression(params):
    """Refuse a compressed upload where it is switched off.

    Upstream leaves a queued image behind (C11).

    :raises webob.exc.HTTPBadRequest: it is switched off
    """
    if (params.get('container_format') == 'compressed' and
            not CONF.allow_compression_on_image_upload):
        raise webob.exc.HTTPBadRequest(
            explanation=exception.ImageCompressionNotAllowed().msg)


def _validate(specs, stored, stores=None):
    return api_validation.validate(specs, stored=stored, stores=stores,
                                   scopes=(SCOPE,))


def _validate_in_stores(context, specs, stored, fresh):
    report = _validate(specs, stored, _stores(context, fresh))
    if not report.ok and not fresh:
        # The store may be newer than what is remembered.
        report = _validate(specs, stored, _stores(context, True))
    return report


def _stores(context, fresh):
    try:
        return discovery.get(context, fresh)
    except errors.NotMultiStore as e:
        raise webob.exc.HTTPBadRequest(
            explanation=f'{STORE_KEY} cannot be used: {e}.') from e
    except errors.ImageServiceError as e:
        LOG.warning('Refusing a request with %s: %s', STORE_KEY, e)
        raise webob.exc.HTTPServiceUnavailable(
            explanation=f'{STORE_KEY} cannot be checked now: {e}. '
                        'Try again later.') from e


def _refuse(report, introduction=''):
    if report.ok:
        return
    sentences = [problem.message for problem in report.errors[:_MOST]]
    if len(report.errors) > _MOST:
        sentences.append(f'There are {len(report.errors) - _MOST} more '
                         f'problems.')
    raise webob.exc.HTTPBadRequest(
        explanation=introduction + ' '.join(sentences))
