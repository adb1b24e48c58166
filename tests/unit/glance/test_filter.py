"""The filter before Glance's application: answers, refusals, bypasses."""

import json
import subprocess
import sys
import textwrap

import ddt
from oslo_config import cfg
import testtools
import webob
import webob.exc

from api_validation import stores
from cinder_glance_multistore.glance import documents
from cinder_glance_multistore.glance import draining
from cinder_glance_multistore.glance import view
from cinder_glance_multistore.stores import report

PLAIN = {'stores': [
    {'id': 'fast', 'description': 'Fast', 'default': 'true'},
    {'id': 'old'}, {'id': 'vc1'}, {'id': 'web', 'read-only': 'true'},
    {'id': 'os_glance_tasks_store'}]}
PLACE = report.PlaceReport('/srv/a', 100, 5, 10, 1, 'usable', '')
SEEN = {
    'fast': view.Seen('available', places=(PLACE,)),
    'old': view.Seen('available'),
    'vc1': view.Seen('unavailable', 'has not answered for 20 s'),
    'web': view.Seen('read-only', 'is of a type that only reads'),
}


def configuration(default='fast'):
    conf = cfg.ConfigOpts()
    conf.register_opt(cfg.DictOpt('enabled_backends', default={
        'fast': 'multidir', 'old': 'file', 'vc1': 'vsphere', 'web': 'http',
        'os_glance_tasks_store': 'file'}))
    conf.register_opt(cfg.BoolOpt('show_multiple_locations', default=True))
    conf.register_opt(cfg.StrOpt('default_backend', default=default),
                      group='glance_store')
    for name in SEEN:
        conf.register_opt(cfg.IntOpt('weight', default=7), group=name)
    conf([], default_config_files=[])
    return conf


class DocumentsTest(testtools.TestCase):

    def summary(self, with_reason=True):
        return {entry['id']: entry for entry in documents.summary(
            PLAIN, SEEN, {'old'}, with_reason)['stores']}

    def test_every_store_that_takes_no_images_is_marked_for_old_clients(self):
        found = self.summary()
        self.assertEqual(
            {'fast': None, 'old': 'true', 'vc1': 'true', 'web': 'true'},
            {name: entry.get('read-only') for name, entry in found.items()})
        self.assertEqual(
            {'fast': 'available', 'old': 'draining', 'vc1': 'unavailable',
             'web': 'read-only'},
            {name: entry['status'] for name, entry in found.items()})

    def test_what_glance_says_is_kept_and_reserved_stores_stay_hidden(self):
        found = self.summary()
        self.assertEqual(('Fast', 'true'), (found['fast']['description'],
                                            found['fast']['default']))
        self.assertNotIn('os_glance_tasks_store', found)

    def test_reasons_are_for_those_who_may_see_them(self):
        self.assertIn('20 s', self.summary()['vc1']['reason'])
        self.assertFalse(
            [entry for entry in self.summary(with_reason=False).values()
             if 'reason' in entry])

    def test_our_own_reader_understands_it(self):
        document = stores.StoresDocument.parse(
            documents.summary(PLAIN, SEEN, {'old'}, True))
        self.assertEqual(('fast',), document.writable_ids)

    def test_details_of_a_type_that_glance_does_not_know(self):
        entry = documents.detail(
            PLAIN, SEEN, {'old'}, configuration())['stores'][0]
        self.assertEqual(('multidir', 7, {}), (
            entry['type'], entry['weight'], entry['properties']))
        self.assertEqual([{
            'name': '/srv/a', 'weight': 100, 'free': 5, 'total': 10,
            'reserved': 1, 'state': 'usable', 'reason': ''}],
            json.loads(json.dumps(entry))['places'])


