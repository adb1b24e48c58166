"""The ``vsphere`` store, as far as it needs no vCenter."""

import dataclasses
import datetime
import io
import logging
import os
import threading
import types
from unittest import mock

import ddt
import fixtures
from glance_store import exceptions
from glance_store import location
from oslo_config import cfg
import testtools

from cinder_glance_multistore.stores import upload
from cinder_glance_multistore.stores import vsphere
from cinder_glance_multistore.stores import vsphere_config
from cinder_glance_multistore.stores import vsphere_places
from cinder_glance_multistore.stores import vsphere_reader
from cinder_glance_multistore.stores import vsphere_search
from cinder_glance_multistore.stores import vsphere_sweep
from cinder_glance_multistore.stores import vsphere_upload
from cinder_glance_multistore.transfer import leftovers
from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import files
from cinder_glance_multistore.vsphere import inventory

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
PATH = files.Path('DC0', 'ds', 'folder', 'image')


def datastore(name, pod='', **more):
    return inventory.Datastore(**{
        'name': name, 'datacenter': 'DC0', 'pod': pod, 'ref': None,
        'datacenter_ref': None, 'browser': 'browser',
        'url': f'ds:///{name}/', 'type': 'VMFS', 'capacity': 100, 'free': 60,
        'accessible': True, 'maintenance': 'normal', **more})


@ddt.ddt
class PlacesTest(testtools.TestCase):

    def places(self, *lines):
        return vsphere_places.Places(
            vsphere_config.parse_datastores(lines), lambda total: total // 10,
            'vc')

    VIEW = inventory.View([
        datastore('a'), datastore('p1', 'pod'), datastore('p2', 'pod'),
        datastore('sick', accessible=False)], 0)

    def test_a_pod_is_its_members_but_for_those_named(self):
        measured = self.places('DC0:p2:9', 'DC0:pod/:5').measure(self.VIEW)
        self.assertEqual([('DC0:p2', 9), ('DC0:p1', 5)],
                         [(place.name, place.weight) for place in measured])

    def test_a_place_has_its_room_and_what_is_kept_free(self):
        [place] = self.places('DC0:a').measure(self.VIEW)
        self.assertEqual((60, 100, 10, 'ds:///a/', ''), (
            place.free, place.total, place.keep_free, place.space,
            place.unusable))

    @ddt.data(
        ('DC0:sick', 'is not accessible'), ('DC0:b', 'is not there, or'),
        ('DC9:a', 'no datacenter DC9'), ('DC0:other/:1', 'is no storage pod'),
        ('DC0:pod/a', 'is not in the storage pod pod but in none'),
        ('DC0:x/p1', 'is not in the storage pod x but in pod'))
    @ddt.unpack
    def test_what_is_left_out_says_why(self, line, reason):
        [place] = self.places(line).measure(self.VIEW)
        self.assertIn(reason, place.unusable)

    def test_a_locked_place_that_is_gone_is_left_out(self):
        places = self.places('DC0:a')
        [place] = places.measure(self.VIEW)
        self.assertEqual('', places.measure_one(self.VIEW, place).unusable)
        other = dataclasses.replace(place, name='DC0:b')
        for view, asked in ((inventory.View([], 0), place),
                            (self.VIEW, other)):
            gone = places.measure_one(view, asked)
            self.assertIn('is not there', gone.unusable)

    def test_a_datacenter_stays_as_it_was_spelled(self):
        self.assertEqual('/DC0', self.places('/DC0:a').spelled('DC0'))
        self.assertEqual('DC%2f', self.places('DC/:a').spelled('DC%2f'))


class _Section(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.home = self.useFixture(fixtures.TempDir()).path
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.INFO))

    def store(self, **options):
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        store = vsphere.Store(conf, backend='vc')
        for name, value in {
                'vmware_server_host': 'vc.example.org:8443',
                'vmware_server_username': 'glance',
                'vmware_server_password': 'pa55word',
                'vmware_datastores': ['DC0:a:1', 'DC0:b:2'],
                'vsphere_reservations': f'sqlite:///{self.home}/ledger',
                **options}.items():
            if value is not None:
                conf.set_override(name, value, group='vc')
        store.read_section()
        return store


