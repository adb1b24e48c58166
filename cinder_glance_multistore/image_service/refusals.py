"""What Glance's answer to an upload means.

Glance has one status for several reasons; the sentence in its body tells them
apart (``glance/api/v2/image_data.py``, ``upload``). Cinder takes every 413 for
a quota (C7). A sentence that is not known leaves the status to speak.
"""

import re

from glanceclient import exc

from cinder_glance_multistore.image_service import errors

_RULES = (
    # (status, what Glance says, what it means)
    (413, r'storage media is full', errors.StoreFull),
    (413, r'storage quota|quota|limit.*exceeded|exceeded.*limit|over limit',
     errors.QuotaExceeded),
    (413, r'', errors.ImageTooLarge),
    (410, r'adding images to store\s+is disabled', errors.StoreReadOnly),
    # Our filter in front of Glance.
    (409, r'being drained', errors.StoreReadOnly),
    (410, r'', errors.ImageGone),
    (404, r'', errors.ImageGone),
    (400, r'store for identifier .* not found|unknown scheme',
     errors.StoreUnknown),
    (503, r'insufficient permissions on image storage',
     errors.StoreUnavailable),
    (415, r'', errors.DataRefused),
    (400, r'', errors.DataRefused),
    (500, r'', errors.StoreUnavailable),
)
# The request may not have reached Glance, or Glance may have been cut off in
# the middle: whether the bits are there must be looked up.
_UNDECIDED = (502, 503, 504)
_DETAIL_SIZE = 200


def undecided(error):
    """Whether an error leaves open what became of the upload.

    True for a connection that failed and for a gateway's or an overloaded
    server's answer; trying again makes sense.

    :param error: a ``glanceclient.exc.ClientException``
    """
    if isinstance(error, (exc.CommunicationError, exc.InvalidEndpoint)):
        return True
    return (getattr(error, 'code', None) in _UNDECIDED and
            _rule(error) is None)


def translate(error, image_id, store_id):
    """Return what an answer means, or None where it says nothing special.

    :param error: a ``glanceclient.exc.ClientException``
    :returns: an :class:`~.errors.UploadFailed`, or None
    """
    cls = _rule(error)
    return cls and cls(image_id, store_id, detail(error))


def detail(error):
    """The sentence of an answer, short and on one line, without markup."""
    text = str(getattr(error, 'details', None) or error)
    text = re.sub(r'<(head|title|style).*?</\1>|<[^>]*>', ' ', text,
                  flags=re.DOTALL | re.IGNORECASE)
    text = ' '.join(text.split())
    if len(text) > _DETAIL_SIZE:
        text = text[:_DETAIL_SIZE - 3] + '...'
    return text


def _rule(error):
    status = getattr(error, 'code', None)
    text = ' '.join(str(error).lower().split())
    for code, pattern, cls in _RULES:
        if code == status and re.search(pattern, text):
            return cls
    return None
