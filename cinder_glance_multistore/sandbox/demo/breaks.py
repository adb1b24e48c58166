"""What breaks while the bits are on their way, and what is left of it.
"""

import shutil

from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox.demo import answers
from cinder_glance_multistore.sandbox.demo import doors
from cinder_glance_multistore.sandbox.demo import leftovers
from cinder_glance_multistore.sandbox.demo.answers import Expected

_STORE = 'fast'
_CLEAN = ('volume available', 'image gone, nothing left in a store')


def store_full(stage, report):
    if stage.sandbox.small_refusal:
        report.cannot_show(
            'A full store', 'There is no small file system to fill here: '
            f'{stage.sandbox.small_refusal}')
        return

    def upload(which):
        volume = which.volume(which.volume_type('small'), mib=64)
        image_id = which.upload(volume)
        which.wait_for_volume(volume, 'available')
        which.wait_until_gone(image_id, 30)
        return answers.of_upload(which, volume, image_id)
    theirs, mine = stage.both(upload)
    report.compare(
        "64 MiB to the store 'small', a file system of 16 MiB",
        (theirs, Expected(202, *_CLEAN, 'quota')),
        (mine, Expected(202, *_CLEAN, "The image store 'small' is full")))


def store_gone(stage, report):
    volumes = dict(zip(('upstream', 'cinder'), stage.both(
        lambda which: which.volume(which.volume_type('cheap'), mib=1)),
        strict=True))
    glance = stage.sandbox.options.setdefault('glance', {})
    glance['DEFAULT'] = {
        'enabled_backends': 'fast:multidir,reliable:file,web:http'}
    stage.restart_glance()

    def upload(which):
        volume = volumes[which.service]

        def end(image_id):
            which.wait_for_volume(volume, 'available')
            which.wait_until_gone(image_id, 30)
            return answers.of_upload(which, volume, image_id)
        return answers.of(which.upload, volume, done=end)
    theirs, mine = stage.both(upload)
    report.compare(
        "The store 'cheap' was taken out of Glance after the type-key: "
        'upload-to-image',
        (theirs, Expected(202, *_CLEAN, 'Failed to upload')),
        (mine, Expected(400, "there is no image store 'cheap'",
                        'fast, reliable')))
    del glance['DEFAULT']
    stage.restart_glance()


def volumes_of_a_gibibyte(stage, gold):
    """Return service -> a volume of the same 1 GiB: ours is ``gold``."""
    which = stage.upstream
    volume = which.volume(which.volume_type(_STORE), mib=0)
    shutil.copyfile(stage.ours.file(gold), which.file(volume))
    return {'cinder': gold, 'upstream': volume}


def glance_dies(stage, report, volumes):
    stalled = [leftovers.Stalled(stage.ours, store)
               for store in ('reliable', _STORE)]
    begun = stage.both(lambda which: _Begun(which, volumes[which.service]))
    stage.sandbox.kill('glance')
    for upload in stalled:
        upload.end()
    for which in (stage.upstream, stage.ours):
        which.wait_for_volume(
            volumes[which.service], 'available', timeout=60)
    doors.glance_down(stage, report, volumes)
    stage.sandbox.start('glance')
    stage.ours.wait_until_gone(begun[1].image_id, 30)
    for upload in (*begun, stalled[1]):
        _wait_for_the_sweep(stage.ours, upload.image_id)
    report.compare(
        'Glance was killed (kill -9) in the middle of 1 GiB, and is back now',
        (begun[0].answer(),
         Expected(202, 'volume available', 'image saving')),
        (begun[1].answer(),
         Expected(202, *_CLEAN, 'connection to the image service broke')))
    leftovers.show(report, *stalled)


def _wait_for_the_sweep(which, image_id):
    cloud.wait_until(
        lambda: not which.sandbox.image_files(_STORE, image_id),
        f'Glance to sweep up what was left of image {image_id}', timeout=60)


def cinder_dies(stage, report, volumes):
    begun = stage.both(lambda which: _Begun(which, volumes[which.service]))
    stage.crash_cinders()
    stage.ours.wait_for_volume(
        volumes['cinder'], 'available', timeout=30)
    stage.ours.wait_until_gone(begun[1].image_id, 30)
    report.compare(
        'cinder-volume was killed (kill -9) in the middle of 1 GiB, and is '
        'back now',
        (begun[0].answer(),
         Expected(202, 'volume uploading', 'image (queued|saving)')),
        (begun[1].answer(), Expected(202, *_CLEAN)))


def connection_breaks(stage, report):
    for what, action in (('503 from a load balancer', 'status'),
                         ('The connection is reset', 'reset')):
        def upload(which):
            volume = which.volume(which.volume_type(_STORE), mib=16)
            image_id = which.upload(volume)
            which.wait_for_volume(volume, 'available')
            return answers.of_upload(which, volume, image_id)
        stage.break_next_upload(action, after=5 * cloud.MIB)
        theirs, mine = stage.both(upload)
        report.compare(
            f'{what} after 5 of 16 MiB; Cinder tries again',
            (theirs, Expected(202, 'image active', 'NOT the bytes')),
            (mine, Expected(202, 'image active, 16 MiB of 16 MiB',
                            'sha512 as the volume')))


class _Begun:
    """An upload of 1 GiB of which bits have arrived in the store."""

    def __init__(self, which, volume):
        self._which = which
        self._volume = volume
        self._old_messages = len(which.messages(volume))
        self.image_id = which.upload(volume)
        cloud.wait_until(
            lambda: which.arrived(_STORE, self.image_id) > 64 * cloud.MIB,
            'bits to arrive in the store')

    def answer(self):
        """Return what has become of it."""
        return answers.of_upload(self._which, self._volume, self.image_id,
                                 self._old_messages)
