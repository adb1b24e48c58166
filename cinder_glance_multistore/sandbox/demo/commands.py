"""Commands as a person types them, shown and run.
"""

import os
from pathlib import Path
import shlex
import subprocess
import sys

from cinder_glance_multistore.sandbox import errors


class Shell:
    """Runs the real clients against a Cinder of the sandbox.

    :param variables: name -> value, None for what must not be set, as
        stack.Sandbox.client_environment gives them
    :param say: is called with each line
    """

    def __init__(self, variables, say):
        self._say = say
        self._environment = os.environ | {
            # The clients that were installed with us come first.
            'PATH': os.pathsep.join(filter(None, [
                str(Path(sys.executable).parent), os.environ.get('PATH')])),
            'PYTHONWARNINGS': 'ignore',
        }
        for name, value in variables.items():
            self._environment.pop(name, None)
            if value is not None:
                self._environment[name] = value

    def begin(self, line):
        """Show a command and start it; ``end`` takes what is returned."""
        self._say(f'$ {line}')
        try:
            return subprocess.Popen(
                shlex.split(line), env=self._environment, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
        except FileNotFoundError:
            raise errors.MissingRequirement(
                f'The program {shlex.split(line)[0]}',
                "Install it with: pip install "
                "'cinder-glance-multistore[sandbox]'") from None

    def end(self, process):
        """Wait for a command; return what it printed.

        :raises errors.CommandFailed: its exit status is not 0
        """
        try:
            output, _ = process.communicate(timeout=120)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            raise errors.CommandFailed(
                shlex.join(process.args), process.returncode, output)
        return output

    def run(self, line):
        return self.end(self.begin(line))

    def show(self, line):
        """Run a command and show what it prints."""
        for row in self.run(line).splitlines():
            self._say(row)
