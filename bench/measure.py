"""Runs that take turns, their medians, and the tables made of them."""

import dataclasses
import resource
import statistics
import time


class WrongDigest(Exception):
    """A run stored other bytes than the source has."""


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
    walls: list = dataclasses.field(default_factory=list)
    cpus: list = dataclasses.field(default_factory=list)
    remark: str = ''

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
        return statistics.median(self.cpus) / (self.size / 1e9)

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


def take_turns(cases, rounds):
    """Run all cases ``rounds`` times in turn, after one run to warm up.

    The order changes from round to round, so that no case always comes
    after the same other.
    """
    for number in range(rounds + 1):
        shift = number % len(cases)
        for case in cases[shift:] + cases[:shift]:
            wall, cpu = time.perf_counter(), _cpu()
            found = case.run()
            wall, cpu = time.perf_counter() - wall, _cpu() - cpu
            case.remark = case.clean() or case.remark
            if found != case.expected:
                raise WrongDigest(f'{case.name}: {found}, and the source '
                                  f'has {case.expected}')
            if number:
                case.walls.append(wall)
                case.cpus.append(cpu)


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
            *(f'x {base:>8}' for base in self.bases), 'slowest/fastest'))]
        for case in self.cases:
            lines.append('  '.join((
                f'{case.name:{width}}', f'{case.speed:6.3f}',
                f'{case.cpu:8.2f}',
                *(f'{self.ratio(case.name, base):10.2f}'
                  for base in self.bases),
                f'{case.best:20.3f}',
                *(f'{self.best_ratio(case.name, base):10.2f}'
                  for base in self.bases),
                f'{case.spread:15.2f}', case.remark)).rstrip())
        for goal in self.goals:
            found = self.ratio(goal.case, goal.base)
            verdict = 'reached' if found >= goal.wanted else 'NOT reached'
            lines.append(
                f'goal: {goal.case}, {goal.wanted:.2f} times {goal.base}: '
                f'{found:.2f}, {verdict} (fastest runs: '
                f'{self.best_ratio(goal.case, goal.base):.2f})')
        return '\n'.join(lines + self.notes)

    def data(self):
        """Return the table for programs."""
        return {
            'title': self.title,
            'cases': [{
                'name': case.name, 'size': case.size,
                'gb_per_second': case.speed,
                'cpu_seconds_per_gb': case.cpu,
                'wall_seconds': case.walls, 'remark': case.remark,
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
