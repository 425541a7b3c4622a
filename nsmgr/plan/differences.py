"""The plan worked out in full: operations and steps for whatever differs."""

from __future__ import annotations

from nsmgr.plan import addressing, link_steps, links, renames, routing, things
from nsmgr.plan.claims import check_contested
from nsmgr.plan.draft import Draft
from nsmgr.plan.plan import Action, Plan, Verb
from nsmgr.plan.state import DesiredState, NetnsState, ObservedState


def differences(desired: DesiredState, observed: ObservedState) -> Plan:
    """The plan. ``desired`` has each namespace's lo; order of the result: see :func:`nsmgr.plan.planner.plan`."""
    draft = Draft(desired.name)
    doomed = frozenset(
        name
        for name, cookie in observed.owned.namespaces.items()
        if name not in desired.namespaces
        and (
            cookie in (0, state.cookie)
            if (state := observed.namespaces.get(name)) is not None
            else name in observed.stale  # we died between making the file and mounting on it, or between unmounting and unlinking
        )
    )
    moved = renames.find(desired, observed)
    if moved:
        observed = renames.project(observed, moved)
    link_plan = links.decide(desired, observed, doomed)
    things.refuse(desired, observed)
    born: dict[str, int] = {}
    for name, netns in desired.namespaces.items():
        if name not in observed.namespaces:
            stale = name in observed.stale
            reason = "repairs a stale file under /run/netns that is no namespace" if stale else ""
            op = draft.operation(Action.CREATE, name, "namespace", name, (), reason, netns.origin)
            step = draft.step(op, Verb.NETNS_ADD, name, name=name, args={"repair": stale})
            draft.netns_add.append(step)
            born[name] = step.id
    for name in sorted(doomed):
        op = draft.operation(Action.DELETE, name, "namespace", name, (), "not in the configuration")
        draft.netns_del.append(draft.step(op, Verb.NETNS_DEL, name, name=name))
    renames.note(moved, link_plan)
    link_steps.emit(link_plan, draft, desired, observed, born)
    renames.emit(moved, link_plan, draft, live=observed.live_rename)
    nobody: frozenset[tuple[str, str]] = frozenset()
    for name, netns in desired.namespaces.items():
        state = observed.namespaces.get(name)
        here = state if state is not None else NetnsState(name)
        need = (born[name],) if name in born else ()
        owned = frozenset(observed.owned.objects.get(name, nobody))
        fate = things.emit(netns, here, link_plan, draft, owned, need)
        lost = addressing.emit(netns, here, link_plan, draft, owned, need)
        routing.emit_routes(netns, here, link_plan, draft, owned, lost, fate, need)
        routing.emit_rules(netns, here, draft, owned, need)
        routing.emit_sysctls(netns, state, link_plan, draft, need, observed.unwritable)
    made = draft.finish([*desired.namespaces, *sorted(doomed)], frozenset(observed.namespaces))
    check_contested(desired, observed, made)
    return made
