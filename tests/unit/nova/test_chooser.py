"""The three rules, over the placement engine."""

import ddt
import testtools

from cinder_glance_multistore.nova import chooser
from cinder_glance_multistore.nova import need as needs
from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.placement.places import Place

GIB = 1 << 30
LINKED = chooser.Need(own=10, image=4, sized=10, linked=True)
FULL = chooser.Need(own=10, image=4, cloned=True)
HOSTS = frozenset('hi')


def offer(name, free, weight=0, hosts=HOSTS, unusable='', **known):
    return chooser.Offer(
        Place(name, free, 1000, weight, unusable=unusable), hosts, **known)


def shown(plan):
    """A plan as the tables below write it."""
    claims = {plan.home.name: plan.size}
    if plan.sized_size:
        claims[plan.base.name] = (
            claims.get(plan.base.name, 0) + plan.sized_size)
    claims = ' '.join(f'{name}:{size}' for name, size in claims.items())
    text = f'{plan.rule} {plan.home.name}'
    if plan.base is not None and plan.base.name != plan.home.name:
        text += f'<{plan.base.name}'
    if plan.source is not None:
        text += f' from {plan.source.name}'
    text += f' [{claims}]'
    if plan.image_size:
        text += f' +{plan.image_size}'
    return text


@ddt.ddt
class TestRules(testtools.TestCase):

    @ddt.data(
        ('the most free does not win over the one that holds it', {},
         [offer('a', 500), offer('b', 50, holds=True, sized=True)],
         LINKED, 'cached b [b:10]'),
        ('the sized copy must still be made', {},
         [offer('a', 500), offer('b', 50, holds=True)],
         LINKED, 'cached b [b:20]'),
        ('no room for the sized copy', {},
         [offer('a', 500), offer('b', 15, holds=True)],
         LINKED, 'placed a from b [a:20] +4'),
        ('exactly enough', {},
         [offer('a', 500), offer('b', 20, holds=True)],
         LINKED, 'cached b [b:20]'),
        ('a tie between two that hold it: the name', {},
         [offer('b', 50, holds=True), offer('a', 50, holds=True)],
         LINKED, 'cached a [a:20]'),
        ('between two that hold it: the weight', {},
         [offer('a', 50, holds=True), offer('b', 40, 7, holds=True)],
         LINKED, 'cached b [b:20]'),
        ('another policy orders within the rule', {'policy': 'most-free'},
         [offer('a', 50, holds=True), offer('b', 60, -7, holds=True),
          offer('c', 500, 9)],
         LINKED, 'cached b [b:20]'),
        ('nobody holds it: the weight', {},
         [offer('a', 500), offer('b', 50, 1)], LINKED,
         'placed b [b:20] +4'),
        ('nobody holds it: the most room', {},
         [offer('a', 50), offer('b', 51)], LINKED, 'placed b [b:20] +4'),
        ('where Glance keeps it comes before the weight', {},
         [offer('a', 50, 9), offer('b', 50, near=True)], LINKED,
         'placed b [b:20] +4'),
        ('where Glance keeps it is full', {},
         [offer('a', 50), offer('b', 23, near=True)], LINKED,
         'placed a [a:20] +4'),
        ('in maintenance', {},
         [offer('a', 50), offer('b', 500, holds=True, unusable='off')],
         LINKED, 'placed a [a:20] +4'),
        ('promised to others', {'promised': {'b': 31}},
         [offer('a', 50), offer('b', 50, holds=True)], LINKED,
         'placed a from b [a:20] +4'),
        ('no copying', {'copy': False},
         [offer('a', 50), offer('b', 1, holds=True)], LINKED,
         'placed a [a:20] +4'),
        ('rule 2', {'across': True},
         [offer('a', 500), offer('b', 5, holds=True, sized=True)],
         LINKED, 'across a<b [a:10]'),
        ('rule 2, the sized copy is made where the image lies',
         {'across': True},
         [offer('a', 500), offer('b', 15, holds=True)],
         LINKED, 'across a<b [a:10 b:10]'),
        ('rule 2, no room for the sized copy', {'across': True},
         [offer('a', 500), offer('b', 5, holds=True)],
         LINKED, 'placed a from b [a:20] +4'),
        ('rule 2, the one that has the sized copy', {'across': True},
         [offer('a', 500), offer('b', 15, holds=True),
          offer('c', 1, holds=True, sized=True)],
         LINKED, 'across a<c [a:10]'),
        ('rule 2 needs each host of the home to see both', {'across': True},
         [offer('a', 500, hosts=frozenset('hij')),
          offer('b', 5, holds=True, sized=True)],
         LINKED, 'placed a from b [a:20] +4'),
        ('rule 2, a home that fewer hosts see', {'across': True},
         [offer('a', 500, hosts=frozenset('h')),
          offer('b', 5, holds=True, sized=True)],
         LINKED, 'across a<b [a:10]'),
        ('rule 2, a home that no host is known to see', {'across': True},
         [offer('a', 500, hosts=frozenset()),
          offer('b', 5, holds=True, sized=True)],
         LINKED, 'placed a from b [a:20] +4'),
        ('rule 2, not to one in maintenance', {'across': True},
         [offer('a', 500),
          offer('b', 5, holds=True, sized=True, unusable='off')],
         LINKED, 'placed a [a:20] +4'),
        ('a full clone is copied from where the image lies', {},
         [offer('a', 500), offer('b', 5, holds=True)],
         FULL, 'across a<b [a:10]'),
        ('a full clone needs no common host', {},
         [offer('a', 500, hosts=frozenset('x')), offer('b', 5, holds=True)],
         FULL, 'across a<b [a:10]'),
        ('a volume to boot from needs its own files only', {},
         [offer('a', 5), offer('b', 12)], chooser.Need(own=10),
         'placed b [b:10]'),
        ('size not known: with the most room', {},
         [offer('a', 500), offer('b', 50), offer('c', 400, 1)],
         chooser.Need(own=None, image=1, linked=True),
         'placed c [c:None] +1'),
        ('size not known, and held', {},
         [offer('a', 500), offer('b', 50, holds=True)],
         chooser.Need(own=None, image=1, linked=True),
         'cached b [b:None]'),
    )
    @ddt.unpack
    def test_first_plan(self, why, how, offers, need, expected):
        self.assertEqual(expected, shown(chooser.plans(
            offers, need, **how)[0]), why)

    def test_all_of_them_in_order(self):
        found = chooser.plans(
            [offer('a', 500), offer('b', 30, holds=True),
             offer('c', 60, 1)], LINKED, across=True)
        self.assertEqual(
            ['cached b [b:20]', 'across c<b [c:10 b:10]',
             'across a<b [a:10 b:10]', 'placed c from b [c:20] +4',
             'placed a from b [a:20] +4'], [shown(plan) for plan in found])

    def test_none_has_room_and_each_says_why(self):
        error = self.assertRaises(
            errors.NoPlace, chooser.plans,
            [offer('a', 3), offer('b', 15, holds=True),
             offer('c', 900, unusable='is in maintenance mode')], LINKED)
        self.assertEqual(24, error.size)
        self.assertEqual(
            ['a: has 3 bytes free', 'b: has 15 bytes free',
             'c: is in maintenance mode'], [*map(str, error.left_out)])

    def test_no_datastore_at_all(self):
        self.assertRaises(errors.NoPlace, chooser.plans, [], LINKED)


