"""The ``multidir`` store keeps the driver contract, whole."""

import testtools

from tests.contract import directory


class MultidirContractTest(directory.DirectoryContract, testtools.TestCase):
    module = 'tests.contract.multidir'
    factory = 'make_store'
