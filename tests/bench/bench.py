"""What every suite needs: the sizes, the floor, the command under test, and short ways to make a row of a race."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nsmgr.kernel import libc, netns
from tests.bench import sandbox
from tests.bench.measure import Race, Sample, Unavailable, run
from tests.bench.report import Point, Report, Row

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
STATE = Path("/run/nsmgr")
SOURCES = ("floor.c", "oneplace.c", "netlink.c")
MEMOS = "*.memo"  # in STATE; docs/design/008-memo.md
IFA_F_TENTATIVE = 0x40  # linux/if_addr.h
SETTLE = 2  # barriers after a removal: its memory is freed by RCU callbacks, which slow the next sample by a fifth


def figure(name: str) -> Callable[[Sample], float]:
    """Reads one of the times that a program printed about itself, ``<name>_ns``, in seconds."""
    return lambda sample: sample.figures[f"{name}_ns"] / 1e9


def figure_each(name: str, n: int) -> Callable[[Sample], float]:
    """As :func:`figure`, for one of ``n``."""
    return lambda sample: sample.figures[f"{name}_ns"] / 1e9 / n


def peak(name: str = "") -> Callable[[Sample], float]:
    """Peak memory in MiB: of the process, or as the program ``name`` of several told it itself."""
    return lambda sample: (sample.figures[f"{name}_peak_kb"] if name else sample.peak) / 1024


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
                run([compiler, "-O2", "-o", target, *(str(HERE / source) for source in SOURCES)])
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

    @staticmethod
    def forget() -> None:
        """Remove what nsmgr remembers of its last look: the next run is a first run."""
        for memo in STATE.glob(MEMOS):
            memo.unlink()

    @staticmethod
    def settle() -> None:
        """Wait until no namespace has an address whose duplicate address detection is going on: its end is a change."""

        def tentative(fd: int) -> bool:
            libc.setns(fd)
            lines = Path("/proc/thread-self/net/if_inet6").read_text(encoding="ascii").splitlines()
            return any(int(line.split()[4], 16) & IFA_F_TENTATIVE for line in lines)

        for name in netns.entries():
            fd = os.open(netns.path_of(name), os.O_RDONLY | os.O_CLOEXEC)
            try:
                while netns.in_thread(partial(tentative, fd)):
                    time.sleep(0.01)  # no event to wait for from outside the namespace; nothing is being measured here
            finally:
                os.close(fd)

    def file(self, name: str, text: str) -> str:
        path = self.work / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    # ----------------------------------------------------------------------------------------------------------- rows

    def section(self, section: str, what: str) -> AbstractContextManager[Callable[[Row], None]]:
        return self.report.section_of(section, what)

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
        unit: str = "ms",
        scale: float = 1e3,
    ) -> None:
        """Add the row ``name`` against ``base``, both medians of ``race``.

        of, base_of: what of the samples; times ``scale`` it is in ``unit``.
        """
        base_of = base_of or of
        with self.section(section, what) as add:
            value, denominator = race.median(name, of), race.median(base, base_of)
            ratios = [of(one) / base_of(other) for one, other in zip(race.samples[name], race.samples[base], strict=True)]
            low, high = min(ratios), max(ratios)
            add(Row(section, what, value * scale, unit, label or base, denominator * scale, low, high, goal))

    def point(self, chart: str, series: str, n: int, race: Race, name: str, of: Callable[[Sample], float] = wall) -> None:
        """A point of the plot: the median of ``name``, in µs for one of the ``n``. A contender that was out has none."""
        if name in race.samples and name not in race.out:
            self.report.points.append(Point(chart, series, n, race.median(name, of) / n * 1e6))


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
