"""``python -m bench direct``: the direct path beside the image service.

Volumes of random bytes become images in one Glance, in turn: plain upstream's
Cinder to the ``file`` store as shipped (64 KiB pieces) and tuned (1 MiB); ours
through the image service, and directly, to ``multidir`` stores. Every figure
is a median of runs next to each other, with the CPU seconds of either side.
Both share this machine's cores, as they do not in a cloud. Where the
directory's file system has reflinks, an adopted image is a clone of the
volume's file.
"""

from bench import material
from bench import uploads

_DIRECT = uploads.Case('direct, multidir adopts', 'cinder', 'fast')
_CASES = (
    uploads.SHIPPED, uploads.TUNED,
    uploads.Case('image service, multidir', 'cinder', 'cheap'), _DIRECT,
)
#: Times plain upstream as shipped that is wanted of the direct path.
_GOAL = 3.2


def _options(sandbox):
    return {
        'glance': {'fast': {'multidir_adopt': True}},
        'cinder': {'multistore': {
            'upload_path': 'image_service, fast:direct',
            'upload_verify': 'size',
            'glance_config_files': (sandbox.layout.config_dir('glance')
                                    / 'glance-api.conf')}},
    }


def main():
    """Measure and print."""
    arguments = uploads.parser('direct', __doc__).parse_args()
    with uploads.sandbox(arguments, _options) as sandbox:
        with material.Material(arguments.directory, 0) as work:
            print(f'{"with" if work.clones() else "no"} reflinks')
        made = uploads.Uploads(sandbox, _CASES, arguments.size)
        runs = made.measure(arguments.rounds)
        made.show(runs)
        reached = uploads.ratio(runs, _DIRECT, uploads.SHIPPED)
        print(f'goal: direct, {_GOAL} times plain upstream as shipped: '
              f'{reached:.2f}, '
              f'{"reached" if reached >= _GOAL else "NOT reached"}')


if __name__ == '__main__':
    main()
