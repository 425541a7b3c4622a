"""``plan(desired, observed)``: the pure heart. Two values in, one value out; no kernel, no clock, no order of dumps."""

from __future__ import annotations

from nsmgr.plan.claims import check_claims, may_manage
from nsmgr.plan.plan import Plan
from nsmgr.plan.state import HOST, DesiredLink, DesiredState, ObservedState
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
    from nsmgr.plan.differences import differences  # a dozen modules that nothing to do has no use for

    return differences(desired, observed)


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
