"""One piece of nsmgr's work through the library, with clocks in it. A program of its own, so that imports, memory and
sockets are one piece's only: ``python probe.py apply|make|check|plan|destroy FILE``.

The last line of output is key=value pairs. Times in ns: ``load_ns`` YAML → DesiredState, ``observe_ns`` and ``plan_ns`` the
sums of all calls, ``kernel_ns`` all of KernelPort.transact (encoding, system calls, decoding the answers), ``total_ns`` from
the first to the last of it without imports; ``verify_ns`` what an apply does after the last answer. ``make`` is apply's
observe, plan and execute alone: nothing is recorded, nothing read again. ``peak_kb`` is this process's own high-water mark.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from nsmgr import engine
from nsmgr.api import Deployment
from nsmgr.config import load
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import Observation, Want
from nsmgr.plan.plan import Batch, Plan, Verb, Verdict
from nsmgr.plan.planner import plan as make_plan
from nsmgr.plan.state import DesiredState, ObservedState

# What nsmgr imports at first use, inside the calls that are measured; here it counts as the start of the process.
LATE = ("ifinfmsg", "ifaddrmsg", "rtmsg", "fibmsg", "nsidmsg")

clocks = {"observe_ns": 0, "plan_ns": 0, "kernel_ns": 0}
answered_ns = 0
verbs: dict[Verb, int] = {}
renames: list[bool] = []  # of every step, whether it renames a link


class Timed(LinuxKernel):
    """The kernel, with a clock around its two large calls."""

    def observe(self, wants: Mapping[str, Want]) -> Observation:
        start = time.perf_counter_ns()
        try:
            return super().observe(wants)
        finally:
            clocks["observe_ns"] += time.perf_counter_ns() - start

    def transact(self, batch: Batch) -> list[Verdict]:
        for step in batch.steps:
            verbs[step.verb] = verbs.get(step.verb, 0) + 1
            renames.append("rename" in step.args)
        start = time.perf_counter_ns()
        try:
            return super().transact(batch)
        finally:
            global answered_ns
            answered_ns = time.perf_counter_ns()
            clocks["kernel_ns"] += answered_ns - start


def timed_plan(desired: DesiredState, observed: ObservedState) -> Plan:
    start = time.perf_counter_ns()
    try:
        return make_plan(desired, observed)
    finally:
        clocks["plan_ns"] += time.perf_counter_ns() - start


def main(piece: str, paths: Sequence[str]) -> int:
    vars(engine)["make_plan"] = timed_plan
    if piece != "plan":
        for name in LATE:
            importlib.import_module(f"pyroute2.netlink.rtnl.{name}")
    start = time.perf_counter_ns()
    desired = load(paths)
    loaded = time.perf_counter_ns()
    figures: dict[str, float] = {}
    if piece == "plan":
        figures["steps"] = len(timed_plan(desired, ObservedState()).steps)
        ended = time.perf_counter_ns()
    else:
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
        ended = time.perf_counter_ns()
        if piece == "apply" and answered_ns:
            figures["verify_ns"] = ended - answered_ns
        counters = kernel.counters
        figures |= {
            "writes": counters.writes,
            "reads": counters.reads,
            "bytes_out": counters.bytes_out,
            "bytes_in": counters.bytes_in,
        }
        kernel.close()
    figures |= {"load_ns": loaded - start, "total_ns": ended - start, "peak_kb": _peak()} | clocks
    figures["renames"] = sum(renames)
    figures |= {f"steps_{verb.name.lower()}": count for verb, count in verbs.items()}
    print(" ".join(f"{key}={value:d}" for key, value in figures.items()))
    return 0


def _peak() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
