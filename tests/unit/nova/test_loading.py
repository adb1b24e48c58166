"""The console script, in processes of its own."""

import os
import subprocess
import sys
import textwrap

import fixtures
import testtools


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', textwrap.dedent(code),
         *arguments], capture_output=True, text=True, timeout=300,
        env={**os.environ, 'OS_NOVA_DISABLE_EVENTLET_PATCHING': '1'})


class TestScript(testtools.TestCase):

    def test_nova_finds_the_driver_after_it_has_read_its_configuration(self):
        # What nova-compute does up to the driver's constructor.
        directory = self.useFixture(fixtures.TempDir()).path
        path = os.path.join(directory, 'nova.conf')
        with open(path, 'w') as file:
            file.write('[DEFAULT]\ncompute_driver = '
                       'multistore.VMwareVCDriver\n[vmware]\n'
                       'host_ip = vc.example.org\n')
        result = run('''
            import sys
            sys.argv = ['/usr/bin/nova-compute-multistore',
                        '--config-file', sys.argv[1]]
            from unittest import mock
            from cinder_glance_multistore.cmd import nova_compute
            from cinder_glance_multistore.nova import loading
            assert 'nova' not in sys.modules
            import nova.cmd.compute
            def compute():
                from nova import config
                config.parse_args(sys.argv)
                from nova.virt import driver
                import inspect
                class Found(Exception): pass
                with mock.patch('nova.virt.vmwareapi.driver.VMwareVCDriver'
                                '.__init__', side_effect=Found):
                    try:
                        driver.load_compute_driver(None)
                    except Found:
                        pass
                from nova.virt import multistore
                from nova.virt.vmwareapi import session
                print(sys.argv[0])
                print([base.__module__ for base in
                       multistore.VMwareVCDriver.__mro__][:2])
                print(inspect.signature(session.VMwareAPISession)
                      .parameters['host_ip'].default)
            with mock.patch.object(nova.cmd.compute, 'main', compute):
                nova_compute.main()
        ''', path)
        self.assertEqual(
            ['/usr/bin/nova-compute',
             "['cinder_glance_multistore.nova.driver', "
             "'nova.virt.vmwareapi.driver']", 'vc.example.org'],
            result.stdout.splitlines(), result.stderr)

    def test_where_there_is_no_nova_it_says_so(self):
        result = run('''
            import importlib.util, sys
            find = importlib.util.find_spec
            importlib.util.find_spec = lambda name, *rest: (
                None if name == 'nova' else find(name, *rest))
            from cinder_glance_multistore.cmd import nova_compute
            sys.exit(nova_compute.main())
        ''')
        self.assertEqual((1, ''), (result.returncode, result.stdout))
        self.assertIn('nova is not installed here', result.stderr)
        self.assertIn('pip install cinder-glance-multistore[nova]',
                      result.stderr)

    def test_no_other_name_is_answered_for(self):
        result = run('''
            from cinder_glance_multistore.nova import loading
            loading.install()
            loading.install()
            import sys
            print(sum(type(finder).__name__ == '_Finder'
                      for finder in sys.meta_path))
            try:
                import nova.virt.multistore_too
            except ModuleNotFoundError as exc:
                print(exc.name)
        ''')
        self.assertEqual(['1', 'nova.virt.multistore_too'],
                         result.stdout.splitlines(), result.stderr)
