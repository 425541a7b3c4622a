"""What happens to each link, and the steps that do it."""

from __future__ import annotations

from nsmgr.errors import ConflictError, NsmgrError, UnsupportedByKernel
from nsmgr.model.attr import Change
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import PREFIX, port_references
from nsmgr.plan import references
from nsmgr.plan.diff import link_changes, port_changes
from nsmgr.plan.foreign import ignored_link
from nsmgr.plan.plan import Action, AttrChange
from nsmgr.plan.removal import LinkId, closure, dependants, link_id
from nsmgr.plan.state import HOST, DesiredLink, DesiredState, Link, ObservedState
from nsmgr.record import Record, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Kernels with tunnel drivers put sit0, tunl0, gre0 … with the lowest indexes into every new namespace
# (net.core.fb_tunnels_only_for_init_net=0): planned indexes of a namespace not yet born begin above them.
FIRST_INDEX = 32


class Decision(Record):
    """One link's fate. ``action`` None = stays as it is; ``op`` the operation's id once it has one."""

    id: LinkId
    action: Action | None
    desired: DesiredLink | None
    observed: Link | None
    changes: list[AttrChange] = field(default_factory=list)
    reason: str = ""
    op: int = -1
    source: LinkId | None = None  # where a moved link comes from


class LinkPlan(Record):
    """What the address and route planner needs to know about links."""

    decisions: dict[LinkId, Decision]
    index: dict[LinkId, int]  # of every link that will be there
    made_by: dict[LinkId, int] = field(default_factory=dict)  # link → id of the step that creates or moves it
    removed: dict[LinkId, LinkId] = field(default_factory=dict)  # gone (deleted, replaced, carried along) → cause
    bounced: dict[LinkId, int] = field(default_factory=dict)  # set down and up meanwhile → operation id
    shaken: dict[LinkId, LinkId] = field(default_factory=dict)  # set down and up by the death of its controller → that
    released: dict[LinkId, int] = field(default_factory=dict)  # leaves its controller and joins again → operation id
    ups: dict[LinkId, int] | None = None  # link → id of the step that sets it up; None = nobody has asked yet
    doomed_netns: frozenset[str] = frozenset()  # deleted as a whole
    needed: dict[LinkId, list[LinkId]] = field(default_factory=dict)  # desired link → the links it refers to, if any


def decide(desired: DesiredState, observed: ObservedState, doomed_netns: frozenset[str]) -> LinkPlan:
    """Compare every link, then follow the kernel's cascades until nothing changes any more.

    Raises:
        ConflictError: in a namespace of which only the declared part is ours, a link of that name is somebody else's.
        UnsupportedByKernel: a link of a kind this kernel cannot make is wanted.
        NsmgrError: a link that should already be there is not.
    """
    plan = LinkPlan({}, {}, doomed_netns=doomed_netns)
    roots: list[LinkId] = []
    for netns, wanted in desired.namespaces.items():
        state = observed.namespaces.get(netns)
        have: Mapping[str, Link] = state.links if state else {}
        for name, link in wanted.links.items():
            decision = _compare(link, have.get(name), desired, observed)
            plan.decisions[decision.id] = decision
            if needed := references.references(link):
                plan.needed[decision.id] = needed
            if decision.action is Action.REPLACE:
                roots.append(decision.id)
        if state is None:
            continue
        owned = observed.owned.objects.get(netns) or set()
        for name, existing in have.items():
            if name in wanted.links or existing.fallback or ignored_link(existing, wanted.ignore):
                continue
            key = (netns, name)
            if f"{netns}/{name}" in observed.owned.physical:
                plan.decisions[key] = _give_back(key, existing, observed)
            elif existing.kind and (("link", name) in owned if wanted.manage == "declared" else True):
                plan.decisions[key] = Decision(key, Action.DELETE, None, existing, reason="not in the configuration")
                roots.append(key)
    for netns in doomed_netns & observed.namespaces.keys():
        for name, existing in observed.namespaces[netns].links.items():
            key = (netns, name)
            if f"{netns}/{name}" in observed.owned.physical:
                plan.decisions[key] = _give_back(key, existing, observed)
            elif existing.kind and not existing.fallback:
                roots.append(key)
    _follow_cascades(plan, roots, observed)
    _refuse(plan, desired, observed)
    _number(plan, desired, observed)
    return plan