@ddt.ddt
class DrainingTest(testtools.TestCase):

    def check(self, method, path, body=None, default='fast', drained=('old',),
              **headers):
        req = webob.Request.blank(path, method=method, headers={
            name.replace('_', '-'): value for name, value in headers.items()})
        if body is not None:
            req.body = (body if isinstance(body, bytes)
                        else json.dumps(body).encode())
        draining.Draining(
            configuration(default), drained,
            {'rbd://old/x': 'old', 'rbd://fast/x': 'fast'}.get).check(req)
        return req

    def refused(self, *args, **kwargs):
        return self.assertRaises(webob.exc.HTTPConflict, self.check, *args,
                                 **kwargs)

    @ddt.data('/v2/images/x/file', '//v2/images//x/file/',
              '/image/v2/images/x/file')
    def test_an_upload_into_it_is_refused(self, path):
        error = self.refused('PUT', path, x_image_meta_store='old')
        self.assertIn("The store 'old' is being drained", str(error))
        self.assertIn("'fast', 'vc1'", str(error))
        self.check('PUT', path, x_image_meta_store='fast')
        self.check('PUT', path)

    @ddt.data(
        {'stores': ['old']}, {'stores': ['fast', 'old']},
        {'stores': {'old': 1}}, {'all_stores': True},
        {'all_stores': True, 'all_stores_must_succeed': False},
    )
    def test_an_import_into_it_is_refused(self, body):
        for method in ('glance-direct', 'web-download', 'copy-image'):
            self.refused('POST', '/v2/images/x/import',
                         {'method': {'name': method}, **body})

    def test_an_import_by_header_is_refused(self):
        self.refused('POST', '/v2/images/x/import',
                     {'method': {'name': 'glance-direct'}},
                     x_image_meta_store='old')

    def test_a_location_in_it_is_refused(self):
        for store, check in (('old', self.refused), ('fast', self.check),
                             ('none', self.check)):
            location = {'url': f'rbd://{store}/x', 'metadata': {}}
            check('POST', '/v2/images/x/locations', location)
            for change in (
                    {'op': 'add', 'path': '/locations/-', 'value': location},
                    {'op': 'replace', 'path': '/locations',
                     'value': [{'url': 'rbd://fast/x'}, location]},
                    # Of the first draft of JSON patch.
                    {'add': '/locations/-', 'value': location}):
                check('PATCH', '/v2/images/x', [
                    {'op': 'replace', 'path': '/name', 'value': 'n'}, change])

    def test_other_changes_of_an_image_are_none_of_its_business(self):
        self.check('PATCH', '/v2/images/x', [
            {'op': 'replace', 'path': '/name', 'value': 'rbd://old/x'},
            {'op': 'remove', 'path': '/locations/0'}])
        for body in (b'', b'{', b'{}', b'[7]', b'[{"value": [7]}]',
                     b'[{"value": {"url": 7}}]'):
            self.check('PATCH', '/v2/images/x', body)
            self.check('POST', '/v2/images/x/locations', body)

    def test_what_names_no_store_is_refused_if_it_is_the_default(self):
        self.refused('PUT', '/v2/images/x/file', default='old')
        self.refused('POST', '/v2/images/x/import',
                     {'method': {'name': 'glance-direct'}}, default='old')
        self.refused('POST', '/v2/tasks', {'type': 'import'}, default='old')

    def test_a_store_of_one_letter_in_a_text_is_seen_as_glance_sees_it(self):
        self.refused('POST', '/v2/images/x/import', {'stores': 'ab'},
                     drained=('a',))

    def test_the_body_is_left_for_glance(self):
        body = {'method': {'name': 'copy-image'}, 'stores': ['fast']}
        req = self.check('POST', '/v2/images/x/import', body)
        self.assertEqual(body, json.loads(req.body))

    @ddt.data(b'', b'[', b'[]', b'"old"', b'{"stores": 5}', b'\xff\xfe',
              b'[' * 100000, b'{"stores": [["old"], 7, null]}')
    def test_what_glance_refuses_itself_is_left_to_it(self, body):
        self.check('POST', '/v2/images/x/import', body)

    def test_the_name_cannot_be_hidden_behind_blanks(self):
        self.assertRaises(
            webob.exc.HTTPRequestEntityTooLarge, self.check, 'POST',
            '/v2/images/x/import',
            b' ' * draining.MAX_BODY + b'{"stores": ["old"]}')

    def test_the_name_cannot_be_hidden_in_chunks(self):
        self.assertRaises(
            webob.exc.HTTPLengthRequired, self.check, 'POST',
            '/v2/images/x/import', transfer_encoding='chunked')

    @ddt.data(('GET', '/v2/images/x/file'), ('DELETE', '/v2/stores/old/x'),
              ('PUT', '/v2/images/x/stage'), ('DELETE', '/v2/images/x'))
    @ddt.unpack
    def test_reading_deleting_and_staging_go_on(self, method, path):
        self.check(method, path, x_image_meta_store='old', default='old')

    def test_nothing_is_read_where_no_store_is_drained(self):
        req = self.check('POST', '/v2/images/x/import', drained=(),
                         transfer_encoding='chunked')
        self.assertEqual('chunked', req.headers['transfer-encoding'])


