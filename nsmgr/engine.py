"""observe → plan → execute → verify, over any KernelPort.

The one place that knows the whole sequence; the command line, the library and the test networks all call it.
"""

from __future__ import annotations

import errno

from nsmgr import ownership
from nsmgr.context import Uncollected
from nsmgr.errors import UnsupportedByKernel
from nsmgr.kernel.port import KernelPort
from nsmgr.plan.plan import Action, Batch, Operation, Plan, Step, Verb, Verdict
from nsmgr.plan.planner import plan as make_plan
from nsmgr.plan.state import DesiredState, ObservedState, Owned
from nsmgr.plan.verify import as_declared
from nsmgr.reading import Sight, observe, reread, with_released
from nsmgr.record import Record, field, replace
from nsmgr.secret import resolve
from nsmgr.store import DeploymentRecord, Store
from nsmgr.teardown import DestroyResult, destroy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from nsmgr.memo import Memo

# How often observe-and-plan-again may answer the kernel's surprises (a second writer, a cascade not foreseen).
MAX_ROUNDS = 4

# Refusals that mean "the state is not what it was when it was observed": observe and plan again.
_MOVED = frozenset((errno.EEXIST, errno.EBUSY, errno.ENODEV, errno.ESRCH, errno.EADDRNOTAVAIL, -1))


class Progress(Record, frozen=True):
    """done of total steps; ``batch`` is the one just answered."""

    done: int
    total: int
    batch: Batch


class Failure(Record, frozen=True):
    operation: Operation
    step: Step
    verdict: Verdict


class ApplyResult(Record):
    """What came of an apply.

    plan: what the first round set out to do (what people were shown); executed: every round's plan.
    verdicts: by (round, step id). remaining: differences the re-read still shows; empty or None when it verified.
    result: done · failed · interrupted. writes: netlink requests that change something, sysctl writes, ioctls.
    """

    deployment: str
    plan: Plan
    result: str = "done"
    executed: list[Plan] = field(default_factory=list)
    rounds: list[dict[int, Verdict]] = field(default_factory=list)
    remaining: Plan | None = None
    writes: int = 0

    @property
    def verdicts(self) -> dict[int, Verdict]:
        """Verdicts of the first round, by step id of ``plan``."""
        return self.rounds[0] if self.rounds else {}

    @property
    def ok(self) -> bool:
        return self.result == "done"

    def failures(self) -> list[Failure]:
        """What the kernel refused in the last round."""
        if not self.executed:
            return []
        plan, verdicts = self.executed[-1], self.rounds[-1]
        operations = {operation.id: operation for operation in plan.operations}
        return [
            Failure(operations[step.op], step, verdict)
            for step in plan.steps
            if (verdict := verdicts.get(step.id)) is not None and verdict.errno != 0 and not verdict.skipped
        ]

    def skipped(self) -> list[Operation]:
        """Operations of the last round of which a step was not carried out because of an earlier failure or an interrupt."""
        if not self.executed:
            return []
        plan, verdicts = self.executed[-1], self.rounds[-1]
        failed = {failure.operation.id for failure in self.failures()}
        left = {step.op for step in plan.steps if (verdict := verdicts.get(step.id)) is None or verdict.skipped} - failed
        return [operation for operation in plan.operations if operation.id in left]

    def done(self) -> list[Operation]:
        """Operations of the last round whose every step the kernel accepted."""
        if not self.executed:
            return []
        bad = {failure.operation.id for failure in self.failures()} | {operation.id for operation in self.skipped()}
        return [operation for operation in self.executed[-1].operations if operation.id not in bad]


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
            _remember(memo, desired, differences, sight)
        return differences


def _remember(memo: Memo | None, desired: DesiredState, differences: Plan, sight: Sight | None) -> None:
    if memo is not None and sight is not None and sight.impressions and not differences and not differences.warnings:
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
    stop: Callable[[], bool] | None = None,
    lock_timeout: float = 10.0,
    memo: Memo | None = None,
) -> ApplyResult:
    """Make it so.

    Args:
        saved: carry out exactly this plan instead of planning; ``guard`` must then refuse (StalePlan) a state that moved.
        guard: called with the observed state under the lock, before anything is done.
        planned: told the plan before the first change. progress: told after each batch.
        stop: asked between batches; True ends the apply there with result "interrupted".
        memo: where to note that there was nothing to do.

    Returns:
        ApplyResult; ``result`` "failed" when the kernel refused something or the re-read still differs.

    Raises:
        LockHeld, ConflictError, UnsupportedByKernel, StalePlan …: before anything was touched.
    """
    with Uncollected(), store.lock(desired.name, lock_timeout):
        desired = resolve(desired)
        writes_before = kernel.counters.writes
        sight = Sight() if memo is not None else None
        observed = observe(desired, kernel, store, sight)
        if guard is not None:
            guard(observed)
        desired = with_released(desired, observed)
        first = saved if saved is not None else _planned(desired, observed)
        if planned is not None:
            planned(first)
        result = ApplyResult(desired.name, first)
        run = _Run(desired, kernel, store, progress, stop)
        if not first:
            run.record_files(ownership.forget_missing(observed.owned, observed.namespaces))
            _remember(memo, desired, first, sight)
            return result
        current = first
        while not run.round(result, current, observed):
            observed = observe(desired, kernel, store)
            observed.live_rename = run.live_rename
            current = make_plan(desired, observed)
        result.writes = kernel.counters.writes - writes_before
        return result


