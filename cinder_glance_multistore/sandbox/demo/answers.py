"""What a Cinder answered, and what it was expected to.
"""

import dataclasses
import re

from cinderclient import exceptions

from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox.demo import report


@dataclasses.dataclass(frozen=True)
class Answer:
    """An HTTP status, and the message or what came of the request."""

    code: int
    text: str

    def __str__(self):
        return f'{self.code} {self.text}'


class Expected:
    """An HTTP status, and regular expressions found in the text."""

    def __init__(self, code, *patterns):
        self.code = code
        self.patterns = patterns

    def fits(self, answer):
        return (answer.code == self.code and
                all(re.search(pattern, answer.text)
                    for pattern in self.patterns))

    def __str__(self):
        return ' '.join([str(self.code), *(
            repr(pattern) for pattern in self.patterns)])


def of(call, *args, done):
    """Make a call of the client; return its Answer.

    :param done: an Answer, or a function of the result that gives one, for
        when the call is not refused
    """
    try:
        result = call(*args)
    except exceptions.ClientException as refusal:
        return Answer(refusal.code, refusal.message)
    return done(result) if callable(done) else done


def of_upload(which, volume, image_id, old_messages=0):
    """Return what has become of an upload that was accepted, as it is now.

    :param old_messages: how many the volume had before
    """
    messages = which.messages(volume)
    messages = messages[:len(messages) - old_messages]
    parts = [f'volume {which.status(volume)}',
             _of_image(which, volume, image_id),
             *(f'message "{text}"' for text in messages)]
    return Answer(202, '; '.join(parts))


def _of_image(which, volume, image_id):
    image = which.image(image_id)
    stores = which.stores_with(image_id)
    if image is None:
        return ('image gone, nothing left in a store' if not stores else
                f'image gone, a file of it left in {", ".join(stores)}')
    if image.status != 'active':
        left = [report.size(which.arrived(store, image_id))
                for store in stores]
        return f'image {image.status}' + ''.join(
            f', with a part of {size}' for size in left)
    path = which.sandbox.image_file(stores[0], image_id) if stores else None
    whole = path and cloud.sha512(path) == cloud.sha512(which.file(volume))
    return (f'image active, {report.size(image.size)} of '
            f'{report.size(which.file(volume).stat().st_size)}, ' +
            ('sha512 as the volume' if whole else 'NOT the bytes of the '
             'volume'))