class FilterTest(testtools.TestCase):

    def run_in_glance(self, source):
        """Run in a process of its own, where there is Glance's CONF.

        Its options and those of Cinder do not fit into one.
        """
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', textwrap.dedent(source)],
            capture_output=True, text=True, check=False)
        self.assertEqual('', done.stderr)
        return done.stdout.splitlines()

    def test_a_store_that_is_not_there_cannot_be_drained(self):
        answer, = self.run_in_glance("""
            from oslo_config import cfg
            from glance.common import config
            from cinder_glance_multistore.glance import filter
            cfg.CONF([], default_config_files=[])
            make = filter.factory({})
            cfg.CONF.set_override('draining_stores', ['odl'],
                                  'multistore_discovery')
            cfg.CONF.set_override('enabled_backends', {'old': 'file'})
            try:
                make(None)
            except filter.BadConfiguration as exc:
                print(exc)
        """)
        self.assertIn("'odl'", answer)
        self.assertIn('(old)', answer)

    def test_who_may_see_what_is_glances_own_policy(self):
        member, admin, unauthorized = map(json.loads, self.run_in_glance("""
            import json
            from oslo_config import cfg
            from glance import context
            from glance.common import config
            import webob
            from cinder_glance_multistore.conf import discovery
            from cinder_glance_multistore.glance import filter, view
            conf = cfg.CONF
            conf([], default_config_files=[])
            conf.register_opts([cfg.IntOpt('weight', default=0)], 'vc1')
            conf.set_override('enabled_backends', {'vc1': 'vsphere'})
            conf.register_opt(cfg.StrOpt('default_backend'), 'glance_store')
            discovery.register_opts(conf)

            def glance(environ, start):
                start(environ.get('status', '200 OK'),
                      [('Content-Type', 'application/json')])
                return [b'{"stores": [{"id": "vc1"}]}']

            class View:
                def get(self):
                    return {'vc1': view.Seen('unavailable', 'is gone')}

            made = filter.Filter(glance, conf, View())

            def ask(path, status='200 OK', **who):
                req = webob.Request.blank(path)
                req.environ['status'] = status
                req.context = context.RequestContext(**who)
                answer = req.get_response(made)
                return [answer.status_int, answer.text]
            for roles, status in ((['member'], '200 OK'),
                                  (['admin', 'member'], '200 OK'),
                                  ([], '401 Unauthorized')):
                print(json.dumps([
                    ask('/v2/info/stores' + more, status, roles=roles,
                        user_id='u', project_id='p',
                        is_admin='admin' in roles)
                    for more in ('', '/detail')]))
        """))
        (code, text), (detail, _) = member
        self.assertEqual((200, 403), (code, detail))
        self.assertEqual(
            {'id': 'vc1', 'status': 'unavailable', 'read-only': 'true'},
            json.loads(text)['stores'][0])
        for code, text in admin:
            self.assertEqual(200, code)
            self.assertIn('is gone', text)
        # What Glance answers instead of a list goes out as it is.
        self.assertEqual([401, 401], [code for code, _ in unauthorized])