@ddt.ddt
class SectionTest(_Section):

    @ddt.data(
        ({'vmware_server_host': 'https://vc'}, 'vmware_server_host'),
        ({'vmware_server_host': None}, 'vmware_server_host is not set'),
        ({'vmware_server_username': ''}, 'vmware_server_username is not set'),
        ({'vmware_server_password': None},
         'vmware_server_password is not set'),
        ({'vmware_datastores': ['DC0']}, 'line 1 of vmware_datastores'),
        ({'vmware_datastores': None}, 'it has no datastore'),
        ({'vmware_store_image_dir': '/../x'}, 'vmware_store_image_dir'),
        ({'vmware_ca_file': '/nowhere.pem'}, 'vmware_ca_file'),
        ({'vmware_ca_file': __file__}, 'vmware_ca_file'),
        ({'vsphere_min_free': 'x'}, 'vsphere_min_free'),
        ({'vsphere_policy': 'x'}, "placement policy 'x'"),
        ({'vsphere_reservations': 'x'}, 'ledger'))
    @ddt.unpack
    def test_a_mistake_that_no_waiting_cures_is_told(self, options, words):
        error = self.assertRaises(exceptions.BadStoreConfiguration,
                                  self.store, **options)
        self.assertIn(words, str(error))
        self.assertNotIn('pa55word', str(error))

    def test_the_old_way_to_name_one_datastore(self):
        store = self.store(vmware_datastores=None,
                           vmware_datastore_name='a:b',
                           vmware_datacenter_path='f/DC0')
        self.assertIn(r'vmware_datastores = f/DC0:a\:b', self.log.output)
        self.assertTrue(store._places.names('f/DC0', 'a:b'))


@ddt.ddt
class LocationTest(_Section):

    GOOD = ('vsphere://vc.example.org:8443/folder/openstack_glance/image'
            '?dsName=a&dcPath=DC0')

    def locate(self, store, uri):
        return location.Location(
            'vsphere', vsphere.StoreLocation, store.conf, uri=uri,
            backend='vc')

    def test_upstreams_parts_make_upstreams_uri(self):
        store = self.store()
        made = location.Location(
            'vsphere', vsphere.StoreLocation, store.conf, store_specs={
                'scheme': 'vsphere', 'server_host': 'vc.example.org:8443',
                'image_dir': '/openstack_glance/', 'image_id': 'image',
                'datacenter_path': 'DC0', 'datastore_name': 'a'},
            backend='vc')
        self.assertEqual(self.GOOD, made.get_store_uri())

    @ddt.data(
        ('vc.example.org:8443', 'vc.example.org'),
        ('vc.example.org:8443', 'other.example.org:8443'),
        ('dsName=a', 'dsName=c'), ('dcPath=DC0', 'dcPath=DC1'),
        ('openstack_glance/', ''), ('openstack_glance', 'other'),
        ('/image', '/../../image'), ('/image', '/%2e%2e%2fimage'),
        ('/image', '/sub/image'), ('/image', '/'), ('/image', '//image'),
        ('/folder', '/sdk'), ('/image', '/.multistore~x'),
        ('&dcPath=DC0', ''))
    @ddt.unpack
    def test_what_is_none_of_the_stores_is_refused_unasked(self, old, new):
        store = self.store()
        # Whoever asks a vCenter needs these.
        store._files = store._inventory = None
        place = self.locate(store, self.GOOD.replace(old, new))
        for ask in (store.get, store.get_size, store.delete):
            self.assertRaises(exceptions.BadStoreUri, ask, place)

    def test_what_is_the_stores_is_found(self):
        store = self.store()
        for uri in (self.GOOD, self.GOOD.replace('DC0', '%2FDC0'),
                    self.GOOD.replace('vc.ex', 'VC.ex')):
            self.assertEqual(
                files.Path('DC0', 'a', 'openstack_glance', 'image'),
                store._resolve(self.locate(store, uri)))

    def test_what_may_not_be_read_is_unavailable(self):
        store = self.store()
        store._files = mock.Mock()
        store._files.open.side_effect = store._files.size.side_effect = (
            errors.HTTPFailed('x cannot be read', 403))
        for ask in (store.get, store.get_size):
            self.assertRaises(exceptions.RemoteServiceUnavailable, ask,
                              self.locate(store, self.GOOD))

    def test_what_may_not_be_deleted_is_forbidden(self):
        store = self.store()
        store._inventory = types.SimpleNamespace(
            last=inventory.View([datastore('a')], 0))
        store._files = mock.Mock()
        store._files.delete.side_effect = errors.Fault(
            'DeleteDatastoreFile_Task', 'NoPermission')
        self.assertRaises(exceptions.Forbidden, store.delete,
                          self.locate(store, self.GOOD))

    def test_on_an_esx_host_it_is_deleted_though_it_names_no_datacenter(self):
        store = self.store(vmware_datastores=None, vmware_datastore_name='a')
        reference = object()
        view = inventory.View([datastore(
            'a', datacenter='ha-datacenter', datacenter_ref=reference)], 0)
        deleted = []
        store._inventory = types.SimpleNamespace(last=view)
        store._files = types.SimpleNamespace(
            delete=lambda path, ref: deleted.append((path.name, ref)))
        store.delete(self.locate(
            store, self.GOOD.replace('&dcPath=DC0', '')))
        self.assertEqual([('image', reference)], deleted)


