"""Whether what volume types say holds in the cloud as it is now.
"""

import logging

from cinder import context as cinder_context
from cinder.volume import volume_types
from oslo_config import cfg

import api_validation
from cinder_glance_multistore.cinder import glance_client
from cinder_glance_multistore.cinder import store_defaults
from cinder_glance_multistore.cinder import store_spec
from cinder_glance_multistore.cinder import zones
from cinder_glance_multistore.conf import store_defaults as options
from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import stores
from cinder_glance_multistore.image_service import trouble

CONF = cfg.CONF

_TIMEOUT = 30.0
_STORES = 'image_service'


def glance_stores():
    """Return Glance's StoresDocument, asked with Cinder's own credentials.

    :raises ImageServiceError: why there is none
    """
    context = cinder_context.get_admin_context()
    error = errors.Unreachable(glance_client.NO_SERVER)
    try:
        servers = glance_client.servers(context, as_service=True)
        for server in servers:
            try:
                return stores.fetch(glance_client.client(
                    context, server, _TIMEOUT, as_service=True))
            except errors.Unreachable as e:
                error = e
    except (*trouble.TROUBLE, *trouble.NONSENSE) as e:
        raise errors.Unreachable(
            f'the image service (Glance) does not answer Cinder: {e}') from e
    raise error


def check_types(document):
    """Yield what is wrong with types, apart from their stores.

    :param document: Glance's StoresDocument, or None
    """
    yield from _check(document, ours=False)


def check_stores(document):
    """Yield what is wrong with the stores that types name."""
    yield from _check(document, ours=True)


def _check(document, ours):
    types = volume_types.get_all_types(cinder_context.get_admin_context())
    known = zones.names()
    for name, volume_type in sorted(types.items()):
        specs = dict(volume_type['extra_specs'] or {})
        if store_spec.KEY in specs:
            specs[store_spec.KEY] = store_spec.aliases().resolve(
                specs[store_spec.KEY])
        report = api_validation.validate(
            {key: value for key, value in specs.items()
             if api_validation.touches({key: ''}, _STORES) == ours},
            stored=specs, stores=document, availability_zones=known,
            mode='standard' if ours else CONF.multistore.extra_specs_mode)
        remedy = _remedy(name, ours)
        for problem in report.errors:
            yield (logging.ERROR,
                   f"Type '{name}': {problem.message} {remedy}")
        for problem in report.warnings:
            yield logging.WARNING, f"Type '{name}': {problem.message}"
    yield logging.INFO, f'{len(types)} types looked at.'


def _remedy(name, ours):
    if ours:
        return (f"Correct it with 'openstack volume type store set {name} "
                f"STORE'; where volumes use the type, name the store in "
                f"[multistore] store_aliases.")
    return ("Correct it with 'openstack volume type set --property' or "
            "'unset --property'; where volumes use the type, make a new one "
            "and retype them.")


def check_store_defaults(document):
    """Yield what is wrong with the sections of stores.

    :param document: Glance's StoresDocument
    """
    for store_id in store_defaults.stores():
        section = f'[{options.group_of(store_id)}]'
        if document.get(store_id) is None:
            yield (logging.ERROR,
                   f'{section} is of a store that Glance does not have. '
                   f'Remove it, or correct its name; there are '
                   f'{", ".join(document.ids)}.')
        if (store_defaults.of(store_id).container_format == 'compressed'
                and not CONF.allow_compression_on_image_upload):
            yield (logging.ERROR,
                   f'{section} has container_format = compressed, which '
                   f'allow_compression_on_image_upload = false refuses. '
                   f'Change one of them.')