def _compare(link: DesiredLink, existing: Link | None, desired: DesiredState, observed: ObservedState) -> Decision:
    key = (link.netns, link.name)
    if existing is None:
        if link.kind == "physical":
            return _fetch(link, observed)
        if link.kind == "lo":  # every namespace is born with it: index 1, down
            blank = Link("lo", "lo", 1, {"state": "down"}, fallback=True)
            changes = link_changes(link, blank)
            return Decision(key, Action.UPDATE if changes else None, link, blank, changes)
        if not link.kind:
            if link.netns in observed.namespaces:
                raise NsmgrError(
                    f"link {link.netns}/{link.name} does not exist, and its configuration has no `kind` to make it by",
                    hint="a link without `kind` is one that somebody else makes; add `kind:` to let nsmgr make it",
                )
            return Decision(key, Action.CREATE, link, None)
        return Decision(key, Action.CREATE, link, None)
    changes = link_changes(link, existing)
    forced = [change for change in changes if change.forces_replacement]
    if forced:
        if existing.kind == "" or existing.fallback or not link.kind:
            raise ConflictError(
                f"link {link.netns}/{link.name} is {_what(existing)}: {forced[0].name} cannot be changed from "
                f"{forced[0].observed} to {forced[0].desired} without deleting it, and nsmgr did not make it"
            )
        return Decision(key, Action.REPLACE, link, existing, changes, reason=f"{forced[0].name} differs")
    if changes:
        return Decision(key, Action.UPDATE, link, existing, changes, reason=f"{changes[0].name} differs")
    return Decision(key, None, link, existing)


def _what(link: Link) -> str:
    return f"a {link.kind}" if link.kind else "a physical device"


def _fetch(link: DesiredLink, observed: ObservedState) -> Decision:
    """A physical link that is not in its namespace yet: find it in the host by name, MAC or sysfs path."""
    host = observed.namespaces.get(HOST)
    match = link.match or {"name": link.name}
    for name, candidate in host.links.items() if host else ():
        if (
            ("name" in match and match["name"] in (name, *candidate.altnames))
            or ("mac" in match and candidate.attrs.get("mac") == match["mac"])
            or ("path" in match and candidate.attrs.get("path") == match["path"])
        ):
            source = (HOST, name)
            key = (link.netns, link.name)
            return Decision(key, Action.MOVE, link, candidate, reason=f"from {HOST}/{name}", source=source)
    words = ", ".join(f"{name} {value}" for name, value in match.items())
    raise NsmgrError(
        f"link {link.netns}/{link.name}: no device in the host namespace has {words}", hint="`nsmgr show host` lists them"
    )


def _give_back(key: LinkId, existing: Link, observed: ObservedState) -> Decision:
    origin = observed.owned.physical[f"{key[0]}/{key[1]}"]
    return Decision(key, Action.MOVE, None, existing, reason=f"back to {origin['netns']}/{origin['name']}", source=key)


def _follow_cascades(plan: LinkPlan, roots: list[LinkId], observed: ObservedState) -> None:
    """Whatever the kernel deletes along with the roots is removed too; a desired link among it is made again."""
    if not roots:
        return
    graph = dependants(observed.namespaces)
    while roots:
        plan.removed = closure(roots, graph)
        for key, cause in plan.removed.items():
            decision = plan.decisions.get(key)
            if decision is None or decision.action in (Action.REPLACE, Action.DELETE, Action.CREATE):
                continue
            if decision.action is Action.MOVE:
                continue
            decision.action = Action.REPLACE
            decision.reason = f"goes with {cause[0]}/{cause[1]}"
        lame = _note_lost_references(plan, observed)
        roots = [*roots, *lame] if lame else []


