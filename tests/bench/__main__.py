"""``python -m tests.bench``: every figure of one machine in one run, printed as a table of ratios."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import counts, sandbox, suites
from tests.bench.bench import Bench
from tests.bench.measure import Unavailable
from tests.bench.report import Report, Row, machine_line, write_markdown

SUITES: dict[str, Callable[[Bench], None]] = {
    "same": suites.same,
    "counts": counts.counts,
    "start": suites.start,
    "create": suites.create,
    "destroy": suites.destroy,
    "noop": suites.noop,
    "growth": suites.growth,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes and three rounds: a minute instead of ten")
    parser.add_argument("--only", metavar="SUITE", action="append", choices=SUITES, help=f"one of {', '.join(SUITES)}; repeatable")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there as well")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table into FILE, between the marks it has for it")
    options = parser.parse_args()
    for path in (options.json, options.markdown):
        if path is not None and not path.parent.is_dir():
            parser.error(f"no directory {path.parent}")
    files = [path.absolute() if path is not None else None for path in (options.json, options.markdown)]
    report = Report("quick" if options.quick else "full")
    try:
        work = sandbox.enter()
    except OSError as error:
        print(f"error: no private namespaces: {error.strerror}\nhint: run it as root, or allow user namespaces", file=sys.stderr)
        return 1
    bench = Bench(work, report, options.quick)
    print(f"{machine_line()}; medians of {bench.rounds} interleaved rounds; ratios in brackets: smallest and largest round")
    for name, suite in SUITES.items():
        if options.only and name not in options.only:
            continue
        try:
            suite(bench)
        except Unavailable as reason:
            report.add(Row(name, name, skipped=str(reason)))
    as_json, as_markdown = files
    if as_json is not None:
        as_json.write_text(json.dumps(report.document(), indent=1) + "\n", encoding="utf-8")
    if as_markdown is not None:
        write_markdown(as_markdown, report)
    missed = [row for row in report.rows if row.met is False]
    print(f"\n{len(report.rows)} rows, {len(missed)} goals missed, {sum(bool(row.skipped) for row in report.rows)} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
