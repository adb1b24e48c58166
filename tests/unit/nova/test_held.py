"""Promises of spawns, and images that other hosts are caching."""

import os
import threading

import fixtures
import testtools

from cinder_glance_multistore.nova import held
from cinder_glance_multistore.nova import settings
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement import holders
from cinder_glance_multistore.placement import ledger
from cinder_glance_multistore.placement.places import Place

PLACE = Place('ds1', 100, 100, space='vc/datastore-1')


class TestHeld(testtools.TestCase):

    def setUp(self):
        super().setUp()
        home = self.useFixture(fixtures.TempDir()).path
        self.url = f'sqlite:///{os.path.join(home, "ledger")}'

    def test_what_is_promised_is_not_promised_again(self):
        here = held.Held(self.url, 'scope')
        end = here.take(PLACE, 60, 'instance')
        self.assertEqual({'vc/datastore-1': 60}, here.promised())
        self.assertRaises(errors.NoPlace, here.take, PLACE, 60, 'other')
        end()
        self.assertEqual({}, here.promised())

    def test_an_image_that_another_host_is_caching_is_waited_for(self):
        here = held.Held(self.url, 'scope')
        other = ledger.Ledger(
            self.url, holder=holders.Holder('other', 'realm', 1, 1),
            alive=lambda who: True)
        with other.reserve(lambda: [PLACE], 10, scope='scope',
                           key=held.cache_key('i')):
            # Whose host it is cannot be looked at; its lease counts.
            here._ledger._alive = lambda who: True
            self.assertEqual({'ds1'}, here.on_the_way('i'))
            self.assertEqual(set(), here.on_the_way('j'))
            self.assertEqual(
                set(), held.Held(self.url, 'another').on_the_way('i'))
            waiter = threading.Thread(target=here.wait_for_others,
                                      args=('ds1', 'i'))
            waiter.start()
        waiter.join(120)
        self.assertFalse(waiter.is_alive())

    def test_ones_own_are_not_others(self):
        here = held.Held(self.url, 'scope')
        end = here.take(PLACE, 10, held.cache_key('i'))
        self.assertEqual(set(), here.on_the_way('i'))
        end()

    def test_without_the_database_spawns_go_on(self):
        here = held.Held('sqlite:////proc/none/ledger', 'scope')
        self.assertEqual({}, here.promised())
        self.assertEqual(set(), here.on_the_way('i'))
        here.take(PLACE, 10, 'instance')()


class TestSettings(testtools.TestCase):

    def test_weights(self):
        self.assertEqual(
            {'ds1': 5, 'a:b': -1},
            settings.parse_weights(['ds1:5', 'a:b: -1']))
        for value in ('ds1', 'ds1:', 'ds1:many', ':5', ''):
            error = self.assertRaises(
                ValueError, settings.parse_weights, [value])
            self.assertIn(f'datastore_weights has {value!r}', str(error))

    def test_what_is_kept_free(self):
        self.assertEqual(5, settings.parse_keep_free('5%')(100))
        self.assertEqual(1 << 30, settings.parse_keep_free('1G')(100))
        error = self.assertRaises(ValueError, settings.parse_keep_free, 'all')
        self.assertIn("[vmware_multistore]keep_free is 'all'", str(error))
