"""Steps → batches: one netlink send per namespace and phase, split only where a dependency forces it."""

from __future__ import annotations

from nsmgr.plan.plan import Batch, Step, Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CREATES = frozenset((Verb.LINK_ADD, Verb.TUN_ADD, Verb.LINK_MOVE))


def schedule(steps: Mapping[str, Sequence[Step]], shared: frozenset[str], done: bytearray) -> list[Batch]:
    """Order the per-namespace step lists into batches.

    steps: namespace → its steps in their order (never reordered). A step waits until every step in ``needs`` that lives
    in another namespace has been sent in an earlier batch.
    shared: namespaces that existed before: others may write there too, so a step never shares a send with the creation
    it relies on. Were the planned ifindex taken meanwhile, the creation fails, and what follows in the same send
    would hit the stranger's link; a batch boundary lets the executor see the refusal first.
    done: by step id, 1 for a step in an earlier batch; filled in with those of the result.
    """
    position = dict.fromkeys(steps, 0)
    pending = [netns for netns in steps if steps[netns]]
    batches: list[Batch] = []
    while pending:
        left = []
        progress = False
        for netns in pending:
            queue = steps[netns]
            start = position[netns]
            at = _reach(queue, start, netns in shared, done)
            if at > start:
                batches.append(Batch(netns, tuple(queue[start:at])))
                position[netns] = at
                progress = True
            if at < len(queue):
                left.append(netns)
        if left and not progress:
            raise AssertionError(f"steps wait for each other in {left}: a dependency cycle the loader should have refused")
        pending = left
    return batches


def _reach(queue: Sequence[Step], start: int, shared: bool, done: bytearray) -> int:
    """How far the steps from ``start`` on can go out together; those are marked as done."""
    fresh: set[int] = set()
    for at in range(start, len(queue)):
        step = queue[at]
        for need in step.needs:
            if not done[need] or need in fresh:
                return at
        done[step.id] = 1
        if shared and step.verb in _CREATES:
            fresh.add(step.id)
    return len(queue)