class _Answer:

    def __init__(self, data, status, length, total, broken=False):
        self._data = data
        self.status, self.length, self.total = status, length, total
        self._broken = broken
        self.closed = False

    def read(self, size):
        buf, self._data = self._data[:size], self._data[size:]
        if not buf and self._broken:
            raise ConnectionResetError('reset')
        return buf

    def close(self):
        self.closed = True


class _File:
    """A file that is sent in so many bytes at most, with ranges or not."""

    def __init__(self, data, at_once=1 << 30, ranges=True, broken=False):
        self.data, self.at_once = data, at_once
        self.ranges, self.broken = ranges, broken
        self.answers = []

    def open(self, path, offset=0, length=None):
        total = len(self.data)
        if self.ranges and (offset or length is not None):
            if offset >= total:
                answer = _Answer(b'', 416, 0, total)
            else:
                part = self.data[offset:None if length is None
                                 else offset + length]
                answer = _Answer(part[:self.at_once], 206, len(part), total,
                                 self.broken)
        else:
            answer = _Answer(self.data[:self.at_once], 200, total, None,
                             self.broken)
        self.answers.append(answer)
        return answer


@ddt.ddt
class ReaderTest(testtools.TestCase):

    DATA = bytes(range(256)) * 10

    def read(self, file, offset=0, length=None):
        reader = vsphere_reader.Reader(file, PATH, offset, length)
        data = b''.join(reader)
        self.assertTrue(all(answer.closed for answer in file.answers
                            if answer.status != 416))
        return data

    @ddt.data(True, False)
    def test_parts_whether_the_server_knows_ranges_or_not(self, ranges):
        for offset, length in ((0, None), (5, None), (5, 7), (2559, 9),
                               (2560, 1), (0, 2560)):
            end = None if length is None else offset + length
            self.assertEqual(
                self.DATA[offset:end],
                self.read(_File(self.DATA, ranges=ranges), offset, length))

    @ddt.data(True, False)
    def test_what_breaks_off_is_taken_up_where_it_broke(self, broken):
        file = _File(self.DATA, at_once=1000, broken=broken)
        self.assertEqual(self.DATA, self.read(file))
        self.assertEqual(3, len(file.answers))

    def test_what_always_breaks_off_is_an_error_and_no_short_image(self):
        file = _File(self.DATA, at_once=0)
        error = self.assertRaises(exceptions.RemoteServiceUnavailable,
                                  self.read, file)
        self.assertIn('after 0 of 2560 bytes', str(error))

    def test_a_size_that_is_not_told_is_an_error_with_words(self):
        file = types.SimpleNamespace(
            open=lambda *args: _Answer(b'x', 200, None, None))
        error = self.assertRaises(
            errors.HTTPFailed, vsphere_reader.Reader, file, PATH, 0, None)
        self.assertIn('does not say', str(error))


