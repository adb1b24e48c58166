"""Files that cinder-volume brings, and the driver adopts: those, once."""

import dataclasses
import hashlib
import io
import os
from pathlib import Path
import struct
import time
import unittest
from unittest import mock

import ddt
import fixtures
from glance_store import exceptions
from glance_store import location
from oslo_utils import importutils
import testtools

from cinder_glance_multistore.stores import claims
from cinder_glance_multistore.stores import incoming
from cinder_glance_multistore.stores import multidir
from cinder_glance_multistore.transfer import leftovers
from tests.contract import multidir as contract

format_inspector = importutils.try_import(
    'oslo_utils.imageutils.format_inspector')

IMAGE = '4b2f3c1e-5d6a-4f7b-8c9d-0a1b2c3d4e5f'
OTHER = '00000000-5d6a-4f7b-8c9d-0a1b2c3d4e5f'
DATA = os.urandom(1 << 16)
SHA512 = hashlib.sha512(DATA).hexdigest()
MD5 = hashlib.md5(DATA).hexdigest()


class _Base(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        self.root = Path(self.useFixture(fixtures.TempDir()).path)
        self.first, self.second = self.root / 'a', self.root / 'b'
        # One driver a side, as there are two processes.
        self.cinder = self.make()
        self.glance = self.make()
        self.folder = self.first / incoming.FOLDER

    def make(self, **options):
        return contract.make_store(
            [str(self.first), str(self.second)], str(self.root),
            multidir_adopt=True, **options)

    def deposit(self, data=DATA, image_id=IMAGE):
        return self.cinder.deposit(image_id, io.BytesIO(data), len(data),
                                   'sha512')

    def adopt(self, claim, image_id=IMAGE, wrap=lambda body: body,
              verifier=None):
        body = incoming.Body(claim.size)
        with claims.presented(claim, body):
            return self.glance.add(image_id, wrap(body), claim.size,
                                   'sha512', verifier=verifier)

    def files(self):
        return sorted(str(path.relative_to(self.root))
                      for directory in (self.first, self.second)
                      for path in directory.rglob('*') if path.is_file())

    def waiting(self):
        found, = self.folder.iterdir()
        return found


@ddt.ddt
class AdoptionTest(_Base):

    def test_a_file_that_was_deposited_becomes_the_image(self):
        claim = self.deposit()
        self.assertEqual((len(DATA), MD5, SHA512),
                         (claim.size, claim.checksum, claim.multihash))
        inode = self.waiting().stat().st_ino
        self.assertEqual(
            (f'file://{self.first}/{IMAGE}', len(DATA), MD5, SHA512,
             {'store': 'fast'}), self.adopt(claim))
        self.assertEqual([f'a/{IMAGE}'], self.files())
        self.assertEqual(inode, (self.first / IMAGE).stat().st_ino)

    def test_it_is_read_and_deleted_as_any_other(self):
        url = self.adopt(self.deposit())[0]
        place = location.Location('file', multidir.StoreLocation,
                                  self.glance.conf, uri=url)
        self.assertEqual(DATA, b''.join(self.glance.get(place)[0]))
        self.glance.delete(place)
        self.assertEqual([], self.files())

    def test_it_is_adopted_once(self):
        claim = self.deposit()
        url = self.adopt(claim)[0]
        self.assertRaises(exceptions.Duplicate, self.adopt, claim)
        os.unlink(url.removeprefix('file://'))
        self.assertRaises(exceptions.Invalid, self.adopt, claim)

    def test_the_name_of_a_waiting_file_does_not_tell_its_token(self):
        claim = self.deposit()
        self.assertNotIn(claim.token, self.waiting().name)
        self.assertNotIn(claim.token, repr(claim))

    @ddt.data({'token': '0' * 64}, {'image_id': OTHER}, {'size': 7},
              {'algorithm': 'sha256'})
    def test_no_other_claim_adopts_it(self, change):
        claim = dataclasses.replace(self.deposit(), **change)
        self.assertRaises(exceptions.Invalid, self.adopt, claim)
        self.assertEqual(1, len(self.files()))
        self.assertTrue(self.waiting().exists())

    def test_nothing_is_adopted_for_another_image(self):
        claim = self.deposit()
        self.assertRaises(exceptions.Invalid, self.adopt, claim, OTHER)

    def test_links_pipes_directories_and_second_names_are_refused(self):
        secret = self.root / 'secret'
        secret.write_bytes(DATA)

        def second_name(path):
            os.link(secret, path)

        for put in (lambda path: path.symlink_to(secret), os.mkfifo,
                    os.mkdir, second_name):
            claim = self.deposit()
            path = self.waiting()
            path.unlink()
            put(path)
            self.assertRaises(exceptions.Invalid, self.adopt, claim)
            path.rmdir() if path.is_dir() else path.unlink()
        self.assertEqual([], self.files())
        self.assertEqual(DATA, secret.read_bytes())

    def test_a_folder_that_is_a_link_is_refused(self):
        claim = self.deposit()
        self.folder.rename(self.root / 'elsewhere')
        self.folder.symlink_to(self.root / 'elsewhere')
        self.assertRaises(exceptions.Invalid, self.adopt, claim)

    def test_a_folder_everybody_may_write_to_is_refused(self):
        claim = self.deposit()
        self.folder.chmod(0o777)
        self.assertRaises(exceptions.Invalid, self.adopt, claim)

    def test_a_file_of_somebody_else_is_refused(self):
        claim = self.deposit()
        theirs = mock.Mock(wraps=os.fstat(0), st_mode=0o100600, st_uid=12345,
                           st_nlink=1, st_size=claim.size)
        folder = mock.Mock(st_mode=0o40770, st_uid=54321)
        self.assertRaises(incoming.Refused, incoming._check, folder, theirs,
                          claim)
        folder.st_uid = theirs.st_uid
        incoming._check(folder, theirs, claim)

    def test_a_file_that_was_changed_for_another_at_the_last_moment(self):
        claim = self.deposit()
        secret = self.root / 'secret'
        secret.write_bytes(DATA)
        move = incoming._move

        def swap(*args):
            self.waiting().unlink()
            os.link(secret, self.folder / claims.file_name(
                IMAGE, claim.token))
            move(*args)

        with mock.patch.object(incoming, '_move', swap):
            self.assertRaises(exceptions.Invalid, self.adopt, claim)
        self.assertEqual([], self.files())

    def test_without_renameat2_it_has_no_second_name(self):
        # As on NFS, with fs.protected_hardlinks.
        claim = self.deposit()
        with mock.patch.object(
                incoming.linux, 'rename_noreplace',
                side_effect=OSError(22, 'Invalid argument')), \
                mock.patch.object(
                os, 'link', side_effect=PermissionError(1, 'Denied')):
            self.adopt(claim)
        self.assertEqual([f'a/{IMAGE}'], self.files())
        self.assertEqual(DATA, (self.first / IMAGE).read_bytes())

    def test_without_renameat2_nothing_is_replaced_and_nothing_left(self):
        fd = os.open(self.first, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        (self.first / 'one').write_bytes(b'1')
        (self.first / 'two').write_bytes(b'2')
        with mock.patch.object(
                incoming.linux, 'rename_noreplace',
                side_effect=OSError(22, 'Invalid argument')):
            self.assertRaises(FileExistsError, incoming._move, 'one', 'two',
                              fd, fd)
            self.assertRaises(FileNotFoundError, incoming._move, 'gone',
                              'three', fd, fd)
        self.assertEqual(b'1', (self.first / 'one').read_bytes())
        self.assertEqual(b'2', (self.first / 'two').read_bytes())
        self.assertFalse((self.first / 'three').exists())

    def test_a_store_that_does_not_adopt(self):
        claim = self.deposit()
        self.glance = self.cinder = self.make(multidir_directories=[
            str(self.first)])
        self.glance._adopts = False
        self.assertRaises(exceptions.StoreAddDisabled, self.adopt, claim)
        self.assertRaises(exceptions.StoreAddDisabled, self.deposit)

    def test_where_the_folder_cannot_be_written_to_nothing_is_put(self):
        self.folder.rmdir()
        self.deposit()
        self.assertTrue(self.files()[0].startswith('b/'))
        (self.second / incoming.FOLDER).rename(self.root / 'away')
        error = self.assertRaises(exceptions.StorageWriteDenied,
                                  self.deposit, image_id=OTHER)
        self.assertIn('no incoming folder', error.msg)

    def test_what_cinder_gives_up_is_forgotten(self):
        self.deposit()
        (self.folder / leftovers.new_name(f'{IMAGE}~abc')).touch()
        self.deposit(image_id=OTHER)
        self.assertTrue(self.cinder.forget(IMAGE, False))
        self.assertFalse(self.cinder.forget(IMAGE, False))
        self.assertEqual(1, len(self.files()))
        self.assertTrue(self.waiting().name.startswith(OTHER))

    def test_an_adopted_image_is_forgotten_only_where_glance_has_not_it(self):
        self.adopt(self.deposit())
        self.assertFalse(self.cinder.forget(IMAGE, False))
        self.assertEqual([f'a/{IMAGE}'], self.files())
        self.assertTrue(self.cinder.forget(IMAGE, True))
        self.assertEqual([], self.files())

    def test_a_directory_that_is_broken_keeps_no_other_from_forgetting(self):
        self.folder.rmdir()
        self.deposit()
        # No folder can be listed there, whoever asks.
        self.folder.touch()
        error = self.assertRaises(OSError, self.cinder.forget, IMAGE, False)
        self.assertEqual(f'{self.first}: Not a directory', str(error))
        self.assertEqual([f'a/{incoming.FOLDER}'], self.files())
        self.folder.unlink()
        self.assertFalse(self.cinder.forget(IMAGE, False))

    def test_what_nobody_claims_is_swept_after_a_day(self):
        self.deposit()
        self.deposit(image_id=OTHER)
        old = next(path for path in self.folder.iterdir()
                   if path.name.startswith(OTHER))
        then = time.time() - incoming.LEASE - 60
        os.utime(old, (then, then))
        # Of others, of no file of ours, and before it in the folder or not.
        for name in 'abcdefgh':
            (self.folder / name).mkdir()
            os.utime(self.folder / name, (then, then))
        incoming.sweep(str(self.first))
        for name in 'abcdefgh':
            (self.folder / name).rmdir()
        self.assertTrue(self.waiting().name.startswith(IMAGE))

    def test_a_signature_is_checked_over_every_byte(self):
        digest = hashlib.sha256()
        self.adopt(self.deposit(), verifier=digest)
        self.assertEqual(hashlib.sha256(DATA).hexdigest(),
                         digest.hexdigest())

    def test_a_body_gives_nothing_to_a_driver_that_does_not_adopt(self):
        self.assertRaises(OSError, incoming.Body(5).read, 5)


@unittest.skipUnless(
    format_inspector, 'Glance looks with a module of its own in 2024.1')
class LookTest(_Base):
    """Glance looks at an adopted file as at every upload, and reads little.
    """

    def shown(self, claim):
        wrapped = []

        def wrap(body):
            wrapped.append(format_inspector.InspectWrapper(body))
            return wrapped[0]
        self.adopt(claim, wrap=wrap)
        wrapped[0].close()
        return wrapped[0].format

    def large(self, start=b''):
        """Deposit a file of 1 GiB, nearly all of it a hole."""
        path = self.root / 'large'
        with open(path, 'wb') as file:
            file.write(start)
            file.truncate(1 << 30)
        # Hashing it is not what is tested.
        claim = self.deposit()
        os.truncate(self.waiting(), 1 << 30)
        with open(self.waiting(), 'r+b') as file:
            file.write(start.ljust(len(DATA), b'\0'))
        return dataclasses.replace(claim, size=1 << 30)

    def test_a_raw_image_has_its_size_and_is_hardly_read(self):
        claim = self.large()
        with mock.patch.object(incoming.os, 'pread',
                               wraps=os.pread) as pread:
            found = self.shown(claim)
        self.assertEqual(('raw', 1 << 30), (str(found), found.virtual_size))
        self.assertLess(sum(call.args[1] for call in pread.mock_calls),
                        16 << 20)

    def test_an_image_that_pretends_to_be_raw_is_seen(self):
        header = struct.pack('>4sIQIIQ', b'QFI\xfb', 3, 104, 7, 16, 5 << 30)
        found = self.shown(self.large(header))
        self.assertEqual(('qcow2', 5 << 30), (str(found),
                                              found.virtual_size))
        # It names a backing file.
        self.assertRaises(format_inspector.SafetyCheckFailed,
                          found.safety_check)


@ddt.ddt
class ClaimTest(testtools.TestCase):

    claim = claims.Claim(IMAGE, 'a' * 64, 5, MD5, 'sha512', SHA512)

    def test_a_header_is_understood(self):
        self.assertEqual(self.claim, claims.parse(self.claim.header()))

    @ddt.data(
        ('1 ', '2 '), (IMAGE, '../../etc/passwd'), ('a' * 64, 'a' * 63),
        (' 5 ', ' 0 '), (' 5 ', ' -5 '), (MD5, 'x'), ('sha512', 'sha0'),
        ('sha512', 'md5'), ('sha512', 'shake_128'), (SHA512, SHA512[:-2]),
        (IMAGE, IMAGE.upper()), (IMAGE, ''))
    @ddt.unpack
    def test_what_is_no_claim_is_refused(self, old, new):
        self.assertRaises(claims.BadClaim, claims.parse,
                          self.claim.header().replace(old, new))

    def test_a_claim_is_seen_where_it_is_presented_only(self):
        with claims.presented(self.claim, None):
            self.assertEqual(self.claim, claims.current().claim)
        self.assertIsNone(claims.current())
