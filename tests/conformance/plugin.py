"""Our tempest plugin on plain upstream: what do its tests tell apart?

Twice on one sandbox with Keystone and stores of type ``file``. With the flags
of our parts off every test passes or is skipped. With them on, those that
were skipped for them must fail: they show what plain upstream does not do.
"""

import dataclasses
import re
import textwrap

from cinder_glance_multistore.sandbox import layout as layouts
from tests.conformance import compare
from tests.conformance import tempest

REGEX = r'^multistore_tempest_plugin\.'
FLAGS = ('plugin', 'discovery_filter')
# Not skipped with the flags off, and asking for more with them on.
ASKS_MORE = r'multistore_tempest_plugin\.tests\.test_failures\.FullStoreTest\.'
# They pass with the flags on, too: name of the test -> why.
EXCUSED = {
    'test_detail_tells_an_admin_of_stores_of_every_type':
        'upstream knows the types file and http, and no others are here',
}
# What never comes is waited for no longer than this, in seconds.
_PATIENCE = 60


@dataclasses.dataclass
class Difference:
    """What became of each test.

    :ivar off: ``{test id: compare.Test}`` with the flags off
    :ivar on: the same with the flags on, of those that a flag changes
    """

    off: dict
    on: dict

    def wrong(self):
        """Return the tests that are not as they should be, told."""
        wrong = [f'{test.id} {test.outcome} with the flags off'
                 for test in self.off.values()
                 if test.outcome == compare.FAILED]
        return wrong + [
            f'{test.id} {test.outcome} with the flags on: it cannot fail'
            for test in self.on.values() if test.outcome == compare.PASSED and
            name_of(test) not in EXCUSED]

    def table(self):
        yield from compare.counts({'flags off': self.off,
                                   'flags on': self.on})
        for test in self.off.values():
            if test.outcome == compare.SKIPPED:
                yield f'  off: skipped  {test.id}: {test.said}'
        for test in self.on.values():
            yield f'  on: {test.outcome}  {test.id}'
            said = test.said or EXCUSED.get(name_of(test), '')
            yield textwrap.indent(textwrap.shorten(said, 300), '      ')
        yield from (f'  WRONG: {line}' for line in self.wrong())

    def good(self):
        return bool(self.off and self.on and not self.wrong())


def name_of(test):
    return test.id.partition('[')[0].rpartition('.')[2]


def gated(found):
    """Return a regular expression of the tests that a flag of ours changes."""
    flags = '|'.join(FLAGS)
    skipped = [test.id for test in found.values()
               if test.outcome == compare.SKIPPED and
               re.search(rf'\[multistore\] ({flags}) is off', test.said)]
    names = [ASKS_MORE]
    for test_id in skipped:
        whole = re.fullmatch(r'setUpClass \((.*)\)', test_id)
        names.append(re.escape(f'{whole[1]}.' if whole else
                               test_id.partition('[')[0]))
    return f'^({"|".join(names)})'


def run():
    with tempest.cloud(tempest.PLAIN, layouts.STORES) as (sandbox, _):
        off = tempest.tests(sandbox, 'conformance-plugin-off', REGEX)
        tempest.configure(sandbox, {
            'multistore': dict.fromkeys(FLAGS, 'true'),
            'volume': {'build_timeout': _PATIENCE},
            'image': {'build_timeout': _PATIENCE}})
        on = tempest.tests(sandbox, 'conformance-plugin-on', gated(off))
    return Difference(off, on)