class _Folder:
    """The files of one datastore."""

    def __init__(self, *names, modified=NOW):
        self.names = list(names)
        self.modified = modified

    def list(self, path, browser, pattern):
        return [files.Found(name, 1, self.modified) for name in self.names]

    def delete(self, path, datacenter_ref):
        self.names.remove(path.name)

    def now(self):
        return NOW


class SweepTest(testtools.TestCase):

    ELSEWHERE = '.multistore~far~0123456789ab~1~2~3~abcd~image'

    def setUp(self):
        super().setUp()
        self.ledger = types.SimpleNamespace(
            exists=lambda: True, promises=lambda: self.promises)
        self.promises = []

    def sweep(self, folder):
        return [path.name for path in vsphere_sweep.sweep(
            folder, [datastore('a')], 'folder', self.ledger)]

    def test_a_live_uploads_file_stays_and_a_dead_ones_goes(self):
        name = leftovers.new_name('image')
        folder = _Folder(name, 'image', '.multistore~odd')
        self.assertEqual([], self.sweep(folder))
        leftovers.forget(name)
        self.assertEqual([name], self.sweep(folder))
        self.assertEqual(['image', '.multistore~odd'], folder.names)

    def test_of_a_dead_process_of_this_host_it_goes(self):
        name = leftovers.new_name('image')
        self.addCleanup(leftovers.forget, name)
        dead = name.replace(f'~{os.getpid()}~', '~4194304~')
        self.assertEqual([dead], self.sweep(_Folder(dead, name)))

    def test_of_another_host_it_stays_for_a_day(self):
        folder = _Folder(self.ELSEWHERE)
        self.assertEqual([], self.sweep(folder))
        folder.modified = NOW - datetime.timedelta(hours=25)
        self.promises = [types.SimpleNamespace(key='image')]
        self.assertEqual([], self.sweep(folder))
        self.promises = []
        self.assertEqual([self.ELSEWHERE], self.sweep(folder))

    def test_one_that_cannot_be_deleted_does_not_keep_the_others(self):
        names = [leftovers.new_name('image') for _ in range(3)]
        for name in names:
            leftovers.forget(name)
        folder = _Folder(*names)
        failures = [errors.Fault('Delete', 'FileLocked'),
                    files.FileMissing('gone')]
        delete = folder.delete

        def fail_first(path, datacenter_ref):
            if failures:
                raise failures.pop(0)
            delete(path, datacenter_ref)

        folder.delete = fail_first
        self.assertEqual(names[2:], self.sweep(folder))


class LaggingTest(testtools.TestCase):

    def test_what_was_just_written_stays_promised(self):
        told = []
        held = types.SimpleNamespace(
            place=None, choice=None, shrink=told.append,
            release=lambda: told.append('released'))
        lagging = vsphere_upload.Lagging(held, 3600)
        lagging.shrink(5)
        lagging.shrink(6)
        self.assertEqual([], told)
        lagging._written[0] = (lagging._written[0][0] - 3601, 5)
        lagging.shrink(7)
        self.assertEqual([5], told)

    def test_what_failed_is_released_at_once(self):
        told = []
        held = types.SimpleNamespace(
            place=None, choice=None, shrink=told.append,
            release=lambda: told.append('released'))
        try:
            with vsphere_upload.Lagging(held, 3600) as lagging:
                lagging.shrink(5)
                raise ValueError
        except ValueError:
            pass
        self.assertEqual(['released'], told)


