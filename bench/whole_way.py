"""``python -m bench whole-way``: volume to image, through the sandbox's Glance.

Plain upstream's Cinder and ours upload volumes of random bytes in turn to one
Glance. Upstream goes to Glance's ``file`` store, as shipped (64 KiB pieces)
and tuned (1 MiB), and to ``multidir``; ours to the same stores, to
``multidir`` with and without fsync, and with ``upload_verify`` set to either.
Sender and Glance share this machine's cores, as they do not in a cloud: a
hash on the way out costs time here that it costs nobody there.
"""

from bench import uploads

_THEIRS = uploads.Case('plain upstream to multidir', 'upstream', 'fast')
_OURS = uploads.Case('multidir', 'cinder', 'fast')
_CASES = (
    uploads.SHIPPED, uploads.TUNED, _THEIRS,
    uploads.Case('file as shipped', 'cinder', 'reliable'),
    uploads.Case('file tuned', 'cinder', 'tuned'),
    _OURS,
    uploads.Case('multidir, multidir_fsync = false', 'cinder', 'cheap'),
)
#: What is wanted, by ``upload_verify``: (case, times as shipped, times tuned).
_GOALS = {'size': ((_THEIRS, 2.3, 1.4), (_OURS, 2.6, 1.65)), 'hash': ()}


def _options(sandbox):
    return {'glance': {'cheap': {'multidir_fsync': False}}}


def main():
    """Measure and print."""
    arguments = uploads.parser('whole-way', __doc__).parse_args()
    with uploads.sandbox(arguments, _options) as sandbox:
        made = uploads.Uploads(sandbox, _CASES, arguments.size)
        for verify, goals in _GOALS.items():
            sandbox.options = {**sandbox.options, 'cinder': {
                'multistore': {'upload_verify': verify}}}
            sandbox.stop('cinder')
            sandbox.start('cinder')
            runs = made.measure(arguments.rounds)
            print(f'upload_verify = {verify}')
            made.show(runs)
            for case, *wanted in goals:
                for base, goal in zip((uploads.SHIPPED, uploads.TUNED),
                                      wanted, strict=True):
                    found = uploads.ratio(runs, case, base)
                    print(f'goal: {case.title} {goal} times {base.title}: '
                          f'{found:.2f}, '
                          f'{"reached" if found >= goal else "NOT reached"}')


if __name__ == '__main__':
    main()