class _Run:
    """One apply under its lock: rounds of execute, re-read and settle until nothing differs or nothing more can be done."""

    def __init__(
        self,
        desired: DesiredState,
        kernel: KernelPort,
        store: Store,
        progress: Callable[[Progress], None] | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self.desired, self.kernel, self.store, self.progress, self.stop = desired, kernel, store, progress, stop
        self.record = store.read(desired.name) or DeploymentRecord(desired.name)
        self.live_rename = True

    def record_files(self, owned: Owned) -> None:
        """Keep the record true on a no-op; it is written only when it says something new."""
        before = (self.record.files, self.record.namespaces)
        self.record.take(owned)
        if not self.record.empty and before != (list(self.desired.files), self.record.namespaces):
            self.record.files = list(self.desired.files)
            self.store.write(self.record)

    def round(self, result: ApplyResult, current: Plan, observed: ObservedState) -> bool:
        """Carry out one plan; True when this was the last round. Fills ``result``."""
        owned = ownership.intend(ownership.forget_missing(observed.owned, observed.namespaces), current, self.desired)
        self._save(owned)
        verdicts: dict[int, Verdict] = {}
        try:
            _execute(current, self.kernel, verdicts, self.progress, self.stop)
        except BaseException:
            # Not answered step by step (privilege, a signal): keep as ours only what may exist.
            self._save(ownership.forget_missing(owned, frozenset(self.kernel.list_netns())))
            raise
        result.executed.append(current)
        result.rounds.append(verdicts)
        # Where every namespace in question was made by this very plan, nobody else has been: what is declared is all there is.
        made = {step.name for step in current.steps if step.verb is Verb.NETNS_ADD}
        brief = self.desired.namespaces.keys() <= made
        after, scope = reread(self.desired, current, self.kernel, brief=brief)
        owned = ownership.settle(owned, current, verdicts, after)
        self._save(owned)
        if scope.keys() <= made and as_declared(scope, after.namespaces):
            result.remaining = Plan(self.desired.name)
        else:
            if brief:
                after, scope = reread(self.desired, current, self.kernel)
            after.owned = ownership.restrict(owned, scope)
            result.remaining = make_plan(replace(self.desired, namespaces=scope), after)
        failures = result.failures()
        if any("rename" in failure.step.args and failure.verdict.errno == errno.EBUSY for failure in failures):
            self.live_rename = False
        if not failures and len(verdicts) < len(current.steps):
            result.result = "interrupted"
            return True
        if not failures and not result.remaining:
            result.result = "done"
            return True
        result.result = "failed"
        surprised = all(failure.verdict.errno in _MOVED for failure in failures)
        hopeless = not surprised or (not failures and (_same(result.remaining, current) or _ignored(result.remaining, current)))
        return hopeless or len(result.rounds) >= MAX_ROUNDS

    def _save(self, owned: Owned) -> None:
        self.record.files = list(self.desired.files) or self.record.files
        self.record.take(owned)
        if self.record.empty:
            self.store.remove(self.record.name)
        else:
            self.store.write(self.record)


def _same(one: Plan, other: Plan) -> bool:
    """Whether two plans want the same things: then doing it once more would change nothing either."""
    return [(o.netns, o.type, o.key, o.action) for o in one.operations] == [
        (o.netns, o.type, o.key, o.action) for o in other.operations
    ]


def _ignored(remaining: Plan, current: Plan) -> bool:
    """Whether all that is left is to make links anew for attributes they have just been made with, which the kernel ignores."""
    told = {
        (operation.netns, operation.key): {(change.name, change.desired) for change in operation.changes}
        for operation in current.operations
        if operation.type == "link" and operation.action in (Action.CREATE, Action.REPLACE)
    }
    return all(
        operation.type == "link"
        and operation.action is Action.REPLACE
        and {(change.name, change.desired) for change in operation.changes} <= told.get((operation.netns, operation.key), set())
        for operation in remaining.operations
    )


def _execute(
    plan: Plan,
    kernel: KernelPort,
    verdicts: dict[int, Verdict],
    progress: Callable[[Progress], None] | None,
    stop: Callable[[], bool] | None,
) -> None:
    """Send batch after batch, leaving out what cannot work any more; the answers go into ``verdicts``."""
    failed: dict[int, int] = {}
    total = len(plan.steps)
    for batch in plan.batches():
        if stop is not None and stop():
            break
        sent = batch
        if failed:
            keep = []
            for step in batch.steps:
                blame = next((failed[need] for need in step.needs if need in failed), None)
                if blame is None:
                    keep.append(step)
                else:
                    verdicts[step.id] = Verdict(step.id, skipped=True, blame=blame)
                    failed[step.id] = blame
            sent = Batch(batch.netns, tuple(keep))
        if sent.steps:
            for verdict in kernel.transact(sent):
                verdicts[verdict.step] = verdict
                if not verdict.ok:
                    failed[verdict.step] = verdict.blame if verdict.skipped else verdict.step
        if progress is not None:
            progress(Progress(len(verdicts), total, batch))


__all__ = ["ApplyResult", "DestroyResult", "Failure", "Progress", "apply", "check", "destroy", "observe", "plan"]
