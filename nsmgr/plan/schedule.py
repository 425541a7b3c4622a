"""Steps → batches: one netlink send per namespace and phase, split only where a dependency forces it."""

from __future__ import annotations

from nsmgr.plan.plan import Batch, Step, Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_CREATES = frozenset((Verb.LINK_ADD, Verb.TUN_ADD, Verb.LINK_MOVE))


def schedule(steps: Mapping[str, Sequence[Step]], shared: frozenset[str], done: Iterable[int] = ()) -> list[Batch]:
    """Order the per-namespace step lists into batches.

    steps: namespace → its steps in their order (never reordered). A step waits until every step in ``needs`` that lives
    in another namespace has been sent in an earlier batch.
    shared: namespaces that existed before: others may write there too, so a step never shares a send with the creation
    it relies on. Were the planned ifindex taken meanwhile, the creation fails, and what follows in the same send
    would hit the stranger's link; a batch boundary lets the executor see the refusal first.
    done: ids already carried out.
    """
    finished = set(done)
    position = dict.fromkeys(steps, 0)
    pending = [netns for netns in steps if steps[netns]]
    batches: list[Batch] = []
    while pending:
        left = []
        progress = False
        for netns in pending:
            queue = steps[netns]
            start = at = position[netns]
            own: set[int] = set()
            fresh: set[int] = set()
            while at < len(queue):
                step = queue[at]
                if any(need not in finished and need not in own for need in step.needs):
                    break
                if fresh and netns in shared and any(need in fresh for need in step.needs):
                    break
                own.add(step.id)
                if step.verb in _CREATES:
                    fresh.add(step.id)
                at += 1
            if at > start:
                batches.append(Batch(netns, tuple(queue[start:at])))
                finished |= own
                position[netns] = at
                progress = True
            if at < len(queue):
                left.append(netns)
        if left and not progress:
            raise AssertionError(f"steps wait for each other in {left}: a dependency cycle the loader should have refused")
        pending = left
    return batches
