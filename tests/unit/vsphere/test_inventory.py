"""What a vCenter says of its datastores, and what it means."""

import types

import ddt
import testtools

from cinder_glance_multistore.vsphere import errors
from cinder_glance_multistore.vsphere import inventory


def ref(kind, value):
    return types.SimpleNamespace(_type=kind, value=value)


def content(kind, value, **properties):
    return types.SimpleNamespace(obj=ref(kind, value), propSet=[
        types.SimpleNamespace(name=name.replace('__', '.'), val=val)
        for name, val in properties.items()])


def datastore(value, name, parent, **more):
    return content('Datastore', value, name=name, parent=parent, **{
        'summary__accessible': True, 'summary__capacity': 100,
        'summary__freeSpace': 60, 'summary__url': f'ds:///{value}/', **more})


class _Answers:
    """A session whose vCenter gives these pages."""

    def __init__(self, *pages):
        self.pages = list(pages)
        self.asked = []
        factory = types.SimpleNamespace(
            create=lambda name: types.SimpleNamespace())
        self.vim = types.SimpleNamespace(
            client=types.SimpleNamespace(factory=factory),
            service_content=types.SimpleNamespace(
                propertyCollector='pc', rootFolder='root'))

    def invoke_api(self, module, method, *args, **kwargs):
        self.asked.append(method)
        if isinstance(self.pages[0], Exception):
            raise self.pages.pop(0)
        return self.pages.pop(0)


def page(*objects, token=None):
    return types.SimpleNamespace(objects=list(objects), token=token)


def members(*values):
    return types.SimpleNamespace(ManagedObjectReference=[
        ref('Datastore', value) for value in values])


ROOT = content('Folder', 'root', name='Datacenters')
EUROPE = content('Folder', 'f1', name='europe', parent=ref('Folder', 'root'))
DC1 = content('Datacenter', 'dc1', name='DC 1', parent=ref('Folder', 'f1'),
              datastore=members('d1', 'd2'))
POD = content('StoragePod', 'p1', name='gold')
ONE = datastore('d1', 'one', ref('Folder', 'stores'))
TWO = datastore('d2', 'two%2f', ref('StoragePod', 'p1'))


@ddt.ddt
class InventoryTest(testtools.TestCase):

    def test_paths_pods_and_pages(self):
        session = _Answers(page(TWO, ROOT, token='1'), page(DC1, token='2'),
                           page(ONE, POD, EUROPE))
        view = inventory.retrieve(session)
        self.assertEqual(
            ['RetrievePropertiesEx', 'ContinueRetrievePropertiesEx',
             'ContinueRetrievePropertiesEx'], session.asked)
        self.assertEqual(
            [('europe/DC 1', 'one', '', 60), ('europe/DC 1', 'two%2f', 'gold',
                                              60)],
            [(found.datacenter, found.name, found.pod, found.free)
             for found in view.datastores])
        self.assertEqual('two%2f', view.find('/europe/DC 1', 'two/').name)
        self.assertIs(view.find('europe/DC 1', 'two%2f'),
                      view.members('europe/DC 1/', 'gold')[0])
        self.assertIsNone(view.find('DC 1', 'one'))

    def test_a_datastore_the_user_may_not_see_is_not_there(self):
        view = inventory.retrieve(_Answers(page(ROOT, EUROPE, DC1, ONE)))
        self.assertEqual(['one'], [each.name for each in view.datastores])

    def test_an_inaccessible_datastore_has_no_room(self):
        blank = content('Datastore', 'd1', name='one',
                        summary__accessible=False)
        [found] = inventory.retrieve(
            _Answers(page(ROOT, EUROPE, DC1, blank))).datastores
        self.assertEqual((0, 0), (found.free, found.capacity))
        self.assertEqual('is not accessible', found.unusable)

    @ddt.data(('normal', ''), ('enteringMaintenance', 'is entering'),
              ('inMaintenance', 'is in maintenance'), ('new', 'is in'))
    @ddt.unpack
    def test_maintenance(self, mode, reason):
        busy = datastore('d1', 'one', None, summary__maintenanceMode=mode)
        [found] = inventory.retrieve(
            _Answers(page(ROOT, EUROPE, DC1, busy))).datastores
        self.assertTrue(found.unusable.startswith(reason))
        self.assertEqual(bool(reason), bool(found.unusable))

    def test_a_view_is_used_again_for_its_time(self):
        session = _Answers(page(ROOT, EUROPE, DC1, ONE),
                           page(ROOT, EUROPE, DC1))
        kept = inventory.Inventory(session, 3600)
        self.assertIs(kept.view(), kept.view())
        self.assertEqual(1, len(session.asked))
        self.assertEqual((), kept.view(0).datastores)

    def test_a_vcenter_that_is_away_is_not_asked_by_everybody(self):
        session = _Answers(errors.Unreachable('vc', 'gone'))
        kept = inventory.Inventory(session, 3600)
        for _ in range(3):
            self.assertRaises(errors.Unreachable, kept.view)
        self.assertEqual(1, len(session.asked))

    def test_a_failure_that_another_thread_forgets_meanwhile(self):

        class Kept(inventory.Inventory):
            looks = 0

            @property
            def _failed(self):
                self.looks += 1
                return (error, float('-inf')) if self.looks == 1 else None

            @_failed.setter
            def _failed(self, value):
                pass

        error = errors.Unreachable('vc', 'gone')
        kept = Kept(_Answers(page(ROOT, EUROPE, DC1, ONE)), 3600)
        self.assertEqual(1, len(kept.view().datastores))
