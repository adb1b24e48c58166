"""User messages that say what happened to an upload, and in which store.

Cinder keeps a message as numbers and translates them when it is read, so it
has no place for a store's name, and takes every 413 for a quota (C7). Here
the reason and the store travel in the message's ``event_id``; the API part
writes the sentence. An API without it still shows Cinder's own sentence for
the detail, 'Failed to upload volume to image at backend.'.
"""

import urllib.parse

from cinder.message import api as message_api
from cinder.message import message_field

from cinder_glance_multistore.image_service import errors

_ACTION = message_field.Action.COPY_VOLUME_TO_IMAGE
_DETAIL = message_field.Detail.FAILED_TO_UPLOAD_VOLUME
_MARK = '_multistore_'
# Column size of messages.event_id.
_MAX = 255
# A sentence that is safe to show to the volume's owner, by reason. {store} is
# "image store 'x'" or "default image store".
_SENTENCES = {
    errors.StoreFull.reason: 'The {store} is full.',
    errors.StoreReadOnly.reason:
        'The {store} takes no images: it is read-only or did not start.',
    errors.StoreUnknown.reason:
        'The {store} does not exist or is not available.',
    errors.StoreUnavailable.reason: 'The {store} is not available.',
    errors.QuotaExceeded.reason:
        "The project's quota for images is used up.",
    errors.ImageTooLarge.reason:
        'The image is larger than the image service allows.',
    errors.DataRefused.reason: 'The image service refused the data.',
    errors.PropertiesRefused.reason:
        'The image service refused the properties that images in the {store} '
        'are to have.',
    errors.ImageGone.reason: 'The image was deleted during the upload.',
    errors.UploadBroken.reason:
        'The connection to the image service broke, and trying again did '
        'not help. The image was discarded.',
    errors.UploadMismatch.reason:
        'What arrived in the {store} was not what was sent. The image was '
        'deleted.',
}


class _WithSuffix:
    """Cinder's database API, adding to the ``event_id`` of messages."""

    def __init__(self, db, suffix):
        self._db = db
        self._suffix = suffix

    def message_create(self, context, values):
        event_id = values['event_id'] + self._suffix
        if len(event_id) <= _MAX:
            values = dict(values, event_id=event_id)
        return self._db.message_create(context, values)


def upload_failed(context, volume_id, error):
    """Record for the volume's owner why an upload failed.

    :param error: whatever ended the upload
    """
    if not isinstance(error, errors.UploadFailed):
        message_api.API().create(context, _ACTION, resource_uuid=volume_id,
                                 exception=error, detail=_DETAIL)
        return
    store = urllib.parse.quote(error.store_id or '', safe='')
    api = message_api.API()
    api.db = _WithSuffix(api.db, f'{_MARK}{error.reason}:{store}')
    api.create(context, _ACTION, resource_uuid=volume_id, detail=_DETAIL)


def explain(message):
    """Replace the text of a message that :func:`upload_failed` made.

    :param message: the API's view of a message; changed in place
    """
    event_id, mark, rest = (message.get('event_id') or '').partition(_MARK)
    if not mark:
        return
    reason, _, store = rest.partition(':')
    sentence = _SENTENCES.get(reason)
    if sentence is None:
        return
    store_id = urllib.parse.unquote(store)
    message['user_message'] = '{}:{}'.format(
        message_field.translate_action(_ACTION[0]),
        sentence.format(store=f"image store '{store_id}'" if store_id
                        else 'default image store'))
