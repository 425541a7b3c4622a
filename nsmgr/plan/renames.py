"""Links that only changed their name: a veth end is known by its far end, so it can be renamed instead of made again.

A rename keeps ifindex, addresses, counters and everything stacked on the link; deleting and making it again loses them.
"""

from __future__ import annotations

from nsmgr.model.attr import Value
from nsmgr.model.encap import renamed as encap_renamed
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import port_references
from nsmgr.model.thing import facts, renamed_key
from nsmgr.plan.draft import Draft
from nsmgr.plan.links import LinkPlan
from nsmgr.plan.plan import Action, AttrChange, Verb
from nsmgr.plan.removal import LinkId, link_id
from nsmgr.plan.state import DesiredState, Link, NetnsState, NextHop, ObservedState, Route, Thing
from nsmgr.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Renames = dict[LinkId, str]  # (namespace, present name) → wanted name


def find(desired: DesiredState, observed: ObservedState) -> Renames:
    """Existing pairs of which one or both ends carry another name than the only desired pair they can be.

    A desired pair is matched with an observed pair between the same two namespaces that has one end right. Exact pairs
    are taken first, so a link that is right is never renamed away. Only namespaces described completely are considered:
    elsewhere a name that is not declared may mean something to somebody.
    """
    pairs = _observed_pairs(observed)
    if not pairs:
        return {}
    wrong: list[tuple[LinkId, LinkId]] = []
    taken: set[LinkId] = set()
    for netns, wanted in desired.namespaces.items():
        for name, link in wanted.links.items():
            peer = link.attrs.get("peer")
            if not kind_facts(link.kind).PAIR or not isinstance(peer, str):
                continue
            one, other = (netns, name), link_id(netns, peer)
            if pairs.get(one) == other:
                taken.update((one, other))
            elif one < other:
                wrong.append((one, other))
    renames: Renames = {}
    for one, other in wrong:
        for fixed, moving in ((one, other), (other, one)):
            candidate = pairs.get(fixed)
            if (
                candidate is not None
                and candidate[0] == moving[0]
                and not {fixed, candidate} & taken
                and desired.namespaces[moving[0]].manage == "all"
                and _unused(*moving, observed)
            ):
                renames[candidate] = moving[1]
                taken.update((fixed, candidate))
                break
    return _reachable(renames, observed)


def _reachable(renames: Renames, observed: ObservedState) -> Renames:
    """Only renames whose wanted name is free or becomes free because its present holder is renamed too."""
    while True:
        stuck = [old for old, new in renames.items() if new in observed.namespaces[old[0]].links and (old[0], new) not in renames]
        if not stuck:
            return renames
        for old in stuck:
            del renames[old]


def _observed_pairs(observed: ObservedState) -> dict[LinkId, LinkId]:
    found: dict[LinkId, LinkId] = {}
    for netns, state in observed.namespaces.items():
        for name, link in state.links.items():
            if kind_facts(link.kind).PAIR and isinstance(peer := link.attrs.get("peer"), str) and not peer.startswith("?"):
                found[netns, name] = link_id(netns, peer)
    return found


def _unused(netns: str, name: str, observed: ObservedState) -> bool:
    """No other device has the name as an alternative name: names and altnames share one table (netdev_name_node)."""
    return not any(name in link.altnames for link in observed.namespaces[netns].links.values())


def project(observed: ObservedState, renames: Renames) -> ObservedState:
    """The observed state as it will be once the links carry their wanted names."""

    def renamed(netns: str, name: str) -> str:
        return renames.get((netns, name), name)

    def reference(netns: str, value: Value) -> Value:
        if not isinstance(value, str) or value.startswith("?"):
            return value
        where, name = link_id(netns, value)
        new = renamed(where, name)
        return value if new == name else value.removesuffix(name) + new

    namespaces: dict[str, NetnsState] = {}
    for netns, state in observed.namespaces.items():
        links: dict[str, Link] = {}
        for name, link in state.links.items():
            references = [row for row, attr in kind_facts(link.kind).rows().items() if attr.ref] + ["peer"]
            references += port_references(link.port_kind)
            attrs = {**link.attrs, **{row: reference(netns, link.attrs[row]) for row in references if row in link.attrs}}
            new = renamed(netns, name)
            links[new] = replace(link, name=new, attrs=attrs)
        namespaces[netns] = replace(
            state,
            links=links,
            addresses={
                (renamed(netns, a.link), a.address): replace(a, link=renamed(netns, a.link)) for a in state.addresses.values()
            },
            routes={key: [_through(route, renamed, netns) for route in routes] for key, routes in state.routes.items()},
            things={thing.id: thing for thing in _things(state, {name: renamed(netns, name) for name in state.links})},
            # Keys of a link that had another name were looked for under the new one: not there says nothing.
            sysctls={key: value for key, value in state.sysctls.items() if value is not None},
        )
    return replace(observed, namespaces=namespaces)


