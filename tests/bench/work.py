"""How much work Python does, counted and not timed: ``python work.py FILE`` loads, plans, applies and checks it.

The last line of output is key=value pairs. Of each phase, ``<phase>_calls`` (functions, Python's and C's) and ``<phase>_lines``
(lines executed, so a loop without a call is seen as well; what loops inside one call of C, as ``x in list``, is not: that is
found by the timed rows "growth" of the benchmark). Of those that talk to the kernel also ``<phase>_messages`` and
``<phase>_bytes``, both ways.

The phases: load · plan, of a network that does not exist · apply · check, without what nsmgr remembers · again, with it.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from nsmgr import engine
from nsmgr.api import Deployment
from nsmgr.config import load
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.plan.state import ObservedState
from tests.bench.bench import Bench

PHASES = ("load", "plan", "apply", "check", "again")

figures: dict[str, int] = {}


@contextmanager
def counted(phase: str) -> Iterator[None]:
    """Note the events of the block in ``figures``."""
    calls = lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal calls, lines
        if event == "line":
            lines += 1
        elif event == "call":
            calls += 1
        return trace

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        if event == "c_call":
            calls += 1

    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
        sys.setprofile(None)
        figures[f"{phase}_calls"], figures[f"{phase}_lines"] = calls, lines


def with_kernel(phase: str, work: Callable[[Deployment], object], deployment: Deployment) -> None:
    """``work`` on a kernel object of its own: nothing learned before makes it cheaper."""
    kernel = LinuxKernel()
    deployment = Deployment(deployment.desired, kernel=kernel)
    with counted(phase):
        work(deployment)
    counters = kernel.counters
    figures[f"{phase}_messages"] = counters.writes + counters.reads
    figures[f"{phase}_bytes"] = counters.bytes_out + counters.bytes_in
    kernel.close()


def main(path: str) -> int:
    gc.disable()  # finalizers would run when chance wants
    with counted("load"):
        desired = load([path])
    with counted("plan"):
        engine.plan(desired, ObservedState())
    deployment = Deployment(desired)
    with_kernel("apply", Deployment.apply, deployment)
    Bench.forget()
    with_kernel("check", Deployment.check, deployment)
    with_kernel("again", Deployment.check, deployment)
    print(" ".join(f"{key}={value}" for key, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
