import doctest
import io
import os
from pathlib import Path
import tempfile
import types
import unittest
from unittest import mock

from cinderclient import exceptions
import ddt

from cinder_glance_multistore.cmd import sandbox as command
from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.sandbox.demo import answers
from cinder_glance_multistore.sandbox.demo import commands
from cinder_glance_multistore.sandbox.demo import directories
from cinder_glance_multistore.sandbox.demo import progress
from cinder_glance_multistore.sandbox.demo import report as reports
from cinder_glance_multistore.sandbox.demo import show
from cinder_glance_multistore.sandbox.demo import stage
from cinder_glance_multistore.sandbox.demo import uploads

MIB = 1024 * 1024


class ReportTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        self.lines = []
        self.report = reports.Report(self.lines.append)

    def _compare(self, ours):
        expected = answers.Expected(400, 'fast')
        self.report.compare(
            'a case', (answers.Answer(400, 'fast'), expected),
            (ours, expected))

    def test_answers_that_fit_are_shown_and_counted(self):
        self._compare(answers.Answer(400, 'Did you mean fast?'))
        self.assertEqual([], self.report.wrong)
        self.assertEqual(2, self.report.checked)
        self.assertIn('    ours      400 Did you mean fast?', self.lines)

    def test_an_answer_that_does_not_fit_is_told_at_once_and_kept(self):
        self._compare(answers.Answer(404, 'fast'))
        statement, = self.report.wrong
        self.assertIn("a case: ours was to answer 400 'fast'", statement)
        self.assertIn('answered 404 fast', statement)
        self.assertTrue(self.lines[-1].startswith('NOT AS SAID: a case'))

    def test_no_line_is_wider_than_the_page(self):
        self._compare(answers.Answer(400, 'fast and slow ' * 100))
        self.assertLessEqual(max(map(len, self.lines)), reports.WIDTH)
        self.assertEqual([], self.report.wrong)

    def test_what_the_sandbox_does_is_shown_only_when_wanted(self):
        self.report.aside('before')
        with self.report.asides():
            self.report.aside('now')
        self.report.aside('after')
        self.assertEqual(['now'], self.lines)

    def test_a_table_is_aligned(self):
        self.assertEqual(
            ['A    BB', 'aaa  b'],
            reports.table([('A', 'BB'), ('aaa', 'b')]))

    def test_sizes(self):
        self.assertEqual(0, doctest.testmod(reports).failed)


@ddt.ddt
class AnswersTest(unittest.TestCase):

    @ddt.data((answers.Answer(400, 'no store x'), True),
              (answers.Answer(404, 'no store x'), False),
              (answers.Answer(400, 'no'), False))
    @ddt.unpack
    def test_status_and_every_pattern_must_fit(self, answer, fits):
        self.assertEqual(
            fits, answers.Expected(400, '^no', 'x$').fits(answer))

    def test_a_refusal_is_an_answer(self):
        call = mock.Mock(side_effect=exceptions.BadRequest(400, 'why'))
        self.assertEqual(answers.Answer(400, 'why'),
                         answers.of(call, done=None))

    def test_what_was_accepted_is_what_came_of_it(self):
        done = answers.Answer(202, 'fine')
        self.assertEqual(done, answers.of(mock.Mock(), done=done))
        self.assertEqual(
            answers.Answer(202, 'id'),
            answers.of(lambda: 'id',
                       done=lambda result: answers.Answer(202, result)))


class OfUploadTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.volume_file = Path(directory.name, 'volume')
        self.image_file = Path(directory.name, 'image')
        self.volume_file.write_bytes(b'v' * MIB)
        self.which = mock.Mock()
        self.which.status.return_value = 'available'
        self.which.messages.return_value = []
        self.which.stores_with.side_effect = lambda _: (
            ['fast'] if self.image_file.exists() else [])
        self.which.sandbox.image_file.return_value = self.image_file
        self.which.arrived.side_effect = lambda *_: (
            self.image_file.stat().st_size)
        self.which.file.return_value = self.volume_file

    def _text(self, **kwargs):
        return answers.of_upload(self.which, None, 'id', **kwargs).text

    def _image(self, status, content):
        self.image_file.write_bytes(content)
        self.which.image.return_value = types.SimpleNamespace(
            status=status, size=len(content))

    def test_an_image_with_the_bytes_of_the_volume(self):
        self._image('active', b'v' * MIB)
        self.assertEqual('volume available; image active, 1 MiB of 1 MiB, '
                         'sha512 as the volume', self._text())

    def test_an_image_with_other_bytes(self):
        self._image('active', b'')
        self.assertEqual('volume available; image active, 0 bytes of 1 MiB, '
                         'NOT the bytes of the volume', self._text())

    def test_an_image_that_never_became_one(self):
        self._image('saving', b'v' * 5)
        self.assertIn('image saving, with a part of 5 bytes', self._text())

    def test_an_image_that_left_nothing(self):
        self.which.image.return_value = None
        self.assertIn('image gone, nothing left in a store', self._text())

    def test_an_image_that_left_its_file(self):
        self.which.image.return_value = None
        self.image_file.touch()
        self.assertIn('image gone, a file of it left in fast', self._text())

    def test_only_new_messages_are_told(self):
        self.which.image.return_value = None
        self.which.messages.return_value = ['new', 'old']
        text = self._text(old_messages=1)
        self.assertIn('message "new"', text)
        self.assertNotIn('old', text)


class ShellTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        self.lines = []
        self.shell = commands.Shell(
            {'KNOWN': 'yes', 'HOME': None}, self.lines.append)

    def test_a_command_is_shown_and_has_the_clients_environment(self):
        with mock.patch.dict(os.environ, HOME='/somewhere'):
            self.assertEqual('yes unset\n', commands.Shell(
                {'KNOWN': 'yes', 'HOME': None}, self.lines.append).run(
                    "sh -c 'echo $KNOWN ${HOME-unset}'"))
        self.assertEqual(["$ sh -c 'echo $KNOWN ${HOME-unset}'"], self.lines)

    def test_a_command_that_fails_says_how(self):
        with self.assertRaises(errors.CommandFailed) as raised:
            self.shell.run("sh -c 'echo because >&2; exit 3'")
        self.assertEqual(3, raised.exception.status)
        self.assertIn('because', str(raised.exception))

    def test_a_command_that_is_not_there_says_so(self):
        with self.assertRaises(errors.MissingRequirement):
            self.shell.run('no-such-client-anywhere')


class ProgressTest(unittest.TestCase):

    def test_not_a_terminal_gets_plain_lines(self):
        lines = []
        with mock.patch('sys.stdout', io.StringIO()):
            shown = progress.make({'x': 4 * MIB}, lines.append)
        with shown:
            for mib in (0, 1, 2, 4, 4):
                shown.show('x', mib * MIB)
        self.assertEqual(['  x   25 %  1 of 4 MiB', '  x  100 %  4 of 4 MiB'],
                         lines)


class StageTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        sandbox = mock.Mock(endpoints=dict.fromkeys(
            ('glance', 'cinder', 'upstream'), 'http://127.0.0.1:9'))
        self.stage = stage.Stage(sandbox)

    def test_both_is_upstream_then_ours(self):
        self.assertEqual(('upstream', 'cinder'),
                         self.stage.both(lambda which: which.service))

    def test_what_one_of_both_raises_is_raised(self):
        def act(which):
            if which.service == 'cinder':
                raise errors.NotInTime('x', 1)
        self.assertRaises(errors.NotInTime, self.stage.both, act)


