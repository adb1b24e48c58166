"""Glance's sentences, as they are in glance/api/v2/image_data.py."""

import ddt
from glanceclient import exc
import testtools

from cinder_glance_multistore.image_service import errors
from cinder_glance_multistore.image_service import refusals

_PAGE = '''<html>
 <head>
  <title>413 Request Entity Too Large</title>
 </head>
 <body>
  <h1>413 Request Entity Too Large</h1>
  Image storage media is full: There is not enough disk space on the image
  storage media.<br /><br />
 </body>
</html>'''


def _error(code, details):
    error = exc.HTTPException(details)
    error.code = code
    return error


@ddt.ddt
class TestRefusals(testtools.TestCase):

    @ddt.data(
        (413, 'Image storage media is full: There is not enough disk space '
              'on the image storage media.', errors.StoreFull),
        (413, _PAGE, errors.StoreFull),
        (413, 'Image exceeds the storage quota: The size of the data 5 will '
              'exceed the limit. 1 bytes remaining.', errors.QuotaExceeded),
        (413, 'Project p is over a limit for [Resource image_size_total is '
              'over limit of 1000 due to current usage 900 and delta 200]',
         errors.QuotaExceeded),
        (413, 'Request limit exceeded: quota', errors.QuotaExceeded),
        (413, 'The incoming image is too large: The provided image is too '
              'large.', errors.ImageTooLarge),
        (413, '413 Request Entity Too Large: nginx', errors.ImageTooLarge),
        (413, 'HTTPOverLimit', errors.ImageTooLarge),
        (410, 'Error in store configuration. Adding images to store is '
              'disabled.', errors.StoreReadOnly),
        (410, 'Image i could not be found after upload. The image may have '
              'been deleted during the upload, cleaning up the chunks '
              'uploaded.', errors.ImageGone),
        (404, 'Failed to find image i', errors.ImageGone),
        (400, 'Store for identifier nosuch not found', errors.StoreUnknown),
        (400, "Unknown scheme 'x' found in URI", errors.StoreUnknown),
        (400, 'Signature verification failed', errors.DataRefused),
        (415, 'format mismatch', errors.DataRefused),
        (503, 'Insufficient permissions on image storage media: Permission '
              'to write image storage media denied.',
         errors.StoreUnavailable),
        (500, 'Internal Server Error', errors.StoreUnavailable),
    )
    @ddt.unpack
    def test_means(self, code, details, cls):
        error = _error(code, details)
        self.assertFalse(refusals.undecided(error))
        meaning = refusals.translate(error, 'i', 'fast')
        self.assertIs(cls, type(meaning))
        self.assertEqual(('i', 'fast'), (meaning.image_id, meaning.store_id))

    @ddt.data(401, 403, 409, 402, 418)
    def test_the_rest_speaks_for_itself(self, code):
        error = _error(code, 'no')
        self.assertFalse(refusals.undecided(error))
        self.assertIsNone(refusals.translate(error, 'i', 'fast'))

    @ddt.data(502, 503, 504)
    def test_a_gateway_leaves_it_open(self, code):
        self.assertTrue(refusals.undecided(_error(code, 'Bad Gateway')))

    @ddt.data(exc.CommunicationError('x'), exc.InvalidEndpoint('x'))
    def test_a_broken_connection_leaves_it_open(self, error):
        self.assertTrue(refusals.undecided(error))

    def test_a_detail_is_one_short_line_without_markup(self):
        detail = refusals.detail(_error(413, _PAGE + ' x' * 1000))
        self.assertNotIn('<', detail)
        self.assertNotIn('\n', detail)
        self.assertThat(len(detail), testtools.matchers.LessThan(201))
        self.assertIn('media is full', detail)

    @ddt.data(('fast', "the image store 'fast' is full"),
              (None, 'the default image store is full'))
    @ddt.unpack
    def test_an_error_names_its_store(self, store_id, text):
        self.assertEqual(text, str(errors.StoreFull('i', store_id)))

    def test_every_failure_has_a_code_of_its_own(self):
        classes = [errors.UploadFailed, *errors.UploadFailed.__subclasses__()]
        self.assertEqual(len(classes), len({c.reason for c in classes}))