class _Written(upload.Upload):
    """An upload that fails in the first place, after some bytes."""

    def __init__(self, ledger):
        super().__init__('image', io.BytesIO(b'bytes'), 5, 'sha512', None)
        self.fresh = None
        self.promised = []
        self._ledger = ledger

    def save(self, place, held):
        self.promised.append(
            [promise.place for promise in self._ledger.promises()])
        held.shrink(3)
        if not self.tried:
            raise errors.HTTPFailed('it failed', 500)

    def reason(self, error):
        return str(error)


class PromiseTest(_Section):

    def test_a_place_that_failed_is_promised_to_nobody_any_more(self):
        store = self.store(vsphere_inventory_age=3600.0)
        self.addCleanup(store.ledger.close)
        view = inventory.View([datastore('a'), datastore('b')], 0)
        store._inventory = types.SimpleNamespace(
            last=view, view=lambda max_age=None: view)
        written = _Written(store.ledger)
        store._save(written)
        self.assertEqual([['DC0:b'], ['DC0:a']], written.promised)


class DeletionsTest(_Section):

    def test_a_vcenter_that_hangs_delays_no_other_stores_deletions(self):
        hung, deleted = threading.Event(), threading.Event()
        self.addCleanup(hung.set)
        self.store()._deletions.call(0, hung.wait)
        self.store()._deletions.call(0, deleted.set)
        self.assertTrue(deleted.wait(120), 'nothing was deleted')


class SearchTest(testtools.TestCase):

    def search(self, outcomes, seconds=120.0):
        paths = [PATH.named(str(number)) for number in range(len(outcomes))]

        def size(path, patient, timeout):
            outcome = outcomes[int(path.name)]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome() if callable(outcome) else outcome

        found, silent = vsphere_search.find(
            types.SimpleNamespace(size=size), paths, seconds)
        return found and found.name, [path.name for path in silent]

    MISSING = files.FileMissing()
    LATE = errors.HTTPFailed('It cannot be read', why='late')
    LATE.__cause__ = TimeoutError()

    def test_all_are_asked(self):
        self.assertEqual((None, []), self.search([self.MISSING] * 100))
        found, _ = self.search([self.MISSING] * 99 + [1])
        self.assertEqual('99', found)
        self.assertEqual((None, []), self.search([]))

    def test_one_that_fails_is_asked_by_the_upload(self):
        self.assertEqual((None, []), self.search(
            [errors.HTTPFailed('It cannot be read', 503), self.MISSING]))

    def test_one_that_hangs_is_named_and_holds_up_nobody(self):
        hung = threading.Event()
        self.addCleanup(hung.set)
        found, silent = self.search(
            [self.MISSING] * 3 + [hung.wait] + [self.MISSING] * 16 + [1])
        self.assertEqual('20', found)
        self.assertIn('3', silent)

    def test_many_that_hang_do_not_keep_others_from_being_asked(self):
        hung = threading.Event()
        self.addCleanup(hung.set)
        found, _ = self.search([hung.wait] * 10 + [1])
        self.assertEqual('10', found)

    def test_one_that_was_not_asked_in_time_is_not_blamed(self):
        hung = threading.Event()
        self.addCleanup(hung.set)
        # The last eight are asked a second after the first.
        found, silent = self.search([hung.wait] * 16, 1.5)
        self.assertIsNone(found)
        self.assertFalse({'8', '15'} & set(silent))

    def test_one_that_gave_up_has_not_answered(self):
        self.assertEqual((None, ['1']), self.search(
            [self.MISSING, self.LATE, self.MISSING]))

    def test_without_a_session_nobody_is_asked(self):
        self.assertRaises(errors.Unreachable, self.search, [
            self.MISSING, errors.Unreachable('vc', 'gone')])


