"""Which places fit, in which order, and what is said of the others."""

import itertools
import pickle
import subprocess
import sys
import unittest
from unittest import mock

import ddt
import hypothesis
from hypothesis import strategies

from cinder_glance_multistore.placement import choice
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import places
from cinder_glance_multistore.placement import policies

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB

SERVICES = ('cinder', 'glance', 'glance_store', 'glanceclient', 'nova',
            'sqlalchemy')


def place(name, free=10 * GiB, weight=0, **more):
    return places.Place(name, free, 20 * GiB, weight, **more)


def names(answer):
    return [candidate.place.name for candidate in answer.candidates]


@ddt.ddt
class PolicyTest(unittest.TestCase):

    OFFERED = (
        place('/srv/a', 3 * GiB, 100),
        place('/srv/b', 9 * GiB, 200),
        place('/srv/c', 5 * GiB, 200),
        place('/srv/d', 7 * GiB, 1,
              traits=frozenset({places.HOLDS_IMAGE})),
    )

    @ddt.data(
        ('weight', ['/srv/b', '/srv/c', '/srv/a', '/srv/d']),
        ('lowest-first', ['/srv/d', '/srv/a', '/srv/b', '/srv/c']),
        ('most-free', ['/srv/b', '/srv/d', '/srv/c', '/srv/a']),
        ('cached-first', ['/srv/d', '/srv/b', '/srv/c', '/srv/a']),
    )
    @ddt.unpack
    def test_orders_the_places(self, policy, expected):
        for offered in itertools.permutations(self.OFFERED):
            answer = choice.choose(offered, GiB, policy)
            self.assertEqual(expected, names(answer))
            self.assertEqual(expected[0], answer.first.name)
            self.assertEqual(policy, answer.policy)

    def test_weight_is_the_default(self):
        self.assertEqual('weight', choice.choose(self.OFFERED, GiB).policy)

    def test_round_robin_starts_at_the_next_place_each_turn(self):
        firsts = [choice.choose(self.OFFERED, GiB, 'round-robin',
                                take_turn=lambda turn=turn: turn).first.name
                  for turn in range(8)]
        self.assertEqual(['/srv/a', '/srv/b', '/srv/c', '/srv/d'] * 2, firsts)

    def test_round_robin_without_a_ledger_counts_in_this_process(self):
        firsts = [choice.choose(self.OFFERED, GiB, 'round-robin').first.name
                  for _ in range(4)]
        self.assertEqual(4, len(set(firsts)))

    def test_random_gives_the_same_image_the_same_order(self):
        orders = {tuple(names(choice.choose(offered, GiB, 'random', key='x')))
                  for offered in itertools.permutations(self.OFFERED)}
        self.assertEqual(1, len(orders))

    def test_random_spreads_images_evenly(self):
        firsts = [choice.choose(self.OFFERED, GiB, 'random', key=key).first
                  for key in range(4000)]
        for offered in self.OFFERED:
            self.assertAlmostEqual(1000, firsts.count(offered), delta=120)

    def test_random_without_a_key_differs_from_call_to_call(self):
        firsts = {choice.choose(self.OFFERED, GiB, 'random').first.name
                  for _ in range(200)}
        self.assertEqual(4, len(firsts))

    def test_all_that_is_installed_can_be_listed(self):
        self.assertLessEqual(
            {'weight', 'lowest-first', 'most-free', 'round-robin', 'random',
             'cached-first'}, set(policies.names()))

    def test_an_unknown_name_lists_what_there_is_and_the_nearest(self):
        with self.assertRaises(errors.UnknownPolicy) as caught:
            choice.choose(self.OFFERED, GiB, 'most_free')
        self.assertIn("Did you mean 'most-free'?", str(caught.exception))
        self.assertIn('round-robin', caught.exception.known)


