"""The way back: to what was there before an apply, or to what an earlier apply had made."""

from __future__ import annotations

from nsmgr import history, journal, ownership
from nsmgr.context import Uncollected
from nsmgr.errors import NsmgrError
from nsmgr.kernel.port import KernelPort
from nsmgr.plan.plan import Verb
from nsmgr.plan.planner import plan as make_plan
from nsmgr.plan.state import ObservedState
from nsmgr.plan.undo import Undo, as_desired, touched_namespaces
from nsmgr.reading import observe, with_released
from nsmgr.rounds import ApplyResult, Progress, Run, Shared
from nsmgr.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

GONE_TIMEOUT = 30.0  # seconds for namespaces that the apply made and others hold


def go_back(
    name: str,
    way_back: Undo,
    kernel: KernelPort,
    store: Store,
    progress: Callable[[Progress], None] | None = None,
    shared: Shared | None = None,
) -> ApplyResult:
    """Make it as it was, and read again whether it is. The deployment's lock is held; ``shared``: takes those it needs besides.

    The result is "done", or "failed" with what still differs in ``remaining``.
    """
    scope = touched_namespaces(way_back)
    desired = as_desired(name, way_back)
    run = Run(desired, kernel, store, progress, None, scope=scope)

    def look() -> ObservedState:
        observed = observe(desired, kernel, store)
        observed.owned = ownership.restrict(observed.owned, scope)
        observed.live_rename = run.live_rename
        return observed

    while True:
        observed = look()
        target = with_released(desired, observed)
        current = make_plan(target, observed)
        if shared is None or not shared.take(current, observed):
            break
    before = dict(observed.owned.namespaces)
    run.desired = target
    result = ApplyResult(name, current)
    if not current:
        run.save(ownership.forget_missing(observed.owned, observed.namespaces))
        return result
    while not run.round(result, current, observed):
        observed = look()
        current = make_plan(target, observed)
    gone = [step.name for plan in result.executed for step in plan.steps if step.verb is Verb.NETNS_DEL]
    kernel.wait_gone(gone, [before.get(netns, 0) for netns in gone], GONE_TIMEOUT)
    return result


def rollback(
    name: str,
    kernel: KernelPort,
    store: Store,
    *,
    to: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    lock_timeout: float = 10.0,
    notice: Callable[[str], None] | None = None,
) -> ApplyResult:
    """Undo the last apply of a deployment, one that was interrupted included; or apply generation ``to`` again.

    Args:
        notice: told what has become of an apply that waited for its confirmation.

    Raises:
        NsmgrError: there is nothing to go back to. LockHeld, StateError, ConflictError …: before anything was touched.
    """
    if to is not None:
        return _again(name, kernel, store, to, progress, lock_timeout, notice)
    with Uncollected(), store.lock(name, lock_timeout):
        if store.pending(name):
            from nsmgr.confirm import withdraw

            undone = withdraw(name, kernel, store, notice)
            if undone is None:
                raise NsmgrError(f"the last apply of {name} is undone already", hint="once more, and the one before it is undone")
            return undone
        return undo_last(name, kernel, store, progress, lock_timeout)


def undo_last(
    name: str,
    kernel: KernelPort,
    store: Store,
    progress: Callable[[Progress], None] | None = None,
    lock_timeout: float = 10.0,
) -> ApplyResult:
    """Undo the apply that was interrupted, else the last that was not; the deployment's lock is held."""
    interrupted = journal.read(store, name)
    generation = history.latest(store, name)
    if interrupted is not None and generation is not None and generation.when < interrupted.started:
        generation = None  # else it died between writing its generation and taking its journal away
    if interrupted is None and generation is None:
        raise NsmgrError(
            f"there is nothing to roll back: no apply of {name} is remembered", hint="`nsmgr list` shows what there is"
        )
    way_back = interrupted.undo if interrupted is not None else generation.undo if generation is not None else Undo()
    with Shared(store, lock_timeout) as shared:
        result = go_back(name, way_back, kernel, store, progress, shared)
    result.lost = way_back.lost
    if result.ok:
        if generation is not None:
            history.drop(store, name, generation.number)
        journal.forget(store, name)
        if not store.has(name):
            store.remove(name)
    return result


def _again(
    name: str,
    kernel: KernelPort,
    store: Store,
    to: int,
    progress: Callable[[Progress], None] | None,
    lock_timeout: float,
    notice: Callable[[str], None] | None,
) -> ApplyResult:
    from nsmgr.config import load
    from nsmgr.engine import apply

    kept = history.generations(store, name)
    found = next((generation for generation in kept if generation.number == to), None)
    if found is None or not found.texts:
        numbers = ", ".join(str(generation.number) for generation in kept if generation.texts) or "none"
        raise NsmgrError(f"generation {to} of {name} is not kept; there are: {numbers}")
    desired = load(found.files[-1:], name=name, texts=found.texts)
    return apply(desired, kernel, store, progress=progress, lock_timeout=lock_timeout, notice=notice)
