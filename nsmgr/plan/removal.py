"""What goes when something is deleted: the kernel's cascades, computed beforehand.

unregister_netdevice of a link takes with it the veth peer, the links stacked on it (vlan, macvlan, vxlan … where their
driver listens to NETDEV_UNREGISTER), their addresses, routes and neighbours. The planner must know all of it,
so that nothing is deleted twice and nothing desired is forgotten.
"""

from __future__ import annotations

from nsmgr.model.kind import kind as kind_facts
from nsmgr.plan.state import Link, NetnsState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LinkId = tuple[str, str]  # (namespace, link name)


def link_id(netns: str, reference: str) -> LinkId:
    """A textual reference seen from ``netns``: ``eth0`` or ``red/eth0``."""
    other, slash, name = reference.rpartition("/")
    return (other, name) if slash else (netns, name)


def dependants(namespaces: Mapping[str, NetnsState]) -> dict[LinkId, list[LinkId]]:
    """link → links that the kernel deletes together with it."""
    found: dict[LinkId, list[LinkId]] = {}
    for netns, state in namespaces.items():
        for name, link in state.links.items():
            for target in _lives_on(netns, link):
                found.setdefault(target, []).append((netns, name))
    return found


def _lives_on(netns: str, link: Link) -> Iterable[LinkId]:
    cls = kind_facts(link.kind)
    if cls.PAIR and isinstance(peer := link.attrs.get("peer"), str) and not peer.startswith("?"):
        yield link_id(netns, peer)
    for attribute in cls.DIES_WITH:
        if isinstance(lower := link.attrs.get(attribute), str) and not lower.startswith("?"):
            yield link_id(netns, lower)


def closure(roots: Iterable[LinkId], graph: Mapping[LinkId, list[LinkId]]) -> dict[LinkId, LinkId]:
    """Everything that goes with the roots: link → the link whose deletion takes it (a root maps to itself)."""
    taken: dict[LinkId, LinkId] = {}
    stack = [(root, root) for root in reversed(list(roots))]
    while stack:
        link, cause = stack.pop()
        if link in taken:
            continue
        taken[link] = cause
        stack.extend((child, link) for child in graph.get(link, ()) if child not in taken)
    return taken


def explicit(doomed: Iterable[LinkId], graph: Mapping[LinkId, list[LinkId]]) -> list[LinkId]:
    """The fewest links whose deletion takes all of ``doomed``: each one not already gone with an earlier one.

    Lower links come first where both a lower and an upper are doomed, because the lower takes the upper along.
    """
    wanted = list(doomed)
    inside = set(wanted)
    carried = {child for link in wanted for child in graph.get(link, ()) if child in inside and link not in graph.get(child, ())}
    gone: set[LinkId] = set()
    chosen = []
    for link in [link for link in wanted if link not in carried] + [link for link in wanted if link in carried]:
        if link not in gone:
            chosen.append(link)
            gone.update(closure([link], graph))  # `|= keys()` would make a new set each time
    return chosen