class ProofTest(unittest.TestCase):
    """uploads.prove finds each thing that may be wrong."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        root = Path(directory.name)
        self.volume_file = root / 'volume'
        self.volume_file.write_bytes(b'v' * MIB)
        self.image_file = root / 'a' / 'image'
        self.image_file.parent.mkdir()
        self.image_file.write_bytes(b'v' * MIB)
        self.image = types.SimpleNamespace(
            id='id', status='active', stores='fast', size=MIB,
            os_hash_value=cloud.sha512(self.volume_file))
        self.which = mock.Mock()
        self.which.image.return_value = self.image
        self.which.stores_with.return_value = ['fast']
        self.which.messages.return_value = []
        self.which.file.return_value = self.volume_file
        self.which.sandbox.image_file.return_value = self.image_file
        self.which.sandbox.place.return_value = 'fast/a'
        self.which.cinder.volume_types.find.return_value.get_keys = (
            lambda: {'image_service:store_id': 'fast'})
        self.lines = []

    def _wrong(self):
        upload = uploads.Upload('gold', 'fast', 1, image=self.image,
                                begun=1.0, ended=3.0)
        report = reports.Report(self.lines.append)
        uploads.prove(self.which, report, [upload])
        return report.wrong

    def test_what_is_right_is_right(self):
        self.assertEqual([], self._wrong())
        row = next(line for line in self.lines if line.startswith('gold'))
        self.assertRegex(row, r'fast +fast/a +1 MiB +(\S+) +\1 +yes +2.0 s +1$')

    def test_other_bytes(self):
        self.image_file.write_bytes(b'x' * MIB)
        self.assertIn('sha512', self._wrong()[0])

    def test_another_hash_in_the_record(self):
        self.image.os_hash_value = 'x'
        self.assertIn('sha512', self._wrong()[0])

    def test_a_shorter_file(self):
        self.image_file.write_bytes(b'v')
        self.assertIn(f'{MIB} bytes', self._wrong()[0])

    def test_a_second_store(self):
        self.which.stores_with.return_value = ['fast', 'cheap']
        self.assertIn('in no other store', self._wrong()[0])

    def test_another_store_in_the_record(self):
        self.image.stores = layout.DEFAULT_STORE
        self.assertIn('Glance says', self._wrong()[0])

    def test_an_image_that_is_not_active(self):
        self.image.status = 'saving'
        self.assertIn('active', self._wrong()[0])


class ExplainTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        root = Path(directory.name)
        self.log = root / 'log'
        self.directory = root / 'stores' / 'fast' / 'a'
        self.which = mock.Mock()
        self.which.sandbox.layout.root = root
        self.which.sandbox.log.return_value = self.log
        self.which.sandbox.image_file.return_value = self.directory / 'i'
        self.lines = []

    def _wrong(self, directory):
        self.log.write_text(
            f'INFO Store fast puts image i into {directory}, by weight: '
            f'{directory} (weight 200)\n')
        report = reports.Report(self.lines.append)
        directories.explain(self.which, report, [uploads.Upload(
            'gold', 'fast', 1, image=types.SimpleNamespace(id='i'))])
        return report.wrong

    def test_the_drivers_words_are_shown_without_the_sandboxes_path(self):
        self.assertEqual([], self._wrong(self.directory))
        self.assertEqual(
            '  gold-image    fast/a, by weight: fast/a (weight 200)',
            self.lines[0])

    def test_another_directory_than_the_files_is_found(self):
        self.assertIn('went to', self._wrong('/elsewhere')[0])


@ddt.ddt
class ShowTest(unittest.TestCase):

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name, 'demo')
        self.sandbox = mock.Mock()
        self.sandbox.layout.root = self.path
        for target, name, value in (
                (stack, 'Sandbox', lambda *a, **k: self.sandbox),
                (show, '_main_job', mock.Mock()),
                (show, '_bad_input', mock.Mock())):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.lines = []

    def _main(self, *words):
        with mock.patch.object(command, '_say', self.lines.append), \
                mock.patch('signal.signal'), \
                mock.patch('sys.stderr', io.StringIO()):
            return command.main(['demo', '--dir', str(self.path), *words])

    def test_all_as_said_is_0_and_stopped(self):
        self.assertEqual(0, self._main())
        self.sandbox.down.assert_called_once_with()

    def test_anything_not_as_said_is_1_and_named_at_the_end(self):
        show._bad_input.side_effect = (
            lambda stage, report: report.check(False, 'water is dry'))
        self.assertEqual(1, self._main())
        self.assertEqual('- water is dry', self.lines[-1])
        self.sandbox.down.assert_called_once_with()

    @ddt.data((KeyboardInterrupt(), 130), (errors.NotInTime('x', 1), 1))
    @ddt.unpack
    def test_what_breaks_it_off_stops_the_sandbox(self, error, status):
        show._bad_input.side_effect = error
        self.assertEqual(status, self._main('--keep'))
        self.sandbox.down.assert_called_once_with()

    def test_keep_leaves_it_running_and_says_how_to_go_on(self):
        self.assertEqual(0, self._main('--keep'))
        self.sandbox.down.assert_not_called()
        self.assertIn(f'env --dir {self.path})"', '\n'.join(self.lines))

    def test_what_cannot_be_shown_here_is_said_at_the_end(self):
        show._bad_input.side_effect = (
            lambda stage, report: report.cannot_show('A full store', 'No.'))
        self.assertEqual(0, self._main())
        self.assertEqual('Not shown on this machine: A full store.',
                         self.lines[-2])

    def test_a_full_disk_is_found_before_anything_is_started(self):
        with mock.patch('shutil.disk_usage') as usage:
            usage.return_value.free = MIB
            self.assertEqual(1, self._main())
        show._main_job.assert_not_called()
