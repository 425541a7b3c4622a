"""Who owns what, before, during and after a plan: pure bookkeeping over plan and verdicts; nsmgr.store writes it down."""

from __future__ import annotations

from nsmgr.model.thing import thing_type
from nsmgr.plan.plan import Action, Plan, Verb, Verdict
from nsmgr.plan.state import DesiredState, ObservedState, Owned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping


def restrict(owned: Owned, scope: Container[str]) -> Owned:
    """Ownership of the namespaces in scope only, so that the others do not look as if they had left the file."""
    return Owned(
        {name: cookie for name, cookie in owned.namespaces.items() if name in scope},
        {name: objects for name, objects in owned.objects.items() if name in scope},
        {key: origin for key, origin in owned.physical.items() if key.partition("/")[0] in scope},
        owned.sources,
        {name: types for name, types in owned.types.items() if name in scope},
    )


def outside(owned: Owned, scope: Container[str]) -> Owned:
    """The rest of it: ownership of the namespaces that are not in scope."""
    return Owned(
        {name: cookie for name, cookie in owned.namespaces.items() if name not in scope},
        {name: objects for name, objects in owned.objects.items() if name not in scope},
        {key: origin for key, origin in owned.physical.items() if key.partition("/")[0] not in scope},
        {name: source for name, source in owned.sources.items() if name not in scope},
        {name: types for name, types in owned.types.items() if name not in scope},
    )


def join(one: Owned, other: Owned) -> Owned:
    """Both, which speak of different namespaces."""
    if not (one.namespaces or one.objects or one.physical):
        return other
    return Owned(
        {**one.namespaces, **other.namespaces},
        {**one.objects, **other.objects},
        {**one.physical, **other.physical},
        {**one.sources, **other.sources},
        {**one.types, **other.types},
    )


def copy(owned: Owned) -> Owned:
    return Owned(
        dict(owned.namespaces),
        {netns: set(keys) for netns, keys in owned.objects.items()},
        dict(owned.physical),
        dict(owned.sources),
        {netns: set(types) for netns, types in owned.types.items()},
    )


def intend(owned: Owned, plan: Plan, desired: DesiredState) -> Owned:
    """Ownership as it may be at any moment of the plan: written down before the first change.

    A namespace to be made has cookie 0 until its identity is known.
    """
    intended = copy(owned)
    for operation in plan.operations:
        if operation.type == "namespace" and operation.action is Action.CREATE:
            intended.namespaces[operation.netns] = 0
    for operation in plan.operations:
        netns = desired.namespaces.get(operation.netns)
        # Of a namespace that is ours and described completely nothing else needs to be known.
        if operation.netns in intended.namespaces and (netns is None or netns.manage == "all"):
            continue
        if operation.type not in ("namespace", "sysctl") and operation.action in (Action.CREATE, Action.REPLACE):
            intended.objects.setdefault(operation.netns, set()).add((operation.type, operation.key))
            intended.sources[operation.netns] = netns.source if netns is not None else "create"
    for step in plan.steps:
        if step.verb is Verb.THING_ADD and not thing_type(step.obj.type).SETTINGS:  # these are never removed
            intended.types.setdefault(step.netns, set()).add(step.obj.type)
        elif step.verb is Verb.LINK_MOVE and step.kind:  # made there only to be moved: should that fail, it is ours to remove
            if step.netns not in intended.namespaces:
                intended.objects.setdefault(step.netns, set()).add(("link", step.name))
                there = desired.namespaces.get(step.netns)
                intended.sources[step.netns] = there.source if there is not None else "create"
        elif step.verb is Verb.LINK_MOVE and "new_index" in step.args:
            intended.physical[f"{step.args['target']}/{step.args['rename']}"] = {"netns": step.netns, "name": step.name}
    return intended


def settle(owned: Owned, plan: Plan, verdicts: Mapping[int, Verdict], after: ObservedState) -> Owned:
    """Ownership as the verdicts say: identities of new namespaces, what is gone, physical links that moved or went home."""
    settled = copy(owned)
    incomplete: set[int] = set()
    for step in plan.steps:
        verdict = verdicts.get(step.id)
        ok = verdict is not None and verdict.ok
        unknown = verdict is not None and verdict.errno == -1  # the answer was lost: it may have been done
        if not ok:
            incomplete.add(step.op)
        if step.verb is Verb.NETNS_DEL and ok:
            settled.namespaces.pop(step.name, None)
            settled.objects.pop(step.name, None)
        elif step.verb is Verb.NETNS_ADD and not ok and not unknown:
            settled.namespaces.pop(step.name, None)
        elif step.verb is Verb.LINK_MOVE and step.kind:
            if ok:
                settled.objects.get(step.netns, set()).discard(("link", step.name))
        elif step.verb is Verb.LINK_MOVE:
            moved_in = "new_index" in step.args
            key = f"{step.args['target']}/{step.args['rename']}" if moved_in else f"{step.netns}/{step.name}"
            if moved_in != ok and not unknown:
                settled.physical.pop(key, None)
    for name, state in after.namespaces.items():
        if settled.namespaces.get(name) == 0:
            settled.namespaces[name] = state.cookie
    for operation in plan.operations:
        if operation.action is Action.DELETE and operation.id not in incomplete:
            settled.objects.get(operation.netns, set()).discard((operation.type, operation.key))
    settled.objects = {netns: keys for netns, keys in settled.objects.items() if keys}
    settled.types = {
        netns: types for netns, types in settled.types.items() if netns in settled.namespaces or netns in settled.objects
    }
    return settled


def forget_missing(owned: Owned, existing: Container[str]) -> Owned:
    """Drop namespaces that are not there any more: somebody else deleted them, or they were never made."""
    kept = copy(owned)
    kept.namespaces = {name: cookie for name, cookie in kept.namespaces.items() if name in existing}
    kept.types = {name: types for name, types in kept.types.items() if name in existing}
    return kept
