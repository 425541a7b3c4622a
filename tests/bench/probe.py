"""One piece of nsmgr's work through the library, with clocks in it. A program of its own, so that imports, memory and
sockets are one piece's only: ``python probe.py load|plan|apply|make|check|destroy FILE``.

The last line of output is key=value pairs. Times in ns and without imports, which belong to the start of the process:
``load_ns`` YAML → DesiredState, ``observe_ns`` and ``plan_ns`` the sums of all calls, ``kernel_ns`` all of
KernelPort.transact (encoding, system calls, decoding the answers), ``total_ns`` from the first to the last of it;
``verify_ns`` what an apply does after the last answer. ``make`` is apply's observe, plan and execute alone: nothing is
recorded, nothing read again. ``peak_kb`` is this process's own high-water mark.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.clock import IMPORTS, Parts

parts = Parts()
parts.watch()
with parts.part(IMPORTS):
    from nsmgr import engine
    from nsmgr.api import Deployment
    from nsmgr.config import load
    from nsmgr.kernel.linux import LinuxKernel
    from nsmgr.kernel.port import Observation, Want
    from nsmgr.plan.plan import Batch, Plan, Verb, Verdict
    from nsmgr.plan.planner import plan as make_plan
    from nsmgr.plan.state import DesiredState, ObservedState

PIECES = ("load", "plan", "apply", "make", "check", "destroy")

verbs: dict[Verb, int] = {}
renames: list[bool] = []  # of every step, whether it renames a link


def now() -> int:
    """ns of this process's work, imports not counted."""
    parts.switch()
    return time.perf_counter_ns() - parts.spent.get(IMPORTS, 0)


class Timed(LinuxKernel):
    """The kernel, with a clock around its two large calls. ``answered``: when the last transact had its answers."""

    answered = 0

    def observe(self, wants: Mapping[str, Want], *, remember: bool = False) -> Observation:
        with parts.part("observe"):
            return super().observe(wants, remember=remember)

    def transact(self, batch: Batch) -> list[Verdict]:
        for step in batch.steps:
            verbs[step.verb] = verbs.get(step.verb, 0) + 1
            renames.append("rename" in step.args)
        with parts.part("kernel"):
            verdicts = super().transact(batch)
        self.answered = now()
        return verdicts


def timed_plan(desired: DesiredState, observed: ObservedState) -> Plan:
    with parts.part("plan"):
        return make_plan(desired, observed)


def main(piece: str, paths: Sequence[str]) -> int:
    if piece not in PIECES:
        print(f"usage: probe.py {'|'.join(PIECES)} FILE", file=sys.stderr)
        return 2
    vars(engine)["make_plan"] = timed_plan
    figures: dict[str, float] = {}
    start = now()
    with parts.part("load"):
        desired = load(paths)
    if piece == "load":
        ended = now()
    elif piece == "plan":
        # As an apply plans: it does so without the collector, through the engine.
        figures["steps"] = len(engine.plan(desired, ObservedState()).steps)
        ended = now()
    else:
        ended = _with_kernel(piece, desired, figures)
    figures |= {f"{name}_ns": parts.spent.get(name, 0) for name in ("load", "observe", "plan", "kernel")}
    figures |= {"total_ns": ended - start, "imports_ns": parts.spent[IMPORTS], "peak_kb": _peak(), "renames": sum(renames)}
    figures |= {f"steps_{verb.name.lower()}": count for verb, count in verbs.items()}
    print(" ".join(f"{key}={value:d}" for key, value in figures.items()))
    return 0


def _with_kernel(piece: str, desired: DesiredState, figures: dict[str, float]) -> int:
    """Do it, note what it came to, and return when it was done."""
    kernel = Timed()
    deployment = Deployment(desired, kernel=kernel)
    if piece == "apply":
        result = deployment.apply()
        figures["ok"] = result.ok
        figures["steps"] = sum(len(plan.steps) for plan in result.executed)
    elif piece == "make":
        figures["ok"] = all(verdict.ok for batch in deployment.plan().plan.batches() for verdict in kernel.transact(batch))
    elif piece == "check":
        figures["ok"] = not deployment.check()
    else:
        figures["ok"] = not deployment.destroy().still_alive
    ended = now()
    if piece == "apply" and kernel.answered:
        figures["verify_ns"] = ended - kernel.answered
    counters = kernel.counters
    figures |= {name: getattr(counters, name) for name in ("writes", "reads", "bytes_out", "bytes_in")}
    kernel.close()
    return ended


def _peak() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