@ddt.ddt
class ThirdPartyPolicyTest(unittest.TestCase):

    def choose(self, order, offered, size=GiB):
        with mock.patch.object(policies, 'load', return_value=order):
            return choice.choose(offered, size, 'theirs')

    def test_may_leave_a_place_out(self):
        answer = self.choose(lambda entries, request: entries[:1],
                             [place('a'), place('b')])
        self.assertEqual(['a'], names(answer))
        self.assertEqual('b: left out by the policy theirs',
                         str(answer.left_out[0]))

    @ddt.data(
        lambda entries, request: [*entries, entries[0]],
        lambda entries, request: [places.Candidate(place('/etc'), 5)],
        lambda entries, request: [entries[0]._replace(room=GiB * GiB)],
        lambda entries, request: [entries[0].place],
        lambda entries, request: None,
        lambda entries, request: 1 / 0,
    )
    def test_an_answer_that_cannot_be_used_names_the_policy(self, order):
        with self.assertRaisesRegex(errors.BadPolicy, "'theirs'"):
            self.choose(order, [place('a'), place('b')])

    def test_cannot_change_what_was_offered(self):
        def order(entries, request):
            answer = list(entries)
            entries.clear()
            return answer

        self.assertEqual(['a'], names(self.choose(order, [place('a')])))

    def point(self, value, loaded=None, failure=None):
        point = mock.Mock(value=value)
        point.name = 'theirs'
        point.load.return_value = loaded
        point.load.side_effect = failure
        return point

    def load(self, *points):
        policies.load.cache_clear()
        self.addCleanup(policies.load.cache_clear)
        with mock.patch.object(policies.metadata, 'entry_points',
                               return_value=points) as find:
            order = policies.load('theirs')
        find.assert_called_with(
            group='cinder_glance_multistore.placement.policies')
        return order

    def test_is_found_by_entry_point(self):
        self.assertIs(sorted, self.load(self.point('their:order', sorted)))

    def test_two_packages_with_one_name_are_refused(self):
        with self.assertRaisesRegex(errors.BadPolicy, 'my:order and by their'):
            self.load(self.point('their:order', sorted),
                      self.point('my:order', sorted))

    def test_a_package_found_twice_is_not_a_clash(self):
        self.assertIs(sorted, self.load(self.point('their:order', sorted),
                                        self.point('their:order', sorted)))

    def test_one_that_cannot_be_imported_says_why(self):
        with self.assertRaisesRegex(errors.BadPolicy, 'No module named x'):
            self.load(self.point(
                'their:order', failure=ImportError('No module named x')))

    def test_one_that_is_no_function_is_refused(self):
        with self.assertRaisesRegex(errors.BadPolicy, 'not a function'):
            self.load(self.point('their:order', 'weight'))


@ddt.ddt
class ChoiceTest(unittest.TestCase):

    def test_a_place_that_has_exactly_the_size_fits(self):
        self.assertTrue(choice.choose([place('a', MiB)], MiB))
        self.assertFalse(choice.choose([place('a', MiB)], MiB + 1))

    def test_what_is_kept_free_and_promised_does_not_count(self):
        offered = [place('a', 10 * MiB, keep_free=2 * MiB)]
        promised = {'a': 3 * MiB}
        self.assertTrue(
            choice.choose(offered, 5 * MiB, promised=promised))
        self.assertFalse(
            choice.choose(offered, 5 * MiB + 1, promised=promised))

    def test_places_on_one_file_system_share_what_is_promised(self):
        offered = [place('/srv/a', 10 * MiB, space='disk'),
                   place('/srv/b', 10 * MiB, space='disk'),
                   place('/srv/c', 10 * MiB, space='another')]
        answer = choice.choose(offered, 5 * MiB, promised={'disk': 6 * MiB})
        self.assertEqual(['/srv/c'], names(answer))

    def test_nothing_fits_where_nothing_is_offered(self):
        answer = choice.choose([], 0)
        self.assertFalse(answer)
        with self.assertRaisesRegex(errors.NoPlace, 'none is configured'):
            answer.first  # noqa: B018

    def test_size_0_fits_a_full_place(self):
        self.assertTrue(choice.choose([place('a', 0)], 0))

    def test_size_0_does_not_fit_a_place_that_promised_too_much(self):
        self.assertFalse(choice.choose([place('a', 0)], 0,
                                       promised={'a': 1}))

    @ddt.data(-1, -GiB)
    def test_a_negative_size_is_a_mistake_of_the_caller(self, size):
        with self.assertRaises(ValueError):
            choice.choose([place('a')], size)

    def test_a_name_offered_twice_is_a_mistake_of_the_caller(self):
        with self.assertRaisesRegex(ValueError, 'twice'):
            choice.choose([place('a'), place('a')], 1)

    @ddt.data({'free': -1}, {'total': -1}, {'keep_free': -1}, {'name': ''})
    def test_a_place_with_impossible_figures_is_refused(self, figures):
        with self.assertRaises(ValueError):
            places.Place(**{'name': 'a', 'free': 1, 'total': 1, **figures})

    def test_of_unknown_size_the_roomy_come_first_by_policy(self):
        offered = [place('small', GiB, 300), place('tiny', 1, 400),
                   place('big', 10 * GiB, 1), place('half', 5 * GiB, 2),
                   place('full', 0, 500)]
        answer = choice.choose(offered, None)
        self.assertEqual(['half', 'big', 'small', 'tiny'], names(answer))
        self.assertEqual(['full'], [entry.place.name
                                    for entry in answer.left_out])

    def test_names_no_more_places_than_one_reads(self):
        many = [place(f'ds{number}', unusable='is away' if number % 2 else '')
                for number in range(100)]
        text = choice.choose(many, GiB).explain()
        self.assertEqual(2, text.count('and 30 more'))
        self.assertLess(len(text), 3000)
        with self.assertRaises(errors.NoPlace) as caught:
            choice.choose(many, 1 << 60).first  # noqa: B018
        self.assertIn('; and 80 more. ', str(caught.exception))

    def test_explains_itself_in_one_line(self):
        answer = choice.choose(
            [place('/srv/a', 3 * GiB, 200),
             place('/srv/b', unusable='is not a mount point')], GiB)
        self.assertEqual(
            'by weight: /srv/a (weight 200, 3 GiB to give); left out: '
            '/srv/b: is not a mount point', answer.explain())

    def test_the_error_says_why_of_every_place_and_what_to_do(self):
        answer = choice.choose(
            [place('/srv/a', 50 * MiB, keep_free=MiB),
             place('/srv/b', 12 * MiB),
             place('/srv/c', unusable='did not answer within 5 s')],
            20 * MiB, promised={'/srv/a': 40 * MiB})
        with self.assertRaises(errors.NoPlace) as caught:
            answer.first  # noqa: B018
        self.assertEqual(
            'No place for 20 MiB (20971520 bytes). '
            '/srv/a: can give 9 MiB (9437184 bytes) of 50 MiB free, with '
            '1 MiB kept free and 40 MiB promised to uploads under way; '
            '/srv/b: has 12 MiB (12582912 bytes) free; '
            '/srv/c: did not answer within 5 s. '
            'Try again when an upload under way has ended, free space, or '
            'add a place.', str(caught.exception))
        self.assertEqual(20 * MiB, caught.exception.size)
        self.assertEqual(['/srv/a', '/srv/b', '/srv/c'],
                         [entry.place.name
                          for entry in caught.exception.left_out])

    @ddt.data(
        (GiB, 'Free space, or add a place.'),
        (None, 'Free space, or add a place.'),
    )
    @ddt.unpack
    def test_the_error_does_not_say_wait_where_waiting_does_not_help(
            self, size, remedy):
        with self.assertRaises(errors.NoPlace) as caught:
            choice.choose([place('a', 0)], size).first  # noqa: B018
        self.assertTrue(str(caught.exception).endswith(remedy))

    def test_the_error_says_bring_back_where_all_are_gone(self):
        with self.assertRaisesRegex(errors.NoPlace, 'Bring one of them back'):
            choice.choose([place('a', unusable='gone')], 1).first  # noqa: B018

    @ddt.data((0, '0 bytes'), (1023, '1023 bytes'), (1024, '1 KiB'),
              (1536, '1.5 KiB'), (1048575, '1 MiB'), (20 * MiB, '20 MiB'),
              (3 << 60, '3 EiB'), (5 << 70, '5120 EiB'),
              (-MiB, '-1 MiB'))
    @ddt.unpack
    def test_sizes_are_printed_for_people(self, size, text):
        self.assertEqual(text, places.human(size))

    def test_places_travel_between_processes(self):
        sent = place('a', traits=frozenset({places.HOLDS_IMAGE}))
        self.assertEqual(sent, pickle.loads(pickle.dumps(sent)))

    def test_the_room_is_imported_without_any_service(self):
        script = (
            'import sys\n'
            f'sys.modules.update(dict.fromkeys({SERVICES}))\n'
            'from cinder_glance_multistore import placement\n'
            'place = placement.Place("a", 5, 5)\n'
            'assert placement.choose([place], 5).first is place\n')
        subprocess.run([sys.executable, '-c', script], check=True)


