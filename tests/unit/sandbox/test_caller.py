from pathlib import Path
import sys

import fixtures
import testtools

from cinder_glance_multistore.sandbox import caller


class CallerTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.EnvironmentVariable(caller.RUN))

    def test_what_is_on_the_path_is_called_by_its_name(self):
        bin_ = Path(self.useFixture(fixtures.TempDir()).path)
        (bin_ / 'multistore-sandbox').touch(0o755)
        self.useFixture(fixtures.EnvironmentVariable('PATH', str(bin_)))
        self.assertEqual(
            ['For the clients, in a shell:',
             '    eval "$(multistore-sandbox env --dir /x)"'],
            list(caller.for_clients('/x')))

    def test_what_is_not_on_the_path_is_called_where_it_is(self):
        self.useFixture(fixtures.EnvironmentVariable('PATH', '/nowhere'))
        self.assertEqual(
            Path(sys.executable).parent,
            Path.cwd() / Path(caller.program()).parent)

    def test_run_is_called_again_and_has_a_shell_with_the_clients(self):
        self.useFixture(fixtures.EnvironmentVariable(caller.RUN, '../my/run'))
        lines = list(caller.for_clients('/x'))
        self.assertIn('    eval "$(../my/run env --dir /x)"', lines)
        self.assertIn('    ../my/run shell --dir /x', lines)
