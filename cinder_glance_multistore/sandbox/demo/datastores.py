"""Which datastore of a vCenter took an image, and why.
"""

import textwrap

from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import logs
from cinder_glance_multistore.sandbox.demo import report as reports

#: The one that takes images: the first by weight is full.
EXPECTED = 'silver'


def explain(which, report, uploads):
    """Show the datastores, and what Glance's log says of the image on one."""
    sandbox = which.sandbox
    if not sandbox.has_vcenter:
        report.cannot_show(
            'an upload to one datastore of three',
            'No simulated vCenter was given (--vcenter). ./run demo builds '
            'one where Go and the sources of govmomi are installed: Debian '
            'packages golang-go and golang-github-vmware-govmomi-dev.')
        return
    upload, = (upload for upload in uploads
               if upload.expected == layout.VCENTER_STORE)
    name = f'{upload.name}-image'
    path = sandbox.image_file(upload.expected, upload.image.id)
    place = sandbox.place(upload.expected, path)
    report.check(place == f'{upload.expected}/{EXPECTED}',
                 f'{name} is on the datastore {EXPECTED}')
    rows = [('DATASTORE', 'WEIGHT', 'FREE', 'HOLDS')]
    for row, directory in zip(sandbox.vcenter.datastores(),
                              sandbox.store_directories(upload.expected),
                              strict=True):
        there = (directory / upload.image.id).exists()
        rows.append((row['name'], str(layout.DATASTORES[row['name']]),
                     reports.size(row['free']), name if there else '-'))
    for line in reports.table(rows):
        report.line(line)
    choice = logs.choice(sandbox.log('glance'), upload.image.id)
    report.check(
        choice is not None and EXPECTED in choice.directory and
        'left out' in choice.why and 'gold' in choice.why,
        f"Glance's log says that {name} went to {EXPECTED}, and why not to "
        f'gold')
    if choice is not None:
        report.line(textwrap.fill(
            f'{choice.directory}, {choice.why}', reports.WIDTH,
            initial_indent=f'  {name:13} ', subsequent_indent=' ' * 16))
    report.note(
        'The vCenter is simulated; the API calls and the transfer of the '
        'bytes over TLS are those that a real one gets. The type esx names '
        f'the store {layout.VCENTER_STORE}, and the store chose by weight '
        'among the datastores with room.')
