"""The ``multidir`` store keeps the driver contract, whole."""

import testtools

from tests.contract import driver


class MultidirContractTest(driver.DriverContract, testtools.TestCase):
    module = 'tests.contract.multidir'
    factory = 'make_store'
