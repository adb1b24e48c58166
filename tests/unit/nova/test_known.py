"""The cache of the cache."""

import threading

import testtools

from cinder_glance_multistore.nova import known


class TestKnownImages(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.known = known.KnownImages(60, 3, clock=lambda: self.now)

    def test_a_datastore_is_listed_once_and_again_when_that_is_old(self):
        self.assertEqual(['a', 'b'], self.known.to_list(['a', 'b']))
        self.known.listed('a', ['i'])
        self.assertEqual(['b'], self.known.to_list(['a', 'b']))
        self.now += 60
        self.assertEqual(['a', 'b'], self.known.to_list(['a', 'b']))

    def test_what_is_not_in_a_new_list_is_gone(self):
        self.known.listed('a', ['i', 'j'])
        self.known.holds('a', 'i', ['i.vmdk'])
        self.known.listed('a', ['i'])
        self.assertEqual({'i.vmdk'}, self.known.files('a', 'i'))
        self.assertIsNone(self.known.files('a', 'j'))

    def test_spawns_and_the_cache_manager_correct_it(self):
        self.known.listed('a', [])
        self.known.holds('a', 'i')
        self.assertEqual(frozenset(), self.known.files('a', 'i'))
        self.known.lacks('a', 'i')
        self.known.lacks('a', 'i')
        self.assertIsNone(self.known.files('a', 'i'))

    def test_more_than_it_may_remember(self):
        self.known.listed('a', ['i', 'j'])
        self.known.listed('b', ['k', 'l'])
        self.assertEqual(3, len(self.known))
        # One of them was forgotten, so its list is not whole any more.
        self.assertEqual(['a'], self.known.to_list(['a', 'b']))


    def test_what_failed_is_distrusted_for_a_while(self):
        self.known.holds('a', 'i')
        self.known.distrust('a', 'i')
        self.now += 59
        self.known.distrust('b', 'i')
        self.assertTrue(self.known.distrusted('a', 'i'))
        self.assertFalse(self.known.distrusted('a', 'j'))
        self.now += 1
        self.assertFalse(self.known.distrusted('a', 'i'))
        self.assertTrue(self.known.distrusted('b', 'i'))
        self.assertEqual(frozenset(), self.known.files('a', 'i'))


class TestOnTheWay(testtools.TestCase):

    def test_whoever_waits_goes_on_when_the_last_has_ended(self):
        way = known.OnTheWay()
        ends = [way.begin('a', 'i'), way.begin('a', 'i')]
        waiter = threading.Thread(target=way.wait, args=('a', 'i'))
        waiter.start()
        ends[0]()
        ends[0]()
        self.assertIn(('a', 'i'), way)
        ends[1]()
        waiter.join(120)
        self.assertFalse(waiter.is_alive())
        self.assertNotIn(('a', 'i'), way)

    def test_what_is_not_on_its_way_is_not_waited_for(self):
        known.OnTheWay().wait('a', 'i')
