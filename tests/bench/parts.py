"""The command line with clocks in it: ``python parts.py VERB FILE`` does what ``nsmgr VERB FILE`` does.

The last line of output is key=value pairs, ns by part, named ``<part>_ns``; ``began_ns`` and ``ended_ns``: the first and the last
moment of this program on the monotonic clock, from which the caller knows what came before (the interpreter) and after.
"""

from __future__ import annotations

import sys
import time

began = time.monotonic_ns()

from tests.bench.clock import Parts  # noqa: E402  # its own import is to be seen, too

# Where the work of a verb is done: module → function → part of the time.
HOOKS = {
    "nsmgr.config.loader": {"load": "load"},
    "nsmgr.reading": {"observe": "observe", "reread": "verify"},
    "nsmgr.plan.verify": {"as_declared": "verify"},
    "nsmgr.plan.planner": {"plan": "plan"},
    "nsmgr.plan.plan": {"Plan.batches": "plan"},
    "nsmgr.kernel.linux": {"LinuxKernel.transact": "kernel", "LinuxKernel.wait_gone": "waiting", "LinuxKernel.probe": "observe"},
    "nsmgr.store": {"Store.write": "record", "Store.read": "record", "Store.deployments": "record"},
    "nsmgr.ownership": {"intend": "record", "settle": "record", "forget_missing": "record", "restrict": "record"},
    "nsmgr.render.text": {"plan_text": "text"},
    "nsmgr.render.report": {"apply_outcomes": "text"},
}
WHOLE = frozenset({"load", "observe", "verify", "kernel", "record", "text", "waiting"})


def main() -> int:
    parts = Parts(WHOLE)
    parts.watch(HOOKS)
    from nsmgr.cli import invoke, output

    output.settings.last_act = True
    status = invoke(sys.argv[1:])
    parts.switch()
    figures = {f"{name}_ns": spent for name, spent in parts.spent.items()}
    figures |= {"began_ns": began, "ended_ns": time.monotonic_ns()}
    print(" ".join(f"{key}={value}" for key, value in figures.items()), flush=True)
    return status


if __name__ == "__main__":
    import os

    os._exit(main())  # as the console script ends