class _Scripted:
    """Files whose calls end as told; remembers what was done."""

    def __init__(self, sizes=(), deletions=(), moves=()):
        self.sizes, self.deletions = list(sizes), list(deletions)
        self.moves = list(moves)
        self.deleted = []

    def size(self, path):
        return self._next(self.sizes)

    def delete(self, path, datacenter_ref):
        self.deleted.append(path.name)
        self._next(self.deletions)

    def move(self, path, name, datacenter_ref, size):
        self.deleted.append(f'{path.name} to {name} of {size}')
        self._next(self.moves)

    @staticmethod
    def _next(outcomes):
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class RemoveTest(testtools.TestCase):

    AWAY = errors.Unreachable('vc', 'gone')
    MISSING = files.FileMissing()
    FINAL = (PATH.named('final'), 5)
    BACK = 'final to image of 5'

    def setUp(self):
        super().setUp()
        self.calls = []
        self.deletions = types.SimpleNamespace(
            call=lambda seconds, *call: self.calls.append(call))

    def remove(self, found, **how):
        vsphere_upload.remove(found, PATH, None, self.deletions, **how)
        while self.calls:
            func, *args = self.calls.pop(0)
            func(*args)
        return found.deleted

    def test_it_is_deleted_once(self):
        self.assertEqual(['image'], self.remove(_Scripted(
            deletions=[None])))

    def test_it_is_deleted_when_the_vcenter_is_back(self):
        self.assertEqual(['image'] * 3, self.remove(_Scripted(
            deletions=[self.AWAY, self.AWAY, None])))

    def test_one_that_may_come_late_is_looked_for_again(self):
        self.assertEqual(['image'] * 6, self.remove(_Scripted(
            deletions=[self.MISSING, None] + [self.MISSING] * 4), late=True))

    def test_what_was_moved_unseen_is_taken_back(self):
        self.assertEqual([self.BACK, 'image'], self.remove(_Scripted(
            [self.MISSING], [None], [None]), moved=self.FINAL))

    def test_what_was_not_moved_is_deleted_where_it_is(self):
        self.assertEqual(['image'], self.remove(_Scripted(
            [5], [None]), moved=self.FINAL))

    def test_whether_it_was_moved_is_found_out_later(self):
        self.assertEqual([self.BACK, 'image'], self.remove(_Scripted(
            [self.AWAY, self.MISSING], [None], [None]), moved=self.FINAL))

    def test_it_is_taken_back_when_the_vcenter_is_back(self):
        self.assertEqual([self.BACK, self.BACK, 'image'], self.remove(
            _Scripted([self.MISSING, 5, self.MISSING], [None],
                      [self.AWAY, None]), moved=self.FINAL))

    def test_a_name_that_may_be_anothers_by_now_is_left_alone(self):
        # It was taken back, and the answer was lost.
        self.assertEqual([self.BACK, 'image'], self.remove(_Scripted(
            [self.MISSING, 5, 5], [None], [self.AWAY]), moved=self.FINAL))
        # So it was, and it comes late.
        self.assertEqual(
            [self.BACK, 'image', 'image'], self.remove(_Scripted(
                [self.MISSING, self.MISSING], [self.MISSING, None],
                [self.AWAY]), moved=self.FINAL))

    def test_what_is_moved_while_it_is_deleted_is_taken_back(self):
        self.assertEqual(['image', self.BACK, 'image'], self.remove(_Scripted(
            [5, self.MISSING], [self.MISSING, None], [None]),
            moved=self.FINAL))

    def test_what_is_moved_while_it_is_locked_is_taken_back(self):
        locked = errors.Fault('DeleteDatastoreFile_Task', 'FileLocked')
        self.assertEqual(['image', self.BACK, 'image'], self.remove(_Scripted(
            [5, self.MISSING], [locked, None], [None]), moved=self.FINAL))

    def test_what_may_be_deleted_was_not_moved(self):
        # That it is gone then is our own doing.
        self.assertEqual(['image', 'image'], self.remove(_Scripted(
            [5], [self.AWAY, self.MISSING]), moved=self.FINAL))

    def test_what_cannot_be_taken_back_is_said(self):
        tries = len(vsphere_upload.DELETE_AGAIN) + 1
        with self.assertLogs(vsphere_upload.LOG, 'WARNING') as log:
            self.assertEqual([self.BACK] * tries, self.remove(_Scripted(
                [self.MISSING, 5] * tries, [], [self.AWAY] * tries),
                moved=self.FINAL))
        self.assertIn('folder/final is left', log.output[0])
