"""Draining a store, against an image service whose answers are chosen."""

import hashlib
import io
import json
import types

import ddt
import fixtures
from keystoneauth1 import exceptions as ksa_exc
import testtools

from cinder_glance_multistore.osc import drain
from cinder_glance_multistore.osc import image_store
from cinder_glance_multistore.osc import images

BITS = b'bits of an image'
SHA512 = hashlib.sha512(BITS).hexdigest()


class Response:

    def __init__(self, status=200, body=None, headers=None, bits=b''):
        self.status_code = status
        self.headers = headers or {}
        self.reason = 'reason'
        self.url = self.text = ''
        self.content = b''
        self._body = body
        self._bits = bits

    def json(self):
        return self._body

    def iter_content(self, size):
        yield self._bits

    def close(self):
        pass


class Glance:
    """Copies at once; each step can be made to go wrong."""

    def __init__(self):
        self.stores = {'old': {'status': 'draining'}, 'new': {},
                       'web': {'read-only': 'true'}}
        self.images = {}
        self.bits = {}
        self.calls = []
        self.reads_one_store = True
        self.copies = True

    def image(self, image_id, stores='old', **record):
        self.images[image_id] = {
            'id': image_id, 'name': image_id, 'status': 'active',
            'size': len(BITS), 'checksum': 'c', 'os_hash_algo': 'sha512',
            'os_hash_value': SHA512, 'stores': stores, **record}
        return self.images[image_id]

    def get(self, url, headers=None, stream=False):
        self.calls.append(('GET', url))
        if url == '/info/stores':
            return Response(body={'stores': [
                {'id': name, **store} for name, store in
                self.stores.items()]})
        if url.startswith('/images?'):
            hidden = 'os_hidden=true' in url
            return Response(body={'images': [
                dict(image) for image in self.images.values()
                if image.get('os_hidden', False) == hidden]})
        _, _, image_id, *rest = url.split('/')
        if image_id not in self.images:
            return Response(404)
        if rest == ['tasks']:
            return Response(body={'tasks': [
                {'status': 'failure', 'updated_at': '2', 'message': 'full'},
                {'status': 'success', 'updated_at': '3', 'message': ''}]})
        if rest == ['file']:
            store = headers['X-Image-Meta-Store']
            return Response(
                bits=self.bits.get((store, image_id), BITS),
                headers=({'X-Image-Meta-Store': store}
                         if self.reads_one_store else {}))
        return Response(body=dict(self.images[image_id]))

    def post(self, url, json):
        self.calls.append(('POST', url))
        image = self.images[url.split('/')[2]]
        if 'os_glance_import_task' in image:
            return Response(409)
        if self.copies:
            image['stores'] += f',{json["stores"][0]}'
        return Response(202)

    def delete(self, url):
        self.calls.append(('DELETE', url))
        _, _, store, image_id = url.split('/')
        image = self.images[image_id]
        image['stores'] = ','.join(
            name for name in image['stores'].split(',') if name != store)
        return Response(204)

    @property
    def deleted(self):
        return [url for method, url in self.calls if method == 'DELETE']

    @property
    def copied(self):
        return [url for method, url in self.calls if method == 'POST']


