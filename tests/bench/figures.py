"""The figures that are the same on every machine, as JSON: ``python -m tests.bench.figures``. tests/kernel asserts them.

system_calls: by name, per namespace of a fresh apply, or ``no_system_calls`` with the reason; writes, reads, bytes_out: the
same slope of nsmgr's counters; noop_writes, links_moved, renames: counts.
"""

from __future__ import annotations

import json
import sys

from tests.bench import gen, sandbox
from tests.bench.bench import STATE, Bench, nsmgr_command
from tests.bench.counts import LARGE, SMALL, between, per_namespace, system_calls
from tests.bench.measure import Unavailable
from tests.bench.report import Report


def main() -> int:
    try:
        bench = Bench(sandbox.enter(), Report("figures"), quick=True)
    except OSError as error:
        print(f"no private namespaces: {error}", file=sys.stderr)
        return 1
    calls: list[dict[str, int]] = []
    applied: dict[int, dict[str, float]] = {}
    result: dict[str, object] = {}
    for n in (SMALL, LARGE):
        path = bench.file("star.yaml", gen.star(n))
        sandbox.drop(STATE)
        try:
            calls.append(system_calls([*nsmgr_command(), "apply", path], bench.work))
        except Unavailable as reason:
            result["no_system_calls"] = str(reason)
        sandbox.drop(STATE)
        applied[n] = bench.probe("apply", path).figures
    if len(calls) == 2:
        result["system_calls"] = per_namespace(*calls)
    result |= {name: between(applied, name) for name in ("writes", "reads", "bytes_out")}
    result |= {"links_moved": applied[LARGE].get("steps_link_move", 0), "renames": applied[LARGE]["renames"]}
    result["noop_writes"] = bench.probe("apply", path).figures["writes"]
    json.dump(result, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
