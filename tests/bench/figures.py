"""The figures that are the same on every machine, as JSON; tests/kernel/test_figures.py asserts them.

``python -m tests.bench.figures``: the star. system_calls: by name, per namespace of a fresh apply, or ``no_system_calls`` with the
reason; writes, reads, bytes_out: the same slope of nsmgr's counters; noop_writes, links_moved, renames: counts.

``python -m tests.bench.figures NETWORK``: by figure, what one more object costs between the first and the second of SIZES, and
between the first and the third. Where the third is no dearer than the second, the cost is linear.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial

from tests.bench import gen, sandbox
from tests.bench.bench import HERE, STATE, Bench, environment, nsmgr_command
from tests.bench.counts import LARGE, SMALL, between, per_namespace, system_calls
from tests.bench.measure import Unavailable, run
from tests.bench.report import Report

# Objects. The first is what is paid once, the slow first instances of a record among it (nsmgr.record.PATIENCE); the others are
# far enough apart for one line in n² to stand out of a thousand in n.
SIZES = (24, 64, 424)

NETWORKS: dict[str, Callable[[int], str]] = {
    "star": gen.star,
    "ring": partial(gen.ring, links=2),
    "ports": partial(gen.pairs, bridge=True),
    "routes": gen.routes,
}


def star_figures(bench: Bench) -> dict[str, object]:
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
    return result


def growth_figures(bench: Bench, network: str) -> dict[str, object]:
    found: list[dict[str, float]] = []
    result: dict[str, object] = {}
    seedless = environment() | {"PYTHONHASHSEED": "0"}
    for n in SIZES:
        path = bench.file("network.yaml", NETWORKS[network](n))
        sandbox.drop(STATE)
        figures = run([sys.executable, str(HERE / "work.py"), path], env=seedless).figures
        sandbox.drop(STATE)
        for verb in ("apply", "check"):
            try:
                figures[f"{verb}_system_calls"] = sum(system_calls([*nsmgr_command(), verb, path], bench.work).values())
            except Unavailable as reason:
                result["no_system_calls"] = str(reason)
        found.append(figures)
    first, second, third = found
    result["cost"] = {
        key: [(later[key] - first[key]) / (n - SIZES[0]) for later, n in ((second, SIZES[1]), (third, SIZES[2]))] for key in first
    }
    return result


def main() -> int:
    try:
        bench = Bench(sandbox.enter(), Report("figures"), quick=True)
    except OSError as error:
        print(f"no private namespaces: {error}", file=sys.stderr)
        return 1
    json.dump(growth_figures(bench, sys.argv[1]) if len(sys.argv) > 1 else star_figures(bench), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
