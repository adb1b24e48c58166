"""The main job: volumes whose types name a store become images there.
"""

import dataclasses
import time

from cinder_glance_multistore.sandbox import cloud
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox.demo import progress
from cinder_glance_multistore.sandbox.demo import report as reports


@dataclasses.dataclass
class Upload:
    """A volume on its way to an image.

    :ivar asked: the store its type names, None for none
    :ivar size: bytes of the volume's file
    :ivar begun: monotonic time of the first look at which its file was in a
        store, ``ended``: of the first at which Cinder was done with it
    """

    name: str
    asked: str | None
    mib: int
    volume: object = None
    process: object = None
    image: object = None
    begun: float | None = None
    ended: float | None = None

    @property
    def expected(self):
        return self.asked or layout.DEFAULT_STORE

    @property
    def size(self):
        return self.mib * cloud.MIB

    @property
    def seconds(self):
        return self.ended - self.begun


def prepare(which, shell, report):
    """Make types and volumes, by commands; return the Uploads."""
    uploads = [Upload('gold', 'fast', 1024), Upload('silver', 'cheap', 256),
               Upload('plain', None, 256)]
    if which.sandbox.has_vcenter:
        uploads.append(Upload('esx', layout.VCENTER_STORE, 256))
    for upload in uploads:
        shell.run(f'cinder type-create {upload.name}')
        if upload.asked:
            shell.run(f'cinder type-key {upload.name} set '
                      f'{cloud.STORE_KEY}={upload.asked}')
    shell.show('cinder extra-specs-list')
    for upload in uploads:
        shell.run(f'cinder create 1 --name {upload.name}-volume '
                  f'--volume-type {upload.name}')
    for upload in uploads:
        upload.volume = which.cinder.volumes.find(
            name=f'{upload.name}-volume')
        which.wait_for_volume(upload.volume, 'available')
        which.fill(upload.volume, upload.mib)
        report.line(f'  {reports.size(upload.size)} of random data written '
                    f'to {upload.name}-volume')
    report.note(
        "Cinder's smallest volume is 1 GiB; the files of the others were "
        'cut to 256 MiB, to save time.')
    return uploads


def carry_out(which, shell, report, uploads):
    """Upload by commands, at once, and wait until Cinder and Glance say so.
    """
    stores = {upload.expected for upload in uploads}
    before = {store: _names(which, store) for store in stores}
    for upload in uploads:
        upload.process = shell.begin(
            f'cinder upload-to-image {upload.name}-volume '
            f'{upload.name}-image')
    deadline = time.monotonic() + cloud.TIMEOUT
    with progress.make({f'{upload.name}-image': upload.size
                        for upload in uploads}, report.line) as shown:
        while pending := [upload for upload in uploads
                          if upload.ended is None]:
            if time.monotonic() > deadline:
                raise errors.NotInTime('the uploads to end', cloud.TIMEOUT)
            for upload in pending:
                _look(which, shell, upload, before, shown)
            time.sleep(0.05)


def _look(which, shell, upload, before, shown):
    store = upload.expected
    if upload.begun is None and _names(which, store) - before[store]:
        upload.begun = time.monotonic()
    if upload.image is None:
        if upload.process.poll() is not None:
            shell.end(upload.process)
            upload.image, = which.glance.images.list(
                filters={'name': f'{upload.name}-image'})
        return
    shown.show(f'{upload.name}-image', which.arrived(store, upload.image.id))
    if which.status(upload.volume) != 'uploading':
        upload.ended = time.monotonic()
        upload.begun = upload.begun or upload.ended


def _names(which, store):
    return {path.name for directory in which.sandbox.store_directories(store)
            if directory.is_dir() for path in directory.iterdir()}


def prove(which, report, uploads):
    """Show where the bits are, and check each thing that is said of them."""
    rows = [('IMAGE', 'STORE ASKED', 'IS IN', 'SIZE', 'SHA512: VOLUME',
             'STORE', 'EQUAL', 'TIME', 'MB/S')]
    paths = []
    for upload in uploads:
        name = f'{upload.name}-image'
        image = which.image(upload.image.id)
        spec = which.cinder.volume_types.find(
            name=upload.name).get_keys().get(cloud.STORE_KEY)
        report.check(spec == upload.asked,
                     f"the type {upload.name} names the store {upload.asked}")
        report.check(image.status == 'active', f'{name} is active')
        report.check(image.stores == upload.expected,
                     f'Glance says that {name} is in {upload.expected}, and '
                     f'nowhere else')
        stores = which.stores_with(image.id)
        report.check(stores == [upload.expected],
                     f'a file of {name} is in {upload.expected}, and in no '
                     f'other store')
        report.check(which.messages(upload.volume) == [],
                     f'nothing is complained of about {name}')
        of_volume = cloud.sha512(which.file(upload.volume))
        of_store = None
        places = []
        for store in stores:
            path = which.sandbox.image_file(store, image.id)
            paths.append(f'  {name:13} {path}')
            places.append(which.sandbox.place(store, path))
            of_store = cloud.sha512(path)
            report.check(path.stat().st_size == image.size == upload.size,
                         f'{name} has {upload.size} bytes, in the store and '
                         f'in its record')
        report.check(of_volume == of_store == image.os_hash_value,
                     f'{name} has the sha512 of its volume, in the store and '
                     f'in its record')
        rows.append((
            name, upload.asked or 'none', ', '.join(places) or '-',
            reports.size(image.size or 0), reports.short(of_volume),
            reports.short(of_store) if of_store else '-',
            'yes' if of_store == of_volume else 'NO',
            f'{upload.seconds:.1f} s',
            f'{upload.size / 1e6 / upload.seconds:.0f}'
            if upload.seconds else '-'))
    report.line('')
    for line in [*reports.table(rows), '', 'The bits are in these files:',
                 *paths]:
        report.line(line)
    report.note(
        'Both sha512 were computed here from the files, and are what Glance '
        'recorded. A type that asks for no store gets the default one, '
        f'{layout.DEFAULT_STORE}. The time is from the first byte in the store until Cinder '
        "called the volume available, Glance's hashes and our comparison of "
        'them included; all but gold were uploaded at once.')
