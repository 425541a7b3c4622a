"""Rows and what becomes of them: a table on the terminal, JSON, Markdown."""

from __future__ import annotations

import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from tests.bench.measure import Unavailable


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. With ``against`` it is a ratio, and ``goal`` speaks of the ratio; else ``goal`` speaks of the value.

    value, base: in ``unit``, medians of the same run; low, high: smallest and largest ratio of any round; skipped: why
    there is no figure.
    """

    section: str
    what: str
    value: float = 0.0
    unit: str = ""
    against: str = ""
    base: float = 0.0
    low: float = 0.0
    high: float = 0.0
    goal: float | None = None
    skipped: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.base if self.against and self.base else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without goal or figure."""
        if self.goal is None or self.skipped:
            return None
        reached = self.ratio if self.against else self.value
        return reached is not None and reached <= self.goal

    def cells(self) -> tuple[str, str, str, str, str]:
        """what · this · against · ratio · goal"""
        if self.skipped:
            return self.what, "–", f"skipped: {self.skipped}", "", ""
        ratio, spread = "", ""
        if self.ratio is not None:
            ratio = f"{short(self.ratio)}×"
            spread = f" ({short(self.low)}–{short(self.high)})" if self.high else ""
        against = f"{self.against} {short(self.base)} {self.unit}" if self.against else ""
        goal = ""
        if self.goal is not None:
            goal = f"≤ {self.goal:g}{'×' if self.against else ''} {'met' if self.met else 'MISSED'}"
        return self.what, f"{short(self.value)} {self.unit}", against, ratio + spread, goal


def short(number: float) -> str:
    """Three significant digits, without an exponent."""
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) >= 1 and abs(number) < 10 else f"{number:.3g}"


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the plot: in the panel ``chart`` the line ``series`` passes through (n, value µs)."""

    chart: str
    series: str
    n: int
    value: float


@dataclass(slots=True)
class Report:
    """The rows of one run. ``show`` prints each as it comes."""

    mode: str
    rows: list[Row] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    section: str = ""
    crashed: int = 0
    machine: dict[str, Any] = field(default_factory=lambda: machine())

    @contextmanager
    def section_of(self, section: str, what: str) -> Iterator[Callable[[Row], None]]:
        """A row, or several, that become one row with the reason when they cannot be measured: whatever goes wrong in one, the
        others are still measured. What we did not foresee is shown with its traceback and counted."""
        try:
            yield self.add
        except Unavailable as reason:
            self.add(Row(section, what, skipped=str(reason)))
        except Exception as error:
            traceback.print_exc()
            self.crashed += 1
            self.add(Row(section, what, skipped=f"failed: {type(error).__name__}: {error}"))

    def add(self, row: Row) -> None:
        if row.section != self.section:
            self.section = row.section
            print(f"\n{row.section}")
        self.rows.append(row)
        what, value, against, ratio, goal = row.cells()
        print(f"  {what:<58} {value:>13}   {against:<40} {ratio:<20} {goal}".rstrip(), flush=True)

    def document(self) -> dict[str, object]:
        """The whole run as JSON; format_version changes when a field changes its meaning."""
        rows = [asdict(row) | {"ratio": row.ratio, "met": row.met} for row in self.rows]
        points = [asdict(point) for point in self.points]
        return {"format_version": 2, "mode": self.mode, "machine": self.machine, "rows": rows, "points": points}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Report:
        """A report from :meth:`document`, to draw or print it again."""
        report = cls(document["mode"], machine=document["machine"])
        report.rows = [Row(**{f.name: row[f.name] for f in fields(Row)}) for row in document["rows"]]
        report.points = [Point(**point) for point in document["points"]]
        return report

    def markdown(self) -> Iterator[str]:
        yield f"{machine_line(self.machine)}, {'quick' if self.mode == 'quick' else 'full'} run."
        section = ""
        for row in self.rows:
            if row.section != section:
                section = row.section
                yield f"\n### {section}\n\n| what | nsmgr | against | ratio (smallest–largest round) | goal |"
                yield "|---|---:|---|---|---|"
            yield "| " + " | ".join(row.cells()) + " |"


BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


ALT = "Fresh apply: microseconds a namespace over their number. Nothing to do: microseconds a link over their number."


def write_markdown(path: Path, report: Report, plot: Path | None = None) -> None:
    """Replace what stands between the two marks in ``path``, with the picture ``plot`` above the table; a file without them is
    written whole."""
    picture = [f"![{ALT}]({os.path.relpath(plot, path.parent)})\n"] if plot is not None else []
    table = "\n".join([BEGIN, *picture, *report.markdown(), END])
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    path.write_text(before + table + after if found and closed else table + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    return {
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "python": f"{sys.implementation.name} {platform.python_version()}",
        "load": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d"),
    }


def machine_line(facts: Mapping[str, Any]) -> str:
    return (
        f"{facts['date']}, Linux {facts['kernel']} {facts['architecture']}, {facts['cpus']} CPUs, "
        f"load {facts['load']:.1f} when it began, {facts['python']}"
    )
