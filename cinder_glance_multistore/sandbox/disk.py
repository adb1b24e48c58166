"""The file system of the store that can be filled: a tmpfs of a few MiB.

Root mounts it in place. Anybody else mounts it in a mount namespace of their
own, which a sleeping process keeps, so that it outlives a crash of Glance;
its files are then seen from outside through ``/proc/<pid>/root``. Where that
is forbidden too, there is no such store.
"""

import contextlib
import os
from pathlib import Path
import shutil
import subprocess
import time

from cinder_glance_multistore.sandbox import errors
from cinder_glance_multistore.sandbox import files
from cinder_glance_multistore.sandbox import processes
from cinder_glance_multistore.sandbox import surroundings

NAME = 'small-disk'

# $1 the mount point, $2 its size in bytes.
_HOLD = ('mount -t tmpfs -o "size=$2,mode=0700,nosuid,nodev" '
         'multistore-sandbox "$1" && exec sleep infinity')


class Disk:
    """A tmpfs over ``path``; ``size`` bytes.

    :ivar path: the mount point, as Glance sees it
    :ivar holder: the process that keeps its namespace, or None
    """

    def __init__(self, path, mark, environment, log):
        self.path = Path(path)
        self.holder = None
        self._mark = mark
        self._environment = environment
        self._log = log

    @property
    def is_mounted(self):
        """Whether it is mounted in place, by root."""
        return str(self.path) in _mount_points()

    @property
    def is_there(self):
        return self.is_mounted or bool(
            self.holder and self.holder.is_alive())

    @property
    def outside_path(self):
        """The directory of its files for a process that is not Glance."""
        if self.holder is None:
            return self.path
        return Path(f'/proc/{self.holder.pid}/root{self.path}')

    def enter(self, command):
        """Return the command, run where the disk is seen."""
        if self.holder is None:
            return command
        return [_tool('nsenter'), '--preserve-credentials', '--user',
                '--mount', f'--target={self.holder.pid}', '--', *command]

    def make(self, size):
        """Make the disk, empty.

        :raises errors.SandboxError: why there can be none
        """
        files.make_directory(self.path)
        refusals = []
        if os.geteuid() == 0:
            try:
                self._mount(size)
                return
            except errors.SandboxError as error:
                refusals.append(str(error))
        try:
            self._hold(size)
        except errors.SandboxError as error:
            refusals.append(str(error))
            raise errors.SandboxError('; '.join(refusals)) from None

    def keep(self, directory):
        """Copy its files to a directory, before it goes."""
        shutil.rmtree(directory, ignore_errors=True)
        new = directory.with_name(directory.name + '.new')
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(self.outside_path, new)
        new.rename(directory)

    def restore(self, directory):
        """Move what :meth:`keep` kept back in."""
        shutil.copytree(directory, self.outside_path, dirs_exist_ok=True)
        shutil.rmtree(directory)

    def remove(self):
        """Unmount it, and everything that was mounted over it."""
        if self.holder is not None:
            processes.stop(self._mark, self.holder, grace=2.0)
            self.holder = None
        while self.is_mounted:
            if _run('umount', str(self.path)):
                # Somebody's shell stands in it: it goes when they leave.
                refusal = _run('umount', '--lazy', str(self.path))
                if refusal:
                    raise errors.SandboxError(
                        f'{self.path} cannot be unmounted: {refusal}')

    def _mount(self, size):
        refusal = _run(
            'mount', '-t', 'tmpfs', '-o',
            f'size={size},mode=0700,nosuid,nodev',
            'multistore-sandbox', str(self.path))
        if refusal:
            raise errors.SandboxError(refusal)

    def _hold(self, size):
        if _tool('unshare') is None or _tool('nsenter') is None:
            raise errors.SandboxError(
                'unshare and nsenter (package util-linux) are not installed')
        start = self._log.stat().st_size if self._log.exists() else 0
        holder = processes.spawn(
            [_tool('unshare'), '--user', '--map-root-user', '--mount',
             'sh', '-c', _HOLD, 'sh', str(self.path), str(size)],
            self._mark, self._environment, self._log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and holder.is_alive():
            if str(self.path) in _mount_points(holder.pid):
                self.holder = holder
                return
            time.sleep(0.02)
        processes.kill(self._mark)
        with contextlib.suppress(OSError), self._log.open('rb') as log:
            log.seek(start)
            said = log.read().decode(errors='replace').strip()
            raise errors.SandboxError(
                said.splitlines()[-1] if said else
                'unshare --user --mount did not mount a tmpfs')


def _tool(name):
    return surroundings.program(name)


def _run(name, *arguments):
    # Return why it failed, or nothing.
    if _tool(name) is None:
        return f'{name} is not installed'
    done = subprocess.run(
        [_tool(name), *arguments], capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return ''
    said = (done.stderr or done.stdout).strip()
    return said.splitlines()[0] if said else (
        f'{name} ended with status {done.returncode}')


def _mount_points(pid='self'):
    try:
        lines = Path(f'/proc/{pid}/mountinfo').read_text().splitlines()
    except OSError:
        return set()
    # Field 5; blanks and the like are written in octal.
    return {line.split()[4].encode().decode('unicode_escape')
            .encode('latin-1', 'replace').decode(errors='replace')
            for line in lines}
