"""References between links: do their targets exist, can they have ports, and do they end somewhere."""

from __future__ import annotations

from nsmgr.config.links import Links
from nsmgr.config.report import did_you_mean
from nsmgr.config.space import Reference, Spaces
from nsmgr.model.kind import kind as kind_facts
from nsmgr.model.port import PREFIX

_End = tuple[str, str]


def check(spaces: Spaces, links: Links) -> None:
    """Report dangling references, ports of links that can have none, and cycles."""
    edges: dict[_End, list[tuple[_End, Reference]]] = {}
    for reference in list(spaces.references):
        netns, slash, name = reference.target.rpartition("/")
        target = (netns if slash else reference.netns, name)
        if not _exists(spaces, links, reference, target):
            continue
        if _names_a_port(spaces, reference):
            _must_be_a_port(spaces, reference, target)
        else:
            edges.setdefault((reference.netns, reference.link), []).append((target, reference))
    _cycles(spaces, edges)
    if spaces.ports:
        from nsmgr.config import ports

        ports.check(spaces)


def _exists(spaces: Spaces, links: Links, reference: Reference, target: _End) -> bool:
    space = spaces.find(target[0])
    if space is None:
        spaces.undeclared(target[0], reference.path)
        return False
    name = target[1]
    if name not in space.names:
        if not space.lenient:
            near = {known if target[0] == reference.netns else f"{target[0]}/{known}" for known in space.names}
            otherwise = f"declare it under `links:` of `{target[0]}`"
            words = f"`{reference.attribute}` names the link `{reference.target}`, which is not declared"
            spaces.report.error(reference.path, words, did_you_mean(reference.target, near, otherwise), "dangling_reference")
        return False
    state = space.state.links.get(name)
    if reference.attribute == "controller" and state is not None and state.kind and not kind_facts(state.kind).CONTROLLER:
        words = f"`{name}` is of kind {state.kind}, which can have no ports"
        spaces.report.error(reference.path, words, "a controller is a bridge, bond, team or vrf", "dangling_reference")
    if reference.attribute == "controller" and state is not None and state.kind == "bridge":
        port = spaces.by_name[reference.netns].state.links.get(reference.link)
        if port is not None and not kind_facts(port.kind).ETHERNET:
            words = f"a {port.kind} link has no Ethernet header: bridge `{name}` cannot take it as port (EINVAL)"
            spaces.report.error(
                reference.path, words, "a vrf can; for tun there is `kind: tap`" if port.kind == "tun" else "a vrf can"
            )
    return True


def _names_a_port(spaces: Spaces, reference: Reference) -> bool:
    """A bond's primary is a port of the bond: the port stands on the bond, not the other way round.

    Neither does a port stand on its backup: two may back each other up.
    """
    if reference.attribute.startswith(PREFIX):
        return True
    space = spaces.find(reference.netns)
    link = space.state.links.get(reference.link) if space is not None else None
    return link is not None and reference.attribute in kind_facts(link.kind).NAMES_PORTS


def _must_be_a_port(spaces: Spaces, reference: Reference, target: _End) -> None:
    """bond_option_primary_set() keeps another name for later without saying so; team_nl_cmd_options_set() refuses it."""
    space = spaces.find(target[0])
    port = space.state.links.get(target[1]) if space is not None else None
    if reference.attribute.startswith(PREFIX) or port is None or not port.kind:
        return  # options of ports have a check of their own; a link that somebody else makes may have been enslaved by them
    if port.attrs.get("controller") != reference.link:
        words = f"`{reference.attribute}` names `{target[1]}`, which is no port of `{reference.link}`"
        spaces.report.error(reference.path, words, f"add `controller: {reference.link}` to `{target[1]}`")


def _cycles(spaces: Spaces, edges: dict[_End, list[tuple[_End, Reference]]]) -> None:
    """Depth-first, without recursion: a chain of vlans on vlans may be long."""
    done: set[_End] = set()
    for start in edges:
        trail: list[_End] = []
        stack: list[tuple[_End, int]] = [(start, 0)]
        while stack:
            end, number = stack.pop()
            if number == 0:
                if end in done:
                    continue
                trail.append(end)
            following = edges.get(end, ())
            if number == len(following):
                done.add(end)
                trail.pop()
                continue
            stack.append((end, number + 1))
            target, reference = following[number]
            if target in trail:
                circle = [*trail[trail.index(target) :], target]
                words = " → ".join("/".join(step) for step in circle)
                spaces.report.error(reference.path, f"links stand on each other in a circle: {words}", "cut it somewhere", "cycle")
            elif target not in done:
                stack.append((target, 0))
