"""What every suite needs: the sizes, the floor, the command under test, and short ways to make a row of a race."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench import sandbox
from tests.bench.measure import Race, Sample, Unavailable, run
from tests.bench.report import Report, Row

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
STATE = Path("/run/nsmgr")
SETTLE = 2  # barriers after a removal: its memory is freed by RCU callbacks, which slow the next sample by a fifth


def figure(name: str) -> Callable[[Sample], float]:
    """Reads one of the times that a program printed about itself, ``<name>_ns``, in seconds."""
    return lambda sample: sample.figures[f"{name}_ns"] / 1e9


def wall(sample: Sample) -> float:
    return sample.wall


@dataclass(slots=True)
class Bench:
    """One run of the program. ``work``: an empty directory on a tmpfs; ``quick``: small sizes and three rounds."""

    work: Path
    report: Report
    quick: bool
    _floor: str = ""
    _no_floor: str = ""

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 5

    # ------------------------------------------------------------------------------------------------------- commands

    def floor(self, *arguments: str) -> Sample:
        """Run our C program, compiling it at the first use. Raises Unavailable with the compiler's words."""
        if self._no_floor:
            raise Unavailable(self._no_floor)
        if not self._floor:
            target = str(self.work / "floor")
            compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("cc")
            try:
                if not compiler:
                    raise Unavailable("no C compiler (gcc, cc) here")
                run([compiler, "-O2", "-o", target, str(HERE / "floor.c")])
            except Unavailable as reason:
                self._no_floor = f"C floor: {reason}"
                raise Unavailable(self._no_floor) from None
            self._floor = target
        return run([self._floor, *arguments])

    def nsmgr(self, *arguments: str, statuses: tuple[int, ...] = (0,)) -> Sample:
        """Run the command under test as a person does: a process of its own."""
        return run([*nsmgr_command(), *arguments], statuses=statuses, env=environment())

    def probe(self, *arguments: str) -> Sample:
        """Run :mod:`tests.bench.probe` in a process of its own: the same work through the library, with clocks in it."""
        return run(self.probe_command(*arguments), env=environment())

    @staticmethod
    def probe_command(*arguments: str) -> list[str]:
        return [sys.executable, str(HERE / "probe.py"), *arguments]

    def clean(self) -> None:
        """Remove every namespace and nsmgr's state, and wait until the kernel has done it: nothing may run into a sample."""
        with suppress(Unavailable):
            self.floor("destroy")
            for _ in range(SETTLE):
                self.floor("barrier")
        sandbox.drop(STATE)

    def file(self, name: str, text: str) -> str:
        path = self.work / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    # ----------------------------------------------------------------------------------------------------------- rows

    @contextmanager
    def section(self, section: str, what: str) -> Iterator[Callable[[Row], None]]:
        """A row, or several, that become one row with the reason when they cannot be measured."""
        try:
            yield self.report.add
        except Unavailable as reason:
            self.report.add(Row(section, what, skipped=str(reason)))

    def ratio(
        self,
        section: str,
        what: str,
        race: Race,
        name: str,
        base: str,
        goal: float | None = None,
        *,
        of: Callable[[Sample], float] = wall,
        base_of: Callable[[Sample], float] | None = None,
        label: str = "",
    ) -> None:
        """Add the row ``name`` against ``base``, both medians of ``race``, in ms. ``of``, ``base_of``: what of the samples."""
        base_of = base_of or of
        try:
            value, denominator = race.median(name, of), race.median(base, base_of)
        except Unavailable as reason:
            self.report.add(Row(section, what, skipped=str(reason)))
            return
        ratios = [of(one) / base_of(other) for one, other in zip(race.samples[name], race.samples[base], strict=True)]
        self.report.add(Row(section, what, value * 1e3, "ms", label or base, denominator * 1e3, min(ratios), max(ratios), goal))


def nsmgr_command() -> list[str]:
    """The console script beside this interpreter; where nsmgr is not installed, what that script does."""
    script = Path(sys.executable).parent / "nsmgr"
    if script.exists():
        return [str(script)]
    return [sys.executable, "-c", "import sys; from nsmgr.cli import main; sys.exit(main())"]


def environment() -> dict[str, str]:
    """Ours, with the package found wherever the command runs."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
