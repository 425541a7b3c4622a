"""``python -m tests.bench``: every figure of one machine in one run, printed as a table of ratios."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import counts, growth, limits, sandbox, suites, unchanged
from tests.bench.bench import Bench
from tests.bench.measure import Unavailable
from tests.bench.plot import write_plot
from tests.bench.report import Report, machine_line, write_markdown

SUITES: dict[str, Callable[[Bench], None]] = {
    "same": suites.same,
    "counts": counts.counts,
    "start": unchanged.start,
    "create": suites.create,
    "destroy": suites.destroy,
    "remove": suites.remove,
    "noop": unchanged.noop,
    "growth": growth.growth,
    "file": growth.long_file,
    "places": growth.places,
    "limits": limits.limits,
}
# What a minute is not enough for.
SLOW = {"limits"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and three rounds: a minute instead of a quarter of an hour"
    )
    parser.add_argument("--only", metavar="SUITE", action="append", choices=SUITES, help=f"one of {', '.join(SUITES)}; repeatable")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there as well")
    parser.add_argument(
        "--markdown", metavar="FILE", type=Path, help="write the table, and the --plot, into FILE between its marks"
    )
    parser.add_argument("--plot", metavar="FILE", type=Path, help="draw them as SVG (needs matplotlib: the extra `bench`)")
    parser.add_argument(
        "--from", metavar="FILE", type=Path, dest="source", help="measure nothing: the figures of an earlier --json"
    )
    options = parser.parse_args()
    outputs: list[Path | None] = [options.json, options.markdown, options.plot]
    for path in outputs:
        if path is not None and not path.parent.is_dir():
            parser.error(f"no directory {path.parent}")
    as_json, as_markdown, as_plot = [path.absolute() if path is not None else None for path in outputs]
    if options.source is not None:
        report = Report.read(json.loads(options.source.read_text(encoding="utf-8")))
    else:
        report = Report("quick" if options.quick else "full")
        try:
            measure(report, options.only or [name for name in SUITES if not (options.quick and name in SLOW)])
        except OSError as error:
            print(f"error: no private namespaces: {error.strerror}", file=sys.stderr)
            print("hint: run it as root, or allow user namespaces", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\ninterrupted: what has been measured is kept", file=sys.stderr)
    if as_json is not None:
        as_json.write_text(json.dumps(report.document(), indent=1) + "\n", encoding="utf-8")
    if as_plot is not None:
        try:
            write_plot(as_plot, report)
        except Unavailable as reason:
            print(f"no plot: {reason}", file=sys.stderr)
            as_plot = None
    if as_markdown is not None:
        write_markdown(as_markdown, report, as_plot)
    return 1 if report.crashed else 0


def measure(report: Report, names: list[str]) -> None:
    """Run the suites. Raises OSError where no private namespaces are to be had."""
    began = time.monotonic()
    bench = Bench(sandbox.enter(), report, report.mode == "quick")
    print(machine_line(report.machine))
    print(f"medians of {bench.rounds} interleaved rounds; in brackets: smallest and largest ratio of a round")
    for name, suite in SUITES.items():
        if name in names:
            with bench.section(name, name):
                suite(bench)
    missed = sum(row.met is False for row in report.rows)
    skipped = sum(bool(row.skipped) for row in report.rows)
    words = f"{len(report.rows)} rows, {missed} goals missed, {skipped} skipped"
    print(f"\n{words}, {report.crashed} of them for a reason that is ours" if report.crashed else f"\n{words}")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
