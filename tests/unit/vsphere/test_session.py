import types
from unittest import mock

from oslo_vmware import exceptions as vexc
import testtools

from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import session

DONE = types.SimpleNamespace(state='success')
RUNS = types.SimpleNamespace(state='running')
FAILED = types.SimpleNamespace(state='error', error=types.SimpleNamespace(
    fault=types.SimpleNamespace(), localizedMessage='it is locked'))


class LoginTest(testtools.TestCase):

    def test_who_is_not_let_in_does_not_try_until_he_is_locked_out(self):
        api = session.Session('vc', 'user', 'password')
        refused = vexc.VimFaultException(['InvalidLogin'], 'no')
        with mock.patch.object(api, '_log_in_once',
                               side_effect=[refused, 'key']) as log_in:
            for _ in range(3):
                self.assertRaises(errors.LoginRefused, api.cookie)
            self.assertEqual(1, log_in.call_count)
            api._refused_at -= 61.0
            api.cookie()
        self.assertEqual(2, log_in.call_count)


class WaitForTaskTest(testtools.TestCase):

    REFUSED = errors.Fault('get_object_property', 'SystemError', '')

    def wait(self, *answers):
        api = session.Session('vc', 'user', 'password', port=443, verify=True,
                              timeout=1, retries=0, poll_interval=0.01)
        with mock.patch.object(api, 'invoke_api',
                               mock.Mock(side_effect=answers)), \
                mock.patch.object(session.Session, 'vim', None):
            return api.wait_for_task('task', 'Move')

    def test_it_is_looked_at_until_it_has_ended(self):
        self.assertIs(DONE, self.wait(RUNS, RUNS, DONE))

    def test_its_own_fault_is_raised(self):
        failure = self.assertRaises(errors.Fault, self.wait, RUNS, FAILED)
        self.assertIn('it is locked', str(failure))

    def test_a_fault_of_the_question_is_none_of_the_tasks(self):
        self.assertIs(DONE, self.wait(RUNS, self.REFUSED, DONE))

    def test_who_is_never_told_does_not_know_whether_it_failed(self):
        failure = self.assertRaises(
            errors.Unreachable, self.wait, *[self.REFUSED] * 10)
        self.assertIn('what became of Move', str(failure))