@ddt.ddt
class TestNeed(testtools.TestCase):

    def need(self, **given):
        return needs.need(**{
            'root_gb': 10, 'image_id': 'i', 'image_size': 2 * GIB,
            'disk_type': 'preallocated', **given})

    def test_a_linked_clone_may_grow_to_the_flavors_size(self):
        self.assertEqual(
            chooser.Need(own=10 * GIB, image=2 * GIB, sized=10 * GIB,
                         linked=True), self.need())

    def test_a_full_clone_makes_no_sized_copy(self):
        self.assertEqual(
            chooser.Need(own=10 * GIB, image=2 * GIB, cloned=True),
            self.need(linked=False))

    def test_ephemeral_swap_and_memory_count(self):
        self.assertEqual(
            14 * GIB, self.need(ephemeral_gb=1, swap_mb=1024,
                                memory_mb=2048).own)

    def test_a_volume_to_boot_from(self):
        self.assertEqual(chooser.Need(own=GIB),
                         self.need(image_id=None, ephemeral_gb=1))

    def test_an_iso_is_neither_linked_nor_cloned(self):
        self.assertEqual(chooser.Need(own=10 * GIB, image=2 * GIB),
                         self.need(is_iso=True))

    @ddt.data(
        (dict(root_gb=0), 2 * GIB, 2 * GIB, 0),
        (dict(root_gb=0, image_size=0), None, 1, 0),
        (dict(image_size=None), 10 * GIB, 10 * GIB, 10 * GIB),
        (dict(disk_type='streamOptimized', min_disk_gb=8), 10 * GIB,
         8 * GIB, 10 * GIB),
        (dict(disk_type='sparse', min_disk_gb=8), 10 * GIB, 10 * GIB,
         10 * GIB),
    )
    @ddt.unpack
    def test_sizes_that_are_not_what_glance_says(self, given, own, image,
                                                 sized):
        found = self.need(**given)
        self.assertEqual((own, image, sized),
                         (found.own, found.image, found.sized))
