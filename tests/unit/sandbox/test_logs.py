from pathlib import Path
import tempfile
import unittest

from cinder_glance_multistore.sandbox import logs


class LogsTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name, 'log')

    def test_lines_about_errors_are_told(self):
        self.path.write_text('INFO starting\n'
                             'x 1 ERROR cinder Traceback\n'
                             'INFO stopping\n')
        self.assertEqual(['x 1 ERROR cinder Traceback'],
                         logs.telling(self.path))

    def test_the_last_lines_are_told_when_none_speaks_of_an_error(self):
        self.path.write_text(''.join(f'line {n}\n' for n in range(40)))
        told = logs.telling(self.path)
        self.assertEqual('line 39', told[-1])
        self.assertLess(len(told), 20)

    def test_errors_of_an_earlier_life_are_not_told(self):
        self.path.write_text('x 1 ERROR old\n')
        start = logs.end(self.path)
        with self.path.open('a') as log:
            log.write('x 1 ERROR new\n')
        self.assertEqual(['x 1 ERROR new'], logs.telling(self.path, start))

    def test_requests_are_not_told(self):
        self.path.write_text(
            'x 1 INFO eventlet.wsgi.server [-] "GET / HTTP/1.1"\nend\n')
        self.assertEqual(['end'], logs.telling(self.path))

    def test_the_last_choice_for_an_image_is_found(self):
        self.path.write_text(
            'INFO x [-] Store fast puts image i-1 into /s/a, by weight: /s/a\n'
            'INFO x [-] Store fast puts image i-1 into /s/b, by weight: /s/b;'
            ' left out: /s/a: was full\n'
            'INFO x [-] Store fast puts image i-2 into /s/a, by weight: /s/a'
            '\n')
        self.assertEqual(
            ('/s/b', 'by weight: /s/b; left out: /s/a: was full'),
            logs.choice(self.path, 'i-1'))
        self.assertIsNone(logs.choice(self.path, 'i-3'))

    def test_no_log_tells_nothing(self):
        self.assertEqual(0, logs.end(self.path))
        self.assertEqual([], logs.telling(self.path))
