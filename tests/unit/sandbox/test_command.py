import contextlib
import io
from pathlib import Path
import tempfile
import unittest
from unittest import mock

import ddt

from cinder_glance_multistore.cmd import sandbox
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import stack


@ddt.ddt
class CommandTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name, 'sandbox')

    def _run(self, *words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = sandbox.main([*words, '--dir', str(self.path)])
            except SystemExit as exit_:
                status = exit_.code
        return status, out.getvalue(), err.getvalue()

    @ddt.data(('--glance-port', '0'), ('--glance-port', '65536'),
              ('--cinder-port', 'http'), ('--small-size', '0'),
              ('--small-size', '-1'), ('--small-size', '1.5'),
              ('--cinder-option', 'debug'), ('--cinder-option', '=x'),
              ('--glance-option', 'DEFAULT.=x'))
    def test_a_bad_argument_is_refused_before_anything_is_made(self, words):
        status, _, err = self._run('up', *words)
        self.assertEqual(2, status)
        self.assertIn(words[1], err)
        self.assertFalse(self.path.exists())

    def test_options_reach_the_sandbox(self):
        with mock.patch.object(stack, 'Sandbox') as made:
            made.return_value.status.return_value = []
            made.return_value.up.side_effect = errors.SandboxError('enough')
            self._run(
                'up', '--with-upstream', '--small-size', '8',
                '--glance-port', '20001',
                '--cinder-option', 'debug=true',
                '--cinder-option', 'multistore.stores_timeout=2=3')
        arguments = made.call_args.kwargs
        self.assertTrue(arguments['upstream'])
        self.assertTrue(arguments['plugin'])
        self.assertEqual(8 * 1024 * 1024, arguments['small_size'])
        self.assertEqual({'glance': 20001}, arguments['chosen_ports'])
        self.assertEqual(
            {'cinder': {'DEFAULT': {'debug': 'true'},
                        'multistore': {'stores_timeout': '2=3'}}},
            arguments['options'])

    def test_up_ends_with_how_to_go_on(self):
        with mock.patch.object(stack, 'Sandbox') as made, \
                mock.patch.dict('os.environ', {'MULTISTORE_RUN': './run'}):
            made.return_value.status.return_value = []
            made.return_value.has_vcenter = False
            made.return_value.small_refusal = None
            made.return_value.store_directories.return_value = []
            made.return_value.layout.root = Path('/my sandbox')
            status, out, _ = self._run('up')
        self.assertEqual(0, status)
        self.assertIn('''\n    eval "$(./run env --dir '/my sandbox')"\n''',
                      out)

    def test_an_error_is_one_plain_sentence(self):
        self.path.mkdir()
        (self.path / 'thesis.tex').touch()
        status, out, err = self._run('up')
        self.assertEqual((1, ''), (status, out))
        self.assertTrue(err.startswith('multistore-sandbox: '))
        self.assertNotIn('Traceback', err)

    def test_status_and_down_without_a_sandbox_say_so(self):
        status, out, _ = self._run('status')
        self.assertEqual(3, status)
        self.assertIn('no sandbox', out)
        status, out, _ = self._run('down')
        self.assertEqual(0, status)
        self.assertIn('Nothing', out)
        self.assertFalse(self.path.exists())

    def test_env_without_a_sandbox_is_an_error(self):
        status, out, err = self._run('env')
        self.assertEqual((1, ''), (status, out))
        self.assertIn('cinder', err)