SIZES = strategies.integers(0, 1000)
OFFERS = strategies.lists(
    strategies.builds(
        places.Place,
        name=strategies.sampled_from('abcdefgh'),
        free=SIZES, total=SIZES, weight=strategies.integers(-3, 3),
        unusable=strategies.sampled_from(['', '', 'gone']),
        keep_free=strategies.integers(0, 50),
        space=strategies.sampled_from(['', 'x', 'y']),
        traits=strategies.sampled_from(
            [frozenset(), frozenset({places.HOLDS_IMAGE})])),
    unique_by=lambda offered: offered.name)


class AnyInputTest(unittest.TestCase):

    # A busy machine is no reason to fail.
    @hypothesis.settings(
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow])
    @hypothesis.given(
        OFFERS, SIZES | strategies.none(),
        strategies.sampled_from(['weight', 'lowest-first', 'most-free',
                                 'round-robin', 'random', 'cached-first']),
        strategies.dictionaries(strategies.sampled_from('abxy'), SIZES),
        strategies.integers(0, 99), strategies.randoms())
    def test_every_place_is_either_in_order_or_left_out_and_repeatably(
            self, offered, size, policy, promised, turn, shuffler):
        def ask(places_offered):
            return choice.choose(places_offered, size, policy, key='image',
                                 promised=promised, take_turn=lambda: turn)

        answer = ask(offered)
        for entry, room in answer.candidates:
            self.assertFalse(entry.unusable)
            self.assertEqual(room, entry.free - entry.keep_free
                             - promised.get(entry.space, 0))
            self.assertGreaterEqual(room, 1 if size is None else size)
        for entry in answer.left_out:
            self.assertTrue(entry.reason)
            self.assertIn(entry.place.name, str(errors.NoPlace(
                size, answer.left_out)))
        self.assertEqual(
            sorted(entry.name for entry in offered),
            sorted(names(answer) + [entry.place.name
                                    for entry in answer.left_out]))
        shuffled = list(offered)
        shuffler.shuffle(shuffled)
        self.assertEqual(answer.candidates, ask(shuffled).candidates)