def _note_lost_references(plan: LinkPlan, observed: ObservedState) -> list[LinkId]:
    """A link that outlives the one it refers to loses the reference: ports of a deleted bridge have no controller any more.

    Returns those that must be made again for that: what they refer to is fixed at birth (the slaves of an hsr link).
    """
    lame: list[LinkId] = []
    for key, decision in plan.decisions.items():
        link, existing = decision.desired, decision.observed
        if link is None or existing is None or key in plan.removed or decision.action not in (None, Action.UPDATE):
            continue
        for name, row in kind_facts(existing.kind).rows().items():
            value = existing.attrs.get(name)
            if not row.ref or not isinstance(value, str) or link.attrs.get(name) != value:
                continue
            target = link_id(key[0], value)
            if target in plan.removed and row.change is Change.REPLACE:
                decision.changes.append(AttrChange(name, None, value, True))
                decision.action, decision.reason = Action.REPLACE, f"{name} {value} is made anew"
                lame.append(key)
                break
            if target in plan.removed and all(change.name != name for change in decision.changes):
                _lost(decision, name, value)
                if name == "controller" and link.port_kind:
                    decision.changes = [change for change in decision.changes if not change.name.startswith(PREFIX)]
                    decision.changes += port_changes(link)
        controller = existing.attrs.get("controller")
        if (
            isinstance(controller, str)
            and (key[0], controller) in plan.removed
            and existing.attrs.get("state") == link.attrs.get("state") == "up"
            and "controller" not in link.attrs
            and all(change.name != "state" for change in decision.changes)
        ):
            # Nobody said whose port it shall be, but a bond that goes closes its ports (bond_uninit, __bond_release_one).
            gone = observed.namespaces[key[0]].links[controller]
            if kind_facts(gone.kind).PORT_BOUNCES:  # vrf_dellink, cycle_netdev: down and up again
                plan.shaken[key] = (key[0], controller)
            if kind_facts(gone.kind).PORT_DOWN:
                decision.changes.append(AttrChange("state", "down", "up"))
                if decision.action is None:
                    decision.action, decision.reason = Action.UPDATE, f"{controller} goes"
        for name in port_references(link.port_kind) if link.port_kind else ():
            value = link.attrs.get(name)
            lost = isinstance(value, str) and link_id(key[0], value) in plan.removed
            if lost and all(change.name != name for change in decision.changes):
                _lost(decision, name, str(value))
    return lame


def _lost(decision: Decision, name: str, value: str) -> None:
    decision.changes.append(AttrChange(name, None, value))
    if decision.action is None:
        decision.action, decision.reason = Action.UPDATE, f"{name} {value} is made anew"


def _refuse(plan: LinkPlan, desired: DesiredState, observed: ObservedState) -> None:
    conflicts = []
    unsupported: dict[str, str] = {}
    for (netns, name), decision in plan.decisions.items():
        link = decision.desired
        if link is None or decision.action not in (Action.CREATE, Action.REPLACE):
            continue
        if words := observed.unsupported.get(link.kind):
            unsupported.setdefault(link.kind, words)
        if decision.action is Action.REPLACE and desired.namespaces[netns].manage == "declared":
            owned = observed.owned.objects.get(netns) or set()
            if ("link", name) not in owned:
                assert decision.observed is not None
                conflicts.append(f"link {netns}/{name} exists ({_what(decision.observed)}) and is not deployment {desired.name}'s")
    if unsupported:
        kind, words = next(iter(unsupported.items()))
        wanting = [d.desired for d in plan.decisions.values() if d.desired is not None and d.desired.kind in unsupported]
        others = "".join(f"; link kind {other}: {text}" for other, text in list(unsupported.items())[1:])
        raise UnsupportedByKernel(
            f"link kind {kind}", f"{words}{others}", hint="`nsmgr doctor` lists the kinds of this kernel; nothing has been touched",
            users=[(f"{link.netns}/{link.name}", link.origin) for link in wanting],
        )  # fmt: skip
    if conflicts:
        raise ConflictError("; ".join(conflicts), hint="rename the link in the configuration, or remove the other one first")


def _number(plan: LinkPlan, desired: DesiredState, observed: ObservedState) -> None:
    """Interface indexes: the existing ones, and a free one for each link to be made.

    Chosen here so that ports, addresses and routes of a new link can follow its creation in the same send
    (dev_index_reserve takes ifi_index of RTM_NEWLINK).
    """
    following: dict[str, int] = {}
    for netns in {**desired.namespaces, **observed.namespaces}:
        state = observed.namespaces.get(netns)
        highest = 0
        for name, link in state.links.items() if state else ():
            highest = max(highest, link.index)
            if (netns, name) not in plan.removed:
                plan.index[netns, name] = link.index
        plan.index.setdefault((netns, "lo"), 1)
        following[netns] = highest + 1 if state else FIRST_INDEX
    for key, decision in plan.decisions.items():
        if decision.desired is not None and decision.action in (Action.CREATE, Action.REPLACE, Action.MOVE):
            netns, maker = key[0], references.sender(key[0], plan.needed.get(key, ()))
            # 6.1 looks for a taken index in the sender's namespace, 6.18 in the new link's: one that is free in both.
            plan.index[key] = index = max(following[netns], following.get(maker, FIRST_INDEX))
            following[netns] = following[maker] = index + 1