@ddt.ddt
class DrainTest(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.glance = Glance()
        self.now = 0

    def drain(self, **kwargs):
        kwargs.setdefault('new', 'new')
        return drain.Drain(images.Images(self.glance), 'old',
                           clock=lambda: self.now, sleep=self.sleep, **kwargs)

    def sleep(self, seconds):
        self.now += seconds

    def move(self, image_id, **kwargs):
        work = self.drain(**kwargs)
        found, = (image for image in work.found()
                  if image['id'] == image_id)
        return work.move(found)

    def assertKept(self, outcome):
        self.assertEqual(drain.FAILED, outcome.result)
        self.assertEqual([], self.glance.deleted)

    def test_an_image_is_copied_read_back_and_deleted_last(self):
        self.glance.image('a')
        outcome = self.move('a')
        self.assertEqual((drain.MOVED, 'read back, sha512 compared'),
                         (outcome.result, outcome.detail))
        self.assertEqual('new', self.glance.images['a']['stores'])
        order = [method for method, url in self.glance.calls
                 if method != 'GET' or url.endswith('/file')]
        self.assertEqual(['POST', 'GET', 'DELETE'], order)

    def test_a_second_run_goes_on_where_the_first_was_stopped(self):
        self.glance.image('a', 'old,new')
        self.assertEqual(drain.MOVED, self.move('a').result)
        self.assertEqual([], self.glance.copied)
        self.assertEqual([], self.drain().found())

    def test_a_copy_that_the_first_run_began_is_waited_for(self):
        image = self.glance.image('a', os_glance_import_task='t')

        def sleep(seconds):
            image['stores'] = 'old,new'
            del image['os_glance_import_task']
        self.sleep = sleep
        self.assertEqual(drain.MOVED, self.move('a').result)
        # Glance is asked whether that one lives.
        self.assertEqual(1, len(self.glance.copied))

    def test_a_copy_that_another_run_begins_at_the_same_time_is_waited_for(
            self):
        image = self.glance.image('a')

        def refuse(url, json):
            image['os_glance_import_task'] = 'of the other'
            return Response(409)
        self.glance.post = refuse

        def sleep(seconds):
            image['stores'] = 'old,new'
            del image['os_glance_import_task']
        self.sleep = sleep
        self.assertEqual(drain.MOVED, self.move('a').result)

    @ddt.data((0, 3600), (10, 10), (240, 3600))
    @ddt.unpack
    def test_an_import_that_died_is_begun_anew_when_glance_lets(
            self, expires, timeout):
        image = self.glance.image('a', os_glance_import_task='t')
        post = self.glance.post

        def begin(url, json):
            if self.now >= expires:
                image.pop('os_glance_import_task', None)
            return post(url, json)
        self.glance.post = begin
        self.assertEqual(drain.MOVED, self.move('a', timeout=timeout).result)
        self.assertEqual(expires, self.now)

    def test_when_an_import_to_elsewhere_ends_the_copy_begins(self):
        image = self.glance.image('a', os_glance_import_task='t')

        def sleep(seconds):
            self.now += seconds
            image.pop('os_glance_import_task', None)
        self.sleep = sleep
        self.assertEqual(drain.MOVED, self.move('a').result)
        self.assertEqual(1, self.now)

    def test_what_an_import_holds_is_moved_last(self):
        self.glance.image('a', os_glance_import_task='t')
        self.glance.image('b')
        self.assertEqual(['b', 'a'], [image['id']
                                      for image in self.drain().found()])

    def test_an_import_that_does_not_end_is_given_up(self):
        self.glance.image('a', os_glance_import_task='t')
        self.glance.copies = False
        outcome = self.move('a', timeout=10)
        self.assertKept(outcome)
        self.assertIn('still being imported after 10 s: ', outcome.detail)
        self.assertIn("the copy to 'new' was refused", outcome.detail)

    @ddt.data(b'', BITS[:-1], BITS + b'x', b'other of an image')
    def test_nothing_is_deleted_when_the_copy_differs(self, bits):
        self.glance.image('a')
        self.glance.bits['new', 'a'] = bits
        outcome = self.move('a')
        self.assertKept(outcome)
        self.assertIn('differs', outcome.detail)

    def test_bits_of_who_knows_which_store_are_no_proof(self):
        self.glance.image('a')
        self.glance.reads_one_store = False
        self.glance.bits['new', 'a'] = b'anything'
        outcome = self.move('a')
        self.assertEqual((drain.MOVED,
                          "size and sha512 by Glance's own comparison"),
                         (outcome.result, outcome.detail))

    def test_nothing_is_read_where_that_is_not_wanted(self):
        self.glance.image('a')
        self.glance.bits['new', 'a'] = b'never read'
        self.assertEqual(drain.MOVED, self.move('a', read=False).result)

    def test_nothing_is_deleted_when_the_copy_fails(self):
        self.glance.image('a')
        self.glance.copies = False
        outcome = self.move('a')
        self.assertKept(outcome)
        self.assertIn("could not copy it to 'new': full", outcome.detail)

    def test_nothing_is_deleted_when_the_hash_changed(self):
        image = self.glance.image('a')
        work = self.drain()
        found, = work.found()
        image['os_hash_value'] = 'f' * 128
        self.assertKept(work.move(found))

    def test_nothing_is_deleted_when_the_copy_goes_again(self):
        image = self.glance.image('a', 'old,new')
        read = self.glance.get

        def get(url, **kwargs):
            if url.endswith('/file'):
                image['stores'] = 'old'
            return read(url, **kwargs)
        self.glance.get = get
        self.assertKept(self.move('a'))

    @ddt.data(('deactivated', 'reactivate it first'),
              ('pending_delete', 'copies active images only'))
    @ddt.unpack
    def test_what_glance_cannot_copy_is_told(self, status, text):
        self.glance.image('a', status=status)
        outcome = self.move('a')
        self.assertKept(outcome)
        self.assertIn(text, outcome.detail)

    def test_an_image_without_a_multihash_is_compared_by_md5(self):
        self.glance.image('a', os_hash_algo=None, os_hash_value=None,
                          checksum=hashlib.md5(BITS).hexdigest())
        self.assertEqual('read back, md5 compared', self.move('a').detail)

    def test_an_image_without_any_hash_is_left(self):
        self.glance.image('a', os_hash_algo=None, os_hash_value=None,
                          checksum=None)
        self.assertKept(self.move('a'))

    def test_an_image_deleted_meanwhile_is_no_failure(self):
        self.glance.image('a')
        work = self.drain()
        found, = work.found()
        self.glance.images.clear()
        self.assertEqual(drain.GONE, work.move(found).result)

    def test_a_delete_that_is_refused_is_told(self):
        self.glance.image('a')
        self.glance.delete = lambda url: Response(409)
        outcome = self.move('a')
        self.assertEqual(drain.FAILED, outcome.result)
        self.assertIn("the bits in 'old' were not deleted", outcome.detail)

    def test_a_delete_that_another_run_did_first_is_no_failure(self):
        self.glance.image('a')
        delete = self.glance.delete

        def late(url):
            delete(url)
            return Response(404)
        self.glance.delete = late
        self.assertEqual(drain.MOVED, self.move('a').result)

    def test_hidden_images_are_found_and_those_elsewhere_are_not(self):
        self.glance.image('a', os_hidden=True)
        self.glance.image('b', 'new')
        self.glance.image('c', 'older,folder')
        self.glance.image('d', None, status='queued')
        self.assertEqual(['a'], [image['id']
                                 for image in self.drain().found()])

    def test_uploads_under_way_are_told(self):
        self.glance.image('a', '', status='saving')
        self.glance.image('b', 'new', os_glance_importing_to_stores='old')
        self.glance.image('c', 'new', os_glance_importing_to_stores='web')
        self.assertEqual({'a', 'b'}, {image['id']
                                      for image in self.drain().coming()})

    @ddt.data(('nosuch', 'There is no store'), ('old', 'both stores'),
              ('web', 'takes no images now (read-only)'))
    @ddt.unpack
    def test_a_store_that_cannot_take_them_is_refused(self, new, text):
        error = self.assertRaises(drain.NotPossible,
                                  self.drain(new=new).check)
        self.assertIn(text, str(error))

    def test_a_store_that_still_takes_images_is_warned_of(self):
        self.assertEqual('', self.drain().check())
        self.glance.stores['old'] = {}
        self.assertIn('draining_stores', self.drain().check())

    def test_a_dry_run_touches_nothing(self):
        self.glance.image('a')
        self.glance.image('b', 'old,new')
        self.glance.image('c', status='deactivated')
        work = self.drain()
        self.assertEqual(
            [drain.TO_MOVE, drain.TO_MOVE, drain.FAILED],
            [work.look(image).result for image in work.found()])
        self.assertEqual({'GET'}, {method for method, _ in
                                   self.glance.calls})


class CommandTest(testtools.TestCase):
    """``openstack image store drain`` itself."""

    def setUp(self):
        super().setUp()
        self.glance = Glance()
        self.out, self.err = io.StringIO(), io.StringIO()
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', self.err))

    def command(self, *words):
        app = types.SimpleNamespace(
            stdout=self.out, client_manager=types.SimpleNamespace(
                image=self.glance))
        command = image_store.DrainImageStore(app, None)
        status = command.run(command.get_parser('drain').parse_args(
            ['old', '--to', 'new', '-f', 'json', *words]))
        return status, {row['ID']: row for row in
                        json.loads(self.out.getvalue())}

    def test_what_was_done_is_listed_and_an_import_is_told_of(self):
        image = self.glance.image('a', os_glance_import_task='t')
        self.glance.image('b')
        delete = self.glance.delete

        def end(url):
            # That of the other image has ended by then.
            image.pop('os_glance_import_task', None)
            return delete(url)
        self.glance.delete = end
        status, rows = self.command()
        self.assertEqual((0, 'moved', 'moved'), (
            status, rows['a']['Result'], rows['b']['Result']))
        self.assertIn('An import holds image a', self.err.getvalue())

    def test_a_glance_that_dies_on_the_way_leaves_a_list_of_what_was_done(
            self):
        self.glance.image('a')
        self.glance.image('b')
        delete = self.glance.delete

        def die(*args, **kwargs):
            raise ksa_exc.ConnectFailure('nobody there')

        def last(url):
            answer = delete(url)
            self.glance.get = die
            return answer
        self.glance.delete = last
        status, rows = self.command()
        self.assertEqual((1, 'moved', 'failed'), (
            status, rows['a']['Result'], rows['b']['Result']))
        self.assertIn('nobody there', rows['b']['Detail'])
        self.assertEqual(1, self.err.getvalue().count('Run this again'))