def _things(state: NetnsState, names: Mapping[str, str]) -> Iterator[Thing]:
    """The things with the new names of the links they are on and of those they refer to."""

    def renamed(name: str) -> str:
        return names.get(name, name)

    for thing in state.things.values():
        attrs = dict(thing.attrs)
        for row, about in facts(thing.type, attrs).rows().items():
            value = attrs.get(row)
            if about.ref and value is not None:
                attrs[row] = tuple(map(renamed, value)) if isinstance(value, tuple) else renamed(str(value))
        on, after = (tuple([(kind, renamed_key(key, renamed)) for kind, key in ids]) for ids in (thing.on, thing.after))
        key = renamed_key(thing.key, renamed) if thing.link else thing.key
        yield replace(thing, key=key, link=renamed(thing.link), attrs=attrs, on=on, after=after)


def _through(route: Route, renamed: Callable[[str, str], str], netns: str) -> Route:
    def hop_of(hop: NextHop) -> NextHop:
        encap = encap_renamed(hop.encap, lambda name: renamed(netns, name)) if hop.encap else ""
        return replace(hop, dev=renamed(netns, hop.dev), encap=encap)

    return replace(route, nexthops=tuple(map(hop_of, route.nexthops)))


def note(renames: Renames, plan: LinkPlan) -> None:
    """The new name becomes an attribute change of the link, the first one."""
    for (netns, name), new in _kept(renames, plan).items():
        decision = plan.decisions[netns, new]
        decision.changes.insert(0, AttrChange("name", name, new))
        if decision.action is None:
            decision.action, decision.reason = Action.UPDATE, "name differs"


def _kept(renames: Renames, plan: LinkPlan) -> Renames:
    """Those of links that are not made anew all the same, under the new name."""
    return {old: new for old, new in renames.items() if plan.decisions[old[0], new].action is not Action.REPLACE}


def emit(renames: Renames, plan: LinkPlan, draft: Draft, *, live: bool) -> None:
    """Rename steps; through a temporary name where the wanted one is still held by another link to be renamed.

    live: False where the kernel renames only links that are down: then it is set down and up again, and what that costs
    (IPv4 routes, IPv6 addresses) is put back.
    """
    renames = _kept(renames, plan)
    held = {(netns, new) for (netns, _), new in renames.items()} & renames.keys()
    for (netns, name), new in renames.items():
        decision = plan.decisions[netns, new]
        assert decision.observed is not None
        lane, index = draft.lane(netns), plan.index[netns, new]
        if not live and decision.observed.attrs.get("state") == "up":
            lane.rename.append(draft.step(decision.op, Verb.LINK_SET, netns, index=index, name=name, attrs={"state": "down"}))
            if decision.desired is not None and decision.desired.attrs.get("state") == "up":
                lane.up.append(draft.step(decision.op, Verb.LINK_SET, netns, index=index, name=new, attrs={"state": "up"}))
            plan.bounced.setdefault((netns, new), decision.op)
        if (netns, name) in held:
            aside = {"rename": f"nsmgr{index}"}
            lane.rename.append(draft.step(decision.op, Verb.LINK_SET, netns, index=index, name=name, args=aside))
    for (netns, name), new in renames.items():
        decision = plan.decisions[netns, new]
        step = draft.step(decision.op, Verb.LINK_SET, netns, index=plan.index[netns, new], name=name, args={"rename": new})
        draft.lane(netns).rename.append(step)
