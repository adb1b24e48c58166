"""Register a location as cinder-volume does, in a process of its own.

``python -m tests.functional.add_location (upstream|ours) GLANCE IMAGE URL
STORE``: with Cinder's own image service or with ours. Cinder's modules patch
the process that imports them, which the tests' is not to be.

Prints 'done', or what was raised.
"""

import sys

from oslo_config import cfg


def main(whose, glance_url, image_id, url, store_id):
    # Cinder's modules import each other: in this order only.
    from cinder import objects
    objects.register_all()
    from cinder import context
    from cinder.image import glance

    from cinder_glance_multistore.cinder import image_service
    from cinder_glance_multistore.image_service import upload

    cfg.CONF([], project='cinder', default_config_files=[])
    cfg.CONF.set_override('auth_strategy', 'noauth')
    cfg.CONF.set_override('glance_api_servers', [glance_url])
    if whose == 'ours':
        service = image_service.UploadImageService(
            upload.Uploader(), store_id, None, None)
    else:
        service = glance.GlanceImageService()
    try:
        service.add_location(context.get_admin_context(), image_id, url,
                             {'store': store_id})
    except Exception as e:
        print(f'{type(e).__name__}: {e}')
    else:
        print('done')


if __name__ == '__main__':
    main(*sys.argv[1:])
