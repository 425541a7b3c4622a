"""destroy: what a deployment made goes, physical links go home. From the record alone, without the file.

Most deployments made whole namespaces and nothing else. Those need no plan, and so neither planner nor codec is imported for
them: half of the time that removing ten namespaces takes would go there.
"""

from __future__ import annotations

from nsmgr.context import Uncollected
from nsmgr.kernel.port import Want
from nsmgr.plan.plan import Action, Batch, Step, Verb
from nsmgr.plan.state import DesiredState
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from nsmgr.engine import ApplyResult, Progress
    from nsmgr.kernel.port import KernelPort
    from nsmgr.store import DeploymentRecord, Store


class DestroyResult(Record):
    """namespaces and links that were removed, physical links that went home, namespaces still alive at the time-out.

    apply: what came of the plan, where one was needed.
    """

    namespaces: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    returned_nics: list[str] = field(default_factory=list)
    still_alive: list[str] = field(default_factory=list)
    apply: ApplyResult | None = None


def destroy(
    name: str | DesiredState,
    kernel: KernelPort,
    store: Store,
    *,
    timeout: float = 30.0,
    progress: Callable[[Progress], None] | None = None,
    held: Callable[[list[str]], None] | None = None,
    notice: Callable[[str], None] | None = None,
    lock_timeout: float = 10.0,
) -> DestroyResult:
    """Remove everything the deployment made; give physical links back; return when the namespaces are really gone.

    A deployment that made nothing is an empty result.

    Args:
        timeout: seconds to wait for namespaces that others hold.
        held: told which those are (processes, sockets, mounts elsewhere), before they are waited for.
        progress: told after each batch of a plan.
        notice: told what has become of an apply that waited for its confirmation; it is undone first.
    """
    deployment = name if isinstance(name, str) else name.name
    result = DestroyResult()
    with Uncollected(), store.lock(deployment, lock_timeout):
        if store.pending(deployment):
            from nsmgr.confirm import withdraw

            withdraw(deployment, kernel, store, notice)
        record = store.read(deployment)
        cookies = dict(record.namespaces) if record is not None else {}
        if record is None:
            store.remove(deployment)  # of one that died before it could make anything
        finished = record is None or _remove_namespaces(record, kernel, store, result)
    if not finished:
        _by_plan(deployment, kernel, store, progress, lock_timeout, result)
    if result.apply is None or result.apply.ok:
        gone = result.namespaces
        result.still_alive = kernel.wait_gone(gone, [cookies.get(netns, 0) for netns in gone], timeout, held)
    return result


def _remove_namespaces(record: DeploymentRecord, kernel: KernelPort, store: Store, result: DestroyResult) -> bool:
    """Unname the namespaces of a record that speaks of nothing else; the one step, so the record is true before and after it.

    Ours is what has the recorded identity. One recorded as 0 was free when we set out to make it, and the process died before
    it could write down more: what is there is ours. So is a file without a namespace: it is not mounted yet, or not any more.
    False: there is more to do, or the kernel refused; a plan finds and tells.
    """
    if record.physical or not record.objects.keys() <= record.namespaces.keys():
        return False
    seen = kernel.observe({name: Want(0) for name in record.namespaces})
    ours = [
        name
        for name, cookie in sorted(record.namespaces.items())
        if (name in seen.namespaces and cookie in (0, seen.namespaces[name].cookie)) or name in seen.stale
    ]
    steps = tuple(Step(number, number, Verb.NETNS_DEL, name, name=name) for number, name in enumerate(ours))
    refused = {steps[verdict.step].name for verdict in kernel.transact(Batch("", steps)) if not verdict.ok} if steps else set()
    result.namespaces += [name for name in ours if name not in refused]
    if not refused:
        store.remove(record.name)
    return not refused


def _by_plan(
    deployment: str,
    kernel: KernelPort,
    store: Store,
    progress: Callable[[Progress], None] | None,
    lock_timeout: float,
    result: DestroyResult,
) -> None:
    from nsmgr.engine import apply

    result.apply = applied = apply(DesiredState(deployment, {}), kernel, store, progress=progress, lock_timeout=lock_timeout)
    for operation in applied.plan.operations:
        key = f"{operation.netns}/{operation.key}"
        if operation.type == "namespace":
            result.namespaces.append(operation.netns)
        elif operation.type == "link" and operation.action is Action.DELETE:
            result.links.append(key)
        elif operation.type == "link" and operation.action is Action.MOVE:
            result.returned_nics.append(key)


__all__ = ["DestroyResult", "destroy"]
