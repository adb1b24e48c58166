import hashlib
from unittest import mock

import ddt

from cinder_glance_multistore.transfer import errors
from cinder_glance_multistore.transfer import hashes
from tests.unit.transfer import base

_FIXED = sorted(name for name in hashlib.algorithms_guaranteed
                if not name.startswith('shake_'))


@ddt.ddt
class HashesTest(base.TestCase):

    @ddt.data(*_FIXED)
    def test_the_digest_is_that_of_hashlib(self, name):
        content = base.data(70000)
        hasher = hashes.new(name)
        hasher.update(content[:4096])
        hasher.update(memoryview(content)[4096:])
        expected = hashlib.new(name, content).hexdigest()
        self.assertEqual(expected, hasher.hexdigest())
        self.assertEqual(expected, hasher.hexdigest())

    @ddt.data('nosuch', 'shake_128', 'shake_256', '', None)
    def test_what_names_no_digest_is_refused_before_the_first_byte(
            self, name):
        exc = self.assertRaises(errors.UnknownAlgorithm, hashes.new, name)
        self.assertEqual(str(name), exc.algorithm)

    def test_both_md5_are_the_same_hash(self):
        if hashes._cryptography is None:
            self.skipTest('cryptography, which is optional, is not installed')
        ours, theirs = hashes._CryptographyMD5(), hashes._hashlib_md5()
        for hasher in (ours, theirs):
            hasher.update(b'abc')
        self.assertEqual(theirs.hexdigest(), ours.hexdigest())

    def test_without_cryptography_hashlib_does_it(self):
        with mock.patch.object(hashes, '_cryptography', None):
            self.assertIs(hashes._hashlib_md5,
                          hashes._md5.__wrapped__())

    def test_a_cryptography_without_md5_is_left_alone(self):
        # A FIPS build: its md5 raises, hashlib's for checksums does not.
        with mock.patch.object(hashes, '_CryptographyMD5',
                               side_effect=ValueError('not in FIPS mode')):
            self.assertIs(hashes._hashlib_md5,
                          hashes._md5.__wrapped__())

    def test_the_faster_md5_is_taken(self):
        if hashes._cryptography is None:
            self.skipTest('cryptography, which is optional, is not installed')
        for slow, wanted in (
                (0, hashes._CryptographyMD5), (1, hashes._hashlib_md5)):
            # Each measurement is two readings: hashlib, then cryptography.
            readings = []
            now = 0.0
            for number in range(2 * hashes._ROUNDS):
                took = 2.0 if number % 2 == slow else 1.0
                readings += [now, now + took]
                now += took
            with mock.patch('time.thread_time', side_effect=readings):
                self.assertIs(wanted, hashes._md5.__wrapped__())
