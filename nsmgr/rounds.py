"""Rounds of an apply: carry out a plan, read again, and plan again what the kernel surprised us with. Results of it as values."""

from __future__ import annotations

import errno
import time

from nsmgr import ownership
from nsmgr.journal import GROUP
from nsmgr.kernel.port import KernelPort
from nsmgr.plan.plan import Action, Batch, Operation, Plan, Step, Verb, Verdict
from nsmgr.plan.planner import plan as make_plan
from nsmgr.plan.state import DesiredState, ObservedState, Owned
from nsmgr.plan.verify import as_declared
from nsmgr.reading import reread
from nsmgr.record import Record, field, replace
from nsmgr.store import DeploymentRecord, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from nsmgr.journal import Journal

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
    result: done · failed · interrupted · rolled_back · rollback_incomplete.
    cause: "failed" or "interrupted", of one that was rolled back. rollback: what came of the way back, where it was taken.
    lost: what could not be brought back, in words.
    writes: netlink requests that change something, sysctl writes, ioctls.
    """

    deployment: str
    plan: Plan
    result: str = "done"
    executed: list[Plan] = field(default_factory=list)
    rounds: list[dict[int, Verdict]] = field(default_factory=list)
    remaining: Plan | None = None
    writes: int = 0
    rollback: ApplyResult | None = None
    lost: tuple[str, ...] = ()
    cause: str = ""

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


class Shared:
    """One writer for each namespace that a deployment shares with others: the host's, adopted ones, those with ``from:``.

    Who made a namespace is its only writer by the deployment's own lock. The others are locked when a plan changes one of them,
    and then looked at once more, for until then somebody else may have been at work there. Taken in the order of their cookies,
    whatever the names: two that want the same wait for each other, never in a circle. A context; timeout: seconds, for all.
    """

    __slots__ = ("_held", "_store", "_timeout")

    def __init__(self, store: Store, timeout: float) -> None:
        self._store, self._timeout = store, timeout
        self._held: dict[int, int] = {}

    def __enter__(self) -> Shared:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let go of all."""
        while self._held:
            self._store.release_shared(*self._held.popitem())

    def take(self, plan: Plan, observed: ObservedState) -> bool:
        """Lock what the plan needs. True: that has just been done, so observe and plan again. Raises LockHeld."""
        needed = _needed(plan, observed)
        if needed.keys() <= self._held.keys():
            return False
        self.release()
        deadline = time.monotonic() + self._timeout
        for cookie in sorted(needed):
            self._held[cookie] = self._store.acquire_shared(needed[cookie], cookie, deadline)
        return True


def _needed(plan: Plan, observed: ObservedState) -> dict[int, str]:
    """cookie → name of all namespaces here that this deployment did not make, if the plan changes one of them; else nothing."""
    own = observed.owned.namespaces
    shared = {name: seen.cookie for name, seen in observed.namespaces.items() if own.get(name, -1) not in (0, seen.cookie)}
    if not shared:
        return {}
    for step in plan.steps:
        peer = step.args.get("peer") if step.args else None
        if step.netns in shared or (step.args and step.args.get("target") in shared) or (peer and peer["netns"] in shared):
            return {cookie: name for name, cookie in shared.items()}
    return {}


class Run:
    """One apply under its lock: rounds of execute, re-read and settle until nothing differs or nothing more can be done.

    journal: told what is about to be sent. halt: send nothing more after a refusal that another round would not mend.
    scope: only of these namespaces the ownership is in question, what is recorded of others stays; None = of all.
    """

    def __init__(
        self,
        desired: DesiredState,
        kernel: KernelPort,
        store: Store,
        progress: Callable[[Progress], None] | None,
        stop: Callable[[], bool] | None,
        *,
        journal: Journal | None = None,
        halt: bool = False,
        scope: Container[str] | None = None,
    ) -> None:
        self.desired, self.kernel, self.store, self.progress, self.stop = desired, kernel, store, progress, stop
        self.journal, self.halt = journal, halt
        self.record = store.read(desired.name) or DeploymentRecord(desired.name)
        self.outside = ownership.outside(self.record.owned(), scope) if scope is not None else Owned()
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
        self.save(owned)
        verdicts: dict[int, Verdict] = {}
        try:
            _execute(current, self.kernel, verdicts, self.progress, self.stop, self.journal, self.halt)
        except BaseException:
            # Not answered step by step (privilege, a signal): keep as ours only what may exist.
            self.save(ownership.forget_missing(owned, frozenset(self.kernel.list_netns())))
            raise
        result.executed.append(current)
        result.rounds.append(verdicts)
        # Where every namespace in question was made by this very plan, nobody else has been: what is declared is all there is.
        made = {step.name for step in current.steps if step.verb is Verb.NETNS_ADD}
        brief = self.desired.namespaces.keys() <= made
        after, scope = reread(self.desired, current, self.kernel, brief=brief)
        owned = ownership.settle(owned, current, verdicts, after)
        self.save(owned)
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

    def save(self, owned: Owned) -> None:
        """Write the record: what is owned within the scope, and what was owned outside of it."""
        self.record.files = list(self.desired.files) or self.record.files
        self.record.take(ownership.join(self.outside, owned))
        if self.record.empty:
            self.store.remove_record(self.record.name)
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
    journal: Journal | None,
    halt: bool,
) -> None:
    """Send batch after batch, leaving out what cannot work any more; the answers go into ``verdicts``."""
    failed: dict[int, int] = {}
    total = len(plan.steps)
    batches = list(plan.batches())
    for position, batch in enumerate(batches):
        if stop is not None and stop():
            break
        if journal is not None and position % GROUP == 0:
            journal.intend(batches[position : position + GROUP])
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
        refused: list[Verdict] = []
        if sent.steps:
            for verdict in kernel.transact(sent):
                verdicts[verdict.step] = verdict
                if not verdict.ok:
                    failed[verdict.step] = verdict.blame if verdict.skipped else verdict.step
                    refused.append(verdict)
        if progress is not None:
            progress(Progress(len(verdicts), total, batch))
        if refused:
            if journal is not None:
                journal.refused(refused)
            if halt and any(verdict.errno not in _MOVED for verdict in refused if not verdict.skipped):
                break
