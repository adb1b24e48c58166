"""``openstack image store drain``: empty a store that is to be retired."""

import contextlib
import sys

from openstackclient.common import progressbar
from osc_lib import exceptions
from osc_lib.command import command

from api_validation.text import printable
from cinder_glance_multistore.image_service import fields
from cinder_glance_multistore.osc import drain
from cinder_glance_multistore.osc import images


class DrainImageStore(command.Lister):
    """Move all images of a store to another one

    Each image is copied by Glance (copy-image), the copy is compared, and the
    bits in the old store are deleted. Run it as an administrator: others see
    and move their own images only. It can be stopped at any time and run
    again. The exit status is 1 if an image could not be moved.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'store', metavar='<store>', help='Image store to empty (ID)')
        parser.add_argument(
            '--to', metavar='<store>', required=True,
            help='Image store that its images go to (ID)')
        parser.add_argument(
            '--dry-run', action='store_true',
            help='Only list the images that would be moved')
        parser.add_argument(
            '--no-read', action='store_true',
            help='Do not read each copy back before the original is deleted, '
                 "but trust the hash that Glance computed of what it wrote "
                 '(less traffic; a copy that the store lost or broke after '
                 'it was written is not found)')
        parser.add_argument(
            '--timeout', metavar='<seconds>', type=float, default=3600.0,
            help='Seconds that Glance may take to copy one image '
                 '(default: %(default)g)')
        return parser

    def take_action(self, parsed_args):
        work = drain.Drain(
            images.Images(self.app.client_manager.image), parsed_args.store,
            parsed_args.to, read=not parsed_args.no_read,
            timeout=parsed_args.timeout)
        try:
            warning = work.check()
            if warning:
                self._say(warning)
            outcomes = (self._look(work) if parsed_args.dry_run
                        else self._drain(work))
        except (drain.NotPossible, images.ImagesError) as exc:
            raise exceptions.CommandError(str(exc)) from exc
        if not self._failed:
            with self._shown():
                self._say_what_comes(work.coming())
        self._failed |= any(outcome.result == drain.FAILED
                            for outcome in outcomes)
        # Failures at the end, where they are seen.
        outcomes.sort(key=lambda outcome: outcome.result == drain.FAILED)
        return (('ID', 'Name', 'Size', 'Result', 'Detail'), [
            # Names are what users made them.
            (outcome.image['id'], printable(outcome.image.get('name') or ''),
             outcome.image.get('size') or 0, outcome.result,
             printable(outcome.detail, 500))
            for outcome in outcomes])

    def run(self, parsed_args):
        self._failed = False
        return super().run(parsed_args) or int(self._failed)

    def _look(self, work):
        return [work.look(image) for image in work.found()]

    def _drain(self, work):
        outcomes = {}
        batch = work.found()
        while batch:
            bar = _Bar(sum(image.get('size') or 0 for image in batch))
            try:
                for image in batch:
                    if fields.in_progress(image):
                        self._say(f'An import holds image {image["id"]}; '
                                  f'it is waited for.')
                    outcomes[image['id']] = work.move(image)
                    bar.advance(image.get('size') or 0)
            finally:
                bar.end()
            batch = []
            with self._shown():
                # Uploads that were under way may have arrived meanwhile.
                batch = [image for image in work.found()
                         if image['id'] not in outcomes]
        return list(outcomes.values())

    def _say_what_comes(self, images_):
        if images_:
            self._say(f'{len(images_)} images are being uploaded or imported '
                      f'now and may get into the store; run this again when '
                      f'they are done.')

    @contextlib.contextmanager
    def _shown(self):
        """Have what fails by now keep nothing that was done from the list."""
        try:
            yield
        except images.ImagesError as exc:
            self._say(f'{exc}. Run this again.')
            self._failed = True

    @staticmethod
    def _say(line):
        print(line, file=sys.stderr)


class _Bar:
    """openstackclient's progress bar, moved by what is done."""

    def __init__(self, total):
        self._bar = progressbar.VerboseFileWrapper(_Lengths(), total)

    def advance(self, size):
        if size:
            self._bar.read(size)

    def end(self):
        self._bar.read(0)


class _Lengths:
    """A file of which only the length of what is read counts."""

    def read(self, size):
        return range(size)
