"""``plan(desired, observed)``: the pure heart. Two values in, one value out; no kernel, no clock, no order of dumps."""

from __future__ import annotations

from nsmgr.plan import addressing, link_steps, links, renames, routing
from nsmgr.plan.claims import check_claims, check_contested, may_manage
from nsmgr.plan.draft import Draft
from nsmgr.plan.plan import Action, Plan, Verb
from nsmgr.plan.state import HOST, DesiredLink, DesiredState, NetnsState, ObservedState
from nsmgr.plan.verify import in_sync
from nsmgr.record import replace


def plan(desired: DesiredState, observed: ObservedState) -> Plan:
    """What must be done so that the kernel is as described; empty when it is already.

    Order of the result: namespaces are made; deletions in all namespaces; namespaces that left the file are deleted;
    then everything new. Within a namespace see :class:`nsmgr.plan.draft.Lanes`.

    Raises:
        ConflictError, UnsupportedByKernel, NsmgrError: as the parts say; nothing has been touched then.
    """
    check_claims(desired, observed)
    desired = _with_loopback(desired)
    if in_sync(desired, observed):
        return Plan(desired.name)
    return differences(desired, observed)


def differences(desired: DesiredState, observed: ObservedState) -> Plan:
    """The plan, worked out in full."""
    draft = Draft(desired.name)
    doomed = frozenset(
        name
        for name, cookie in observed.owned.namespaces.items()
        if name not in desired.namespaces and (state := observed.namespaces.get(name)) is not None and cookie in (0, state.cookie)
    )
    moved = renames.find(desired, observed)
    if moved:
        observed = renames.project(observed, moved)
    link_plan = links.decide(desired, observed, doomed)
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
        lost = addressing.emit(netns, here, link_plan, draft, owned, need)
        routing.emit_routes(netns, here, link_plan, draft, owned, lost, need)
        routing.emit_rules(netns, here, draft, owned, need)
        routing.emit_sysctls(netns, state, link_plan, draft, need)
    made = draft.finish([*desired.namespaces, *sorted(doomed)], frozenset(observed.namespaces))
    check_contested(desired, observed, made)
    return made


def _with_loopback(desired: DesiredState) -> DesiredState:
    """A namespace that is described completely has its lo up, written or not."""
    namespaces = {}
    for name, netns in desired.namespaces.items():
        if netns.manage == "all" and name != HOST and "lo" not in netns.links:
            lo = DesiredLink(name, "lo", "lo", {"state": "up"}, origin=netns.origin)
            netns = replace(netns, links={"lo": lo, **netns.links})
        namespaces[name] = netns
    return replace(desired, namespaces=namespaces)


__all__ = ["may_manage", "plan"]
