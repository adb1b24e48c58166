"""The demo from its start to its end.
"""

import shlex
import shutil

from cinder_glance_multistore.sandbox import caller
from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import stack
from cinder_glance_multistore.sandbox.demo import breaks
from cinder_glance_multistore.sandbox.demo import commands
from cinder_glance_multistore.sandbox.demo import datastores
from cinder_glance_multistore.sandbox.demo import directories
from cinder_glance_multistore.sandbox.demo import doors
from cinder_glance_multistore.sandbox.demo import report as reports
from cinder_glance_multistore.sandbox.demo import stage as stages
from cinder_glance_multistore.sandbox.demo import uploads

#: Bytes: two volumes of 1 GiB, their images whole and in parts, small change.
NEEDED = 6 * 1024 ** 3
_OPTIONS = {'cleanup_interval': '2'}
_OPTIONS_NOTE = (
    'One option of ours is not at its default: cleanup_interval is 2 seconds, '
    'not 30, to save time.')


def run(directory, say, keep=False, vcenter=None):
    """Show everything; return whether all was as said.

    The sandbox is stopped at the end, and whenever this is left by an error
    or an interrupt.

    :param directory: of the sandbox; all that it holds is forgotten first
    :param say: is called with each line
    :param keep: leave it running at the end
    :param vcenter: directory of a simulated vCenter's program, or None
    :raises errors.SandboxError: something did not work at all
    """
    report = reports.Report(say)
    sandbox = stack.Sandbox(
        directory, upstream=True, vcenter=vcenter, say=report.aside,
        options={'cinder': {'multistore': dict(_OPTIONS)}})
    _check_room(sandbox.layout.root)
    kept = False
    try:
        stage = _main_job(sandbox, report)
        _bad_input(stage, report)
        if keep:
            report.heading('What stays')
            stage.without_proxies()
            kept = True
    finally:
        if not kept:
            report.heading('The end')
            sandbox.down()
            report.note('The sandbox is stopped.')
    _conclude(sandbox, report, kept)
    return not report.wrong


def _main_job(sandbox, report):
    report.heading(f'Real Glance, Cinder with the plug-in, and a plain '
                   f'upstream Cinder, in '
                   f'{caller.shown(sandbox.layout.root)}')
    with report.asides():
        sandbox.up(reset=True)
    report.note(_OPTIONS_NOTE)
    stage = stages.Stage(sandbox)
    shell = commands.Shell(sandbox.client_environment(), report.line)

    report.heading("A volume type says which store its volumes' images go to")
    prepared = uploads.prepare(stage.ours, shell, report)
    stage.gold = prepared[0].volume

    report.heading('Volumes become images')
    uploads.carry_out(stage.ours, shell, report, prepared[:1])
    uploads.carry_out(stage.ours, shell, report, prepared[1:])

    report.heading('Where the bits are')
    uploads.prove(stage.ours, report, prepared)

    report.heading('Which directory of a store, and why')
    directories.explain(stage.ours, report, prepared)

    report.heading('Which datastore of a vCenter, and why')
    datastores.explain(stage.ours, report, prepared)
    return stage


def _bad_input(stage, report):
    report.heading('What bad input gets: plain upstream, and ours')
    doors.show(stage, report)
    report.heading('What breaks on the way')
    breaks.store_full(stage, report)
    breaks.store_gone(stage, report)
    volumes = breaks.volumes_of_a_gibibyte(stage, stage.gold)
    breaks.glance_dies(stage, report, volumes)
    breaks.cinder_dies(stage, report, volumes)
    breaks.connection_breaks(stage, report)


def _conclude(sandbox, report, kept):
    root = shlex.quote(str(caller.shown(sandbox.layout.root)))
    program = caller.program()
    if kept:
        report.note('It runs on.')
        for line in caller.for_clients(root):
            report.line(line)
        report.note('and to stop it:')
        report.line(f'    {program} down --dir {root}')
    else:
        report.note('Its data and logs stay; to start it again with them, '
                    'and to be rid of them:')
        report.line(f'    {program} up --dir {root}')
        report.line(f'    rm -r {root}')
    report.line('')
    if report.not_shown:
        report.note(f'Not shown on this machine: '
                    f'{", ".join(report.not_shown)}.')
    if report.wrong:
        report.note(f'{len(report.wrong)} of {report.checked} checks are not '
                    f'as said, after {report.elapsed:.0f} s:')
        for statement in report.wrong:
            report.note(f'- {statement}')
    else:
        report.note(f'All as said: {report.checked} checks in '
                    f'{report.elapsed:.0f} s.')


def _check_room(path):
    path = next(each for each in (path, *path.parents) if each.exists())
    free = shutil.disk_usage(path).free
    if free < NEEDED:
        raise errors.NoRoom(path, NEEDED, free)
