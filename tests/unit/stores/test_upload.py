"""A reservation in step with the file that is written."""

import types
from unittest import mock

import testtools

from cinder_glance_multistore.placement import errors
from cinder_glance_multistore.stores import upload


class AccountTest(testtools.TestCase):

    PLACE = types.SimpleNamespace(name='a', total=1 << 40)

    def test_a_ledger_that_goes_away_does_not_end_an_upload(self):
        held = mock.Mock(size=0)
        held.grow.side_effect = errors.LedgerUnavailable('x', 'gone.')
        account = upload.Account(self.PLACE, held, None)
        account.opened(types.SimpleNamespace(position=5))
        account.read(1 << 30)
        held.shrink.assert_called_once_with(5)

    def test_a_place_that_is_full_does(self):
        held = mock.Mock(size=0)
        held.grow.side_effect = [None, errors.NoPlace(5, [])]
        account = upload.Account(self.PLACE, held, None)
        self.assertRaises(errors.NoPlace, account.read, 1 << 30)
