"""The plot of docs/performance.md: what one namespace, or one link, costs, over their number."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from pathlib import Path
from typing import Any

from tests.bench.measure import Unavailable
from tests.bench.report import Point, Report

CHARTS = {
    "apply": ("Fresh apply", "namespaces", "µs a namespace"),
    "check": ("Nothing to do: reading and comparing", "links", "µs a link"),
}
# Middle tones and a transparent ground: as readable on white as on black. One colour a contender in both charts.
INK = "#808080"
STYLES = {
    "nsmgr, whole process": ("#1f9e89", "o", "-"),
    "nsmgr, kernel phase": ("#1f9e89", "o", "--"),
    "nsmgr check, no imports": ("#1f9e89", "o", "-"),
    "C": ("#4f8fdd", "s", "-"),
    "C dump": ("#4f8fdd", "s", "-"),
    "ip -batch": ("#e08214", "^", "-"),
    "pyroute2": ("#c060c0", "D", "-"),
    "IfState": ("#d0504f", "v", "-"),
}


def write_plot(path: Path, report: Report) -> None:
    """Draw ``report.points`` as SVG; the same points make the same file. Raises Unavailable without matplotlib."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator
    except ImportError as error:
        raise Unavailable("matplotlib is not installed: pip install 'nsmgr[bench]'") from error
    settings = {
        "svg.hashsalt": "nsmgr",  # ids without chance
        "svg.fonttype": "none",  # text stays text
        "font.family": "sans-serif",
        "font.size": 9,
        "path.simplify": True,
        **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    }
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(8.4, 3.6), layout="constrained")
        for axes, (chart, words) in zip(figure.subplots(1, len(CHARTS)), CHARTS.items(), strict=True):
            _chart(axes, LogLocator(subs=(1, 2, 5)), [point for point in report.points if point.chart == chart], *words)
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})


def _chart(axes: Any, locator: Any, points: Sequence[Point], title: str, unit: str, cost: str) -> None:
    axes.set_title(title)
    axes.set_xlabel(unit)
    axes.set_ylabel(cost)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(visible=True, which="major", color=INK, alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    for series, (color, marker, line) in STYLES.items():
        mine = sorted((point.n, point.value) for point in points if point.series == series)
        if mine:
            axes.plot(
                [n for n, _ in mine],
                [value for _, value in mine],
                line,
                color=color,
                marker=marker,
                markersize=4,
                linewidth=1.4,
                label=series,
            )
    sizes = sorted({point.n for point in points})
    axes.set_xticks(sizes, [f"{size:,}" if log10(size).is_integer() else "" for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_locator(locator)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    if sizes:
        axes.legend(frameon=False, fontsize=8)
