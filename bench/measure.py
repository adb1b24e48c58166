"""Runs that take turns, their medians, and the tables made of them."""

import dataclasses
import os
import resource
import statistics
import time

#: Cores that others may take during a run that counts as undisturbed.
QUIET = 0.15

#: Rounds at most, as a multiple of the undisturbed runs that are wanted.
PATIENCE = 4


class WrongDigest(Exception):
    """A run stored other bytes than the source has."""


@dataclasses.dataclass
class Run:
    """What one run took.

    :ivar wall: seconds
    :ivar cpu: CPU seconds, children's included
    :ivar others: cores that were busy meanwhile and not with this
    """

    wall: float
    cpu: float
    others: float


@dataclasses.dataclass
class Case:
    """One line of a table.

    :ivar name: what is measured
    :ivar run: called for each run; returns the digests it found
    :ivar size: bytes that a run moves
    :ivar expected: what ``run`` must return
    :ivar clean: called after each run, outside the measurement; returns a
        remark about what the run left, or None
    """

    name: str
    run: object
    size: int
    expected: object
    clean: object
    runs: list = dataclasses.field(default_factory=list)
    remark: str = ''

    @property
    def quiet(self):
        """The undisturbed runs."""
        return [run for run in self.runs if run.others <= QUIET]

    @property
    def _counted(self):
        # Where there were none, all there is; the table says so.
        return self.quiet or self.runs

    @property
    def walls(self):
        """Seconds of the runs that count."""
        return [run.wall for run in self._counted]

    @property
    def wall(self):
        """Median seconds of a run."""
        return statistics.median(self.walls)

    @property
    def speed(self):
        """Median GB (10^9 bytes) a second."""
        return self.size / 1e9 / self.wall

    @property
    def cpu(self):
        """Median CPU seconds a GB, children's included."""
        return statistics.median(
            run.cpu for run in self._counted) / (self.size / 1e9)

    @property
    def best(self):
        """GB a second of the fastest run, the one least disturbed."""
        return self.size / 1e9 / min(self.walls)

    @property
    def spread(self):
        """Slowest run over fastest run: how much the machine was disturbed.
        """
        return max(self.walls) / min(self.walls)


def _cpu():
    return sum(usage.ru_utime + usage.ru_stime for usage in (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN)))


def _busy():
    """Return the CPU seconds that the machine was busy since its start."""
    with open('/proc/stat') as lines:
        fields = [int(field) for field in lines.readline().split()[1:9]]
    idle, iowait = fields[3:5]
    return (sum(fields) - idle - iowait) / os.sysconf('SC_CLK_TCK')


def _measure(case):
    wall, cpu, busy = time.perf_counter(), _cpu(), _busy()
    found = case.run()
    wall = time.perf_counter() - wall
    cpu = _cpu() - cpu
    busy = _busy() - busy
    case.remark = case.clean() or case.remark
    if found != case.expected:
        raise WrongDigest(f'{case.name}: {found}, and the source has '
                          f'{case.expected}')
    return Run(wall, cpu, max(busy - cpu, 0) / wall)


def take_turns(cases, rounds):
    """Run all cases in turn, after one run to warm up.

    Until each has ``rounds`` runs in which the machine had nothing else to
    do, or :data:`PATIENCE` ends. The order changes from round to round, so
    that no case always comes after the same other.
    """
    for number in range(rounds * PATIENCE + 1):
        shift = number % len(cases)
        for case in cases[shift:] + cases[:shift]:
            run = _measure(case)
            if number:
                case.runs.append(run)
        if all(len(case.quiet) >= rounds for case in cases):
            return


@dataclasses.dataclass
class Goal:
    """A ratio of two cases that is to be reached."""

    case: str
    base: str
    wanted: float


@dataclasses.dataclass
class Table:
    """Cases that took turns, and what was wanted of them."""

    title: str
    cases: list
    bases: tuple
    goals: tuple = ()
    notes: list = dataclasses.field(default_factory=list)

    def _case(self, name):
        return next(case for case in self.cases if case.name == name)

    def ratio(self, case, base):
        """Return how many times as fast ``case`` is as ``base``: medians."""
        return self._case(case).speed / self._case(base).speed

    def best_ratio(self, case, base):
        """Return the same of the fastest run of each."""
        return self._case(case).best / self._case(base).best

    def text(self):
        """Return the table for people."""
        width = max(len(case.name) for case in self.cases)
        lines = [self.title, '  '.join((
            ' ' * width, '  GB/s', 'CPU s/GB',
            *(f'x {base:>8}' for base in self.bases),
            'fastest runs:   GB/s',
            *(f'x {base:>8}' for base in self.bases), 'slowest/fastest',
            'undisturbed'))]
        for case in self.cases:
            lines.append('  '.join((
                f'{case.name:{width}}', f'{case.speed:6.3f}',
                f'{case.cpu:8.2f}',
                *(f'{self.ratio(case.name, base):10.2f}'
                  for base in self.bases),
                f'{case.best:20.3f}',
                *(f'{self.best_ratio(case.name, base):10.2f}'
                  for base in self.bases),
                f'{case.spread:15.2f}',
                f'{len(case.quiet):4} of {len(case.runs):3}',
                case.remark)).rstrip())
        for goal in self.goals:
            found = self.ratio(goal.case, goal.base)
            verdict = 'reached' if found >= goal.wanted else 'NOT reached'
            lines.append(
                f'goal: {goal.case}, {goal.wanted:.2f} times {goal.base}: '
                f'{found:.2f}, {verdict} (fastest runs: '
                f'{self.best_ratio(goal.case, goal.base):.2f})')
        if not all(case.quiet for case in self.cases):
            lines.append('The machine had other work all the time: ratios '
                         'of wall time say little here.')
        return '\n'.join(lines + self.notes)

    def data(self):
        """Return the table for programs."""
        return {
            'title': self.title,
            'cases': [{
                'name': case.name, 'size': case.size,
                'gb_per_second': case.speed,
                'cpu_seconds_per_gb': case.cpu,
                'runs': [dataclasses.asdict(run) for run in case.runs],
                'remark': case.remark,
                'ratios': {base: self.ratio(case.name, base)
                           for base in self.bases},
                'ratios_of_fastest': {
                    base: self.best_ratio(case.name, base)
                    for base in self.bases},
            } for case in self.cases],
            'goals': [{
                **dataclasses.asdict(goal),
                'found': self.ratio(goal.case, goal.base),
                'found_of_fastest': self.best_ratio(goal.case, goal.base),
            } for goal in self.goals],
            'notes': self.notes,
        }


@dataclasses.dataclass
class Lines:
    """A result that is no table of ratios."""

    title: str
    lines: list
    values: dict

    def text(self):
        return '\n'.join([self.title, *self.lines])

    def data(self):
        return {'title': self.title, 'values': self.values}
