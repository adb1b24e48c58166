"""Which directory of a store took an image, and why.
"""

import textwrap

from cinder_glance_multistore.sandbox import layout
from cinder_glance_multistore.sandbox import logs
from cinder_glance_multistore.sandbox.demo import report as reports


def explain(which, report, uploads):
    """Show what Glance's log says of each image in a ``multidir`` store."""
    stores = which.sandbox.layout.root / 'stores'
    for upload in uploads:
        if upload.expected not in layout.DIRECTORIES:
            continue
        name = f'{upload.name}-image'
        choice = logs.choice(which.sandbox.log('glance'), upload.image.id)
        path = which.sandbox.image_file(upload.expected, upload.image.id)
        report.check(
            choice is not None and choice.directory == str(path.parent),
            f"Glance's log says that {name} went to {path.parent}")
        if choice is not None:
            text = (f'{choice.directory}, {choice.why}').replace(
                f'{stores}/', '')
            report.line(textwrap.fill(
                text, reports.WIDTH, initial_indent=f'  {name:13} ',
                subsequent_indent=' ' * 16))
    report.note(
        "These are the words of the store's driver in Glance's log, without "
        f'{stores}/. The store fast takes the highest weight that has room; '
        'cheap, whose directories have one weight, takes turns.')
