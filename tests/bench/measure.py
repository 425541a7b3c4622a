"""Running contenders against each other: one process per sample, interleaved rounds, medians, ratios within one run."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from subprocess import DEVNULL, PIPE, STDOUT, Popen


class Unavailable(Exception):
    """A row cannot be measured here; the text says why and becomes the row."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one command.

    wall, cpu, system (a part of cpu): seconds; peak: KiB; sleeps: voluntary context switches; output: its stdout.
    """

    wall: float
    cpu: float
    system: float
    peak: int
    sleeps: int
    output: str

    @property
    def figures(self) -> dict[str, float]:
        """The key=value pairs of the last line of output."""
        last = self.output.strip().rpartition("\n")[2]
        return {key: float(value) for key, found, value in (word.partition("=") for word in last.split()) if found}


def run(argv: Sequence[str], *, statuses: Sequence[int] = (0,), env: Mapping[str, str] | None = None) -> Sample:
    """Run a command to its end. Raises Unavailable with its last words when the exit status is not among ``statuses``."""
    start = time.perf_counter()
    try:
        child = Popen(argv, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, text=True, env=env)
    except OSError as error:
        raise Unavailable(f"{argv[0]}: {error.strerror}") from error
    assert child.stdout is not None
    output = child.stdout.read()
    _, wait_status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.stdout.close()
    child.returncode = status = os.waitstatus_to_exitcode(wait_status)
    if status not in statuses:
        words = output.strip().splitlines() or ["no output"]
        raise Unavailable(f"{os.path.basename(argv[0])} {' '.join(argv[1:3])}: exit {status}: {words[-1][:300]}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_stime, usage.ru_maxrss, usage.ru_nvcsw, output)


@dataclass(slots=True)
class Contender:
    """One of several that do the same. ``work`` is measured; ``before`` and ``after`` are not."""

    name: str
    work: Callable[[], Sample]
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None


@dataclass(slots=True)
class Race:
    """Samples by contender, in the order of the rounds; ``out``: contender → why it did not take part."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    out: dict[str, str] = field(default_factory=dict)

    def median(self, name: str, figure: Callable[[Sample], float] = lambda sample: sample.wall) -> float:
        if name in self.out:
            raise Unavailable(self.out[name])
        return statistics.median(figure(sample) for sample in self.samples[name])


def race(contenders: Sequence[Contender], rounds: int) -> Race:
    """Let them run in turn, ``rounds`` times, starting with another one each time, after a round that does not count."""
    result = Race({contender.name: [] for contender in contenders})
    for number in range(-1, rounds):
        first = number % len(contenders)
        for contender in [*contenders[first:], *contenders[:first]]:
            if contender.name in result.out:
                continue
            try:
                if contender.before is not None:
                    contender.before()
                try:
                    sample = contender.work()
                finally:
                    if contender.after is not None:
                        contender.after()
            except Unavailable as reason:
                result.out[contender.name] = str(reason)
                continue
            if number >= 0:
                result.samples[contender.name].append(sample)
    return result
