"""A vendor's extra specs at the doors, against the back ends that live."""

import datetime
import threading

from cinder.objects import base as objects_base
from cinder.tests.unit import utils
from cinder.volume import rpcapi
import ddt
from oslo_utils import timeutils

from cinder_glance_multistore.cinder import backends
from tests.unit.cinder import test_doors

NAME = 'volume_backend_name'
SAID = {NAME: 'acme', 'properties': {
    'acme:tier': {'type': 'string', 'enum': ['gold', 'silver']}}}


@ddt.ddt
class TestBackends(test_doors.DoorsTestCase):

    def setUp(self):
        super().setUp()
        backends._build_directory.cache_clear()
        self.addCleanup(backends._build_directory.cache_clear)
        self.override_config('check_backends', True, 'multistore')
        self.said = {'h@acme': SAID}
        self.asked = []
        self.mock_object(rpcapi.VolumeAPI, 'get_capabilities', self.answer)
        self.service('h@acme')

    def answer(self, context, topic, discover):
        self.asked.append(topic)
        said = self.said[topic]
        if isinstance(said, Exception):
            raise said
        if callable(said):
            return said()
        return said

    def service(self, host, up=True):
        seen = timeutils.utcnow()
        if not up:
            seen -= datetime.timedelta(days=1)
        utils.create_service(self.admin, {
            'host': host, 'binary': 'cinder-volume',
            'topic': 'cinder-volume', 'updated_at': seen,
            'rpc_current_version': rpcapi.VolumeAPI.RPC_API_VERSION,
            'object_current_version': objects_base.OBJ_VERSIONS.get_current()})

    def tier(self, value, name='acme', key='acme:tier'):
        return {NAME: name, key: value}

    def test_a_value_the_back_end_does_not_know_is_refused(self):
        for door in self.doors()[::2]:
            self.assertAnswer(400, ["acme:tier='glod'", "Did you mean 'gold'",
                                    "the back end 'h@acme'"],
                              door(self.tier('glod')))
            self.assertAnswer(400, ["Did you mean 'acme:tier'?"],
                              door(self.tier('gold', key='acme:teir')))
        self.assertEqual(200, self.set_specs(self.gold,
                                             self.tier('gold'))[0])
        # Asked once, however many doors.
        self.assertEqual(['h@acme'], self.asked)

    def test_one_key_goes_by_the_name_that_is_stored(self):
        gold = self.type('a', **{NAME: 'acme'})
        self.assertAnswer(400, ['acme:tier'],
                          self.put_spec(gold, 'acme:tier', 'tin'))
        gold = self.type('b', **{NAME: 'other'})
        self.assertEqual(200, self.put_spec(gold, 'acme:tier', 'tin')[0])

    def test_what_is_not_asked_for_asks_nobody(self):
        for specs in ({NAME: 'acme'}, {'acme:tier': 'tin'},
                      {NAME: 'acme', 'multiattach': '<is> True'}):
            self.assertEqual(
                200, self.create_type(specs, name=str(len(str(specs))))[0])
        self.override_config('check_backends', False, 'multistore')
        self.assertEqual(200, self.set_specs(self.gold,
                                             self.tier('tin'))[0])
        self.assertEqual([], self.asked)

    @ddt.data(RuntimeError('bus'), None, [], {}, {NAME: 'acme'},
              {NAME: 'acme', 'properties': None},
              {NAME: ['acme'], 'properties': {}}, {'properties': 7})
    def test_a_back_end_that_makes_no_sense_is_a_warning(self, said):
        self.said['h@acme'] = said
        self.assertEqual(200, self.set_specs(self.gold,
                                             self.tier('tin'))[0])
        self.assertIn('back end', self.log.output)

    def test_a_back_end_that_is_down_is_a_warning(self):
        self.service('h@down', up=False)
        self.assertEqual(200, self.set_specs(self.gold, self.tier(
            'tin', name='down'))[0])
        self.assertIn('The back end h@down is down', self.log.output)
        self.assertNotIn('h@down', self.asked)

    def test_a_silent_back_end_is_waited_for_once(self):
        # So long the other one may take on a busy machine.
        self.override_config('backends_timeout', 2, 'multistore')
        never = threading.Event()
        self.addCleanup(never.set)
        self.service('h@mute')
        self.said['h@mute'] = never.wait
        for _ in range(3):
            self.assertAnswer(400, ["'h@acme'"],
                              self.set_specs(self.gold, self.tier('tin')))
        self.assertEqual(1, self.asked.count('h@mute'))
        self.assertEqual(1, self.log.output.count(
            'h@mute did not say within 2 seconds'))

    def test_it_is_asked_again_when_the_answer_is_old(self):
        now = [0.0]
        directory = backends.Directory(lambda topic: {'at': now[0]}, 5, 60,
                                       clock=lambda: now[0])
        self.assertEqual({'a': {'at': 0.0}}, directory.get(['a']))
        now[0] = 59.0
        self.assertEqual({'a': {'at': 0.0}}, directory.get(['a']))
        now[0] = 60.0
        self.assertEqual({'a': {'at': 60.0}, 'b': {'at': 60.0}},
                         directory.get(['a', 'b']))
