"""One call for all who want the same answer."""

import threading

import testtools

from cinder_glance_multistore.vsphere import flight


class FlightTest(testtools.TestCase):

    def fly(self, outcome):
        """Return what four threads got of one call that one of them made."""
        begun, go = threading.Event(), threading.Event()
        calls, got = [], []

        def func():
            calls.append(1)
            begun.set()
            go.wait(120)
            return outcome()

        one = flight.Flight(func)

        def run():
            try:
                got.append(one.run())
            except Exception as exc:
                got.append(exc)

        threads = [threading.Thread(target=run)]
        threads[0].start()
        begun.wait(120)
        waiting = one._future
        threads += [threading.Thread(target=run) for _ in range(3)]
        for thread in threads[1:]:
            thread.start()
        # All of them wait for the future, or will find it.
        while len(waiting._condition._waiters) < 3:
            begun.wait(0.01)
            threading.Event().wait(0.01)
        go.set()
        for thread in threads:
            thread.join(120)
        self.assertEqual(1, len(calls))
        self.assertEqual(4, len(got))
        return one, got

    def test_all_get_the_one_answer(self):
        one, got = self.fly(object)
        self.assertEqual(1, len(set(map(id, got))))
        self.assertIsNot(got[0], one.run())

    def test_all_get_the_one_error_and_the_next_asks_anew(self):
        answers = iter([ValueError('bad'), None])

        def outcome():
            error = next(answers)
            if error:
                raise error

        one, got = self.fly(outcome)
        self.assertEqual(['bad'] * 4, [str(each) for each in got])
        self.assertIsNone(one.run())

    def test_who_is_killed_is_no_answer_for_the_others(self):
        class Killed(BaseException):
            pass

        def outcome():
            raise Killed

        one = flight.Flight(outcome)
        self.assertRaises(Killed, one.run)
        self.assertIsNone(one._future)
