"""observe → plan → execute → verify, over any KernelPort; back to what was there if it cannot be done.

The one place that knows the whole sequence; the command line, the library and the test networks all call it.
"""

from __future__ import annotations

from nsmgr import journal, ownership
from nsmgr.context import Uncollected
from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel.port import KernelPort
from nsmgr.plan.plan import Plan
from nsmgr.plan.planner import plan as make_plan
from nsmgr.plan.state import DesiredState, ObservedState
from nsmgr.reading import Sight, observe, with_released
from nsmgr.rounds import MAX_ROUNDS, ApplyResult, Failure, Progress, Run, Shared
from nsmgr.secret import resolve
from nsmgr.store import Store
from nsmgr.teardown import DestroyResult, destroy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    from nsmgr.memo import Memo
    from nsmgr.plan.undo import Told, Undo

    OnError: TypeAlias = Literal["rollback", "stop", "continue"]


def plan(desired: DesiredState, observed: ObservedState) -> Plan:
    """The whole plan, including what must go from namespaces that left the file."""
    with Uncollected():
        return _planned(with_released(resolve(desired), observed), observed)


def _planned(desired: DesiredState, observed: ObservedState) -> Plan:
    """The plan; what the kernel lacks is told with the lines that ask for it."""
    try:
        return make_plan(desired, observed)
    except UnsupportedByKernel as error:
        from nsmgr import config

        error.locate(lambda path: config.locate(desired, path))
        raise


def check(desired: DesiredState, kernel: KernelPort, store: Store, *, memo: Memo | None = None) -> Plan:
    """The differences between the kernel and the description; empty = in sync. Writes nothing but the ``memo``."""
    with Uncollected():
        sight = Sight() if memo is not None else None
        differences = plan(desired, observe(desired, kernel, store, sight))
        # An apply would bring the record's file names up to date: a memo must not keep it from that.
        if sight is not None and sight.files in ([], list(desired.files)):
            _remember(memo, store, desired, differences, sight)
        return differences


def _remember(memo: Memo | None, store: Store, desired: DesiredState, differences: Plan, sight: Sight | None) -> None:
    if memo is not None and sight is not None and sight.impressions and not differences and not differences.warnings:
        if store.pending(desired.name):
            return  # which the next command must look at
        memo.keep(desired, sight.impressions)


def apply(
    desired: DesiredState,
    kernel: KernelPort,
    store: Store,
    *,
    saved: Plan | None = None,
    guard: Callable[[ObservedState], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
    planned: Callable[[Plan], None] | None = None,
    notice: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
    on_error: OnError = "rollback",
    lock_timeout: float = 10.0,
    memo: Memo | None = None,
) -> ApplyResult:
    """Make it so, or leave it as it was.

    Args:
        saved: carry out exactly this plan instead of planning; ``guard`` must then refuse (StalePlan) a state that moved.
        guard: called with the observed state under the lock, before anything is done.
        planned: told the plan before the first change. progress: told after each batch. notice: told what has become of an
            earlier apply that waited for its confirmation (:mod:`nsmgr.confirm`).
        stop: asked between batches; True ends the apply there with result "interrupted".
        on_error: after a refusal, a difference that stays, or an interrupt: "rollback" goes back to what was there before; "stop"
            sends nothing more and leaves it at that; "continue" does whatever does not depend on what failed.
        memo: where to note that there was nothing to do.

    Returns:
        ApplyResult; ``result`` "failed" when the kernel refused something or the re-read still differs, "rolled_back" or
        "rollback_incomplete" when that was followed by the way back.

    Raises:
        LockHeld, ConflictError, UnsupportedByKernel, StalePlan …: before anything was touched.
    """
    with Uncollected(), store.lock(desired.name, lock_timeout), Shared(store, lock_timeout) as shared:
        if store.pending(desired.name):
            from nsmgr.confirm import settle

            settle(desired.name, kernel, store, notice)
        described = resolve(desired)
        writes_before = kernel.counters.writes
        sight = Sight() if memo is not None else None
        interrupted = journal.read(store, desired.name)
        wanted = bool(described.namespaces)
        while True:
            observed = observe(described, kernel, store, sight)
            if guard is not None:
                guard(observed)
            desired = with_released(described, observed)
            first = saved if saved is not None else _planned(desired, observed)
            if not shared.take(first, observed):
                break
        if planned is not None:
            planned(first)
        result = ApplyResult(desired.name, first)
        if not first:
            run = Run(desired, kernel, store, progress, stop)
            run.record_files(ownership.forget_missing(observed.owned, observed.namespaces))
            if interrupted is not None:  # what was to be done has been done, and nobody had written that down
                _keep(store, desired, interrupted.undo, wanted)
                journal.forget(store, desired.name)
            elif not wanted and store.has(desired.name):
                store.remove(desired.name)
            _remember(memo, store, desired, first, sight)
            return result
        from nsmgr.plan.undo import undo

        # What is there already, and may have to be brought back, is looked at more closely than a plan needs.
        touched = {operation.netns for operation in first.operations}
        known = touched.isdisjoint(observed.namespaces)
        told = None if known else _told(store, desired.name)
        before = observed if told is None else observe(desired, kernel, store, undoable=True, told=told)
        log = journal.Journal(store, desired.name, undo(desired, before, first, told))
        run = Run(desired, kernel, store, progress, stop, journal=log, halt=on_error != "continue")
        try:
            current = first
            while not run.round(result, current, observed):
                observed = observe(desired, kernel, store)
                observed.live_rename = run.live_rename
                current = make_plan(desired, observed)
                log.extend(undo(desired, observed, current, told))
        except Exception:
            if on_error == "rollback":
                _undo(result, log, kernel, store, progress)
            raise
        finally:
            log.close()
        if result.ok:
            _keep(store, desired, log.undo, wanted)
            log.done()
        elif on_error == "rollback":
            _undo(result, log, kernel, store, progress)
        result.writes = kernel.counters.writes - writes_before
        return result


def _told(store: Store, name: str) -> Told:
    from nsmgr import history

    return history.told(store, name)


def _keep(store: Store, desired: DesiredState, way_back: Undo, wanted: bool) -> None:
    """A generation of its own, unless the deployment is no more: nothing is ``wanted`` (what is recorded yet is others' by now)."""
    from nsmgr import history

    if wanted and store.has(desired.name):
        history.keep(store, desired, way_back)
    elif store.pending(desired.name):  # nobody has confirmed that there is to be nothing
        store.remove_record(desired.name)
        history.keep(store, desired, way_back)
    else:
        store.remove(desired.name)


def _undo(
    result: ApplyResult, log: journal.Journal, kernel: KernelPort, store: Store, progress: Callable[[Progress], None] | None
) -> None:
    from nsmgr.rollback import go_back

    result.lost, result.cause = log.undo.lost, result.result
    result.rollback = go_back(result.deployment, log.undo, kernel, store, progress)
    complete = result.rollback.ok and not log.undo.lost
    result.result = "rolled_back" if complete else "rollback_incomplete"
    if result.rollback.ok:
        log.done()


__all__ = [
    "MAX_ROUNDS",
    "ApplyResult",
    "DestroyResult",
    "Failure",
    "Progress",
    "apply",
    "check",
    "destroy",
    "observe",
    "plan",
]
