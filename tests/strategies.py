"""Hypothesis strategies for whole deployments: random, small, and valid: every reference resolves, the kernel refuses nothing.

A universe of up to four namespaces with a handful of links each, so that two drawn states overlap a lot: the same name is a
veth here and a bridge there, a port changes its bridge, a pair is rewired. What must hold for validity is said where
it is enforced. Nothing that Linux alone decides is drawn (no MAC unless written, no IPv6 without nodad).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from nsmgr.model.base import Value
from nsmgr.model.links import kind_class
from nsmgr.plan.removal import link_id
from nsmgr.plan.state import PROTO_NSMGR, Address, DesiredLink, DesiredNetns, DesiredState, NextHop, Route, Rule, Thing

NAMES = ("a", "b", "c", "d")
LINKS = ("e0", "e1", "e2", "e3", "e4")
MTUS = (1280, 1400, 1500, 9000)
DESTINATIONS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.7/32", "0.0.0.0/0")
DESTINATIONS6 = ("2001:db8:ffff::/48", "2001:db8:eeee::7/128", "::/0")
SYSCTLS = {
    "net.ipv4.ip_forward": ("0", "1"),
    "net.ipv6.conf.all.forwarding": ("0", "1"),
    "net.ipv4.conf.all.rp_filter": ("0", "1", "2"),
    "net.ipv4.ip_default_ttl": ("64", "65"),
    "net.ipv4.ip_local_port_range": ("32768 60999", "1024 65000"),
}
LINK_SYSCTLS = {"ipv4.rp_filter": ("0", "1", "2"), "ipv4.forwarding": ("0", "1"), "ipv6.accept_ra": ("0", "1", "2")}


@dataclass(slots=True)
class _Draw:
    """What one composite draw has so far."""

    draw: Any
    prefix: str
    namespaces: dict[str, DesiredNetns] = field(default_factory=dict)
    parents: set[tuple[str, str]] = field(default_factory=set)  # links that carry a macvlan: no bridge takes them as port

    def one(self, values: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(values))

    def chance(self, one_in: int = 2) -> bool:
        return bool(self.draw(st.integers(0, one_in - 1)) == one_in - 1)  # shrinks to False


@st.composite
def desired_states(draw: Any, *, prefix: str = "", sysctls: bool = True) -> DesiredState:
    """A valid deployment. ``prefix`` goes before every namespace name (tests on a real kernel write ``nsmgrt-…-``)."""
    made = _Draw(draw, prefix)
    names = [prefix + name for name in NAMES[: draw(st.integers(2, 4))]]
    made.namespaces = {name: DesiredNetns(name) for name in names}
    _wires(made)
    for netns in made.namespaces.values():
        _singles(made, netns)
    for netns in made.namespaces.values():
        _stacked(made, netns)
    for netns in made.namespaces.values():
        _ports(made, netns)
        for link in netns.links.values():
            _dress(made, link)
        if made.chance(3):
            netns.links["lo"] = DesiredLink(netns.name, "lo", "lo", {"state": "up"})
            _address(netns.links["lo"], f"10.255.{names.index(netns.name)}.1/32")
        _routes(made, netns)
        _rules(made, netns)
        if sysctls:
            _sysctls(made, netns)
    for netns in made.namespaces.values():  # when all far ends are known to be up or down
        _objects(made, netns)
    return DesiredState("random", made.namespaces)


def _new(netns: DesiredNetns, name: str, kind: str, **attrs: Value) -> DesiredLink:
    link = netns.links[name] = DesiredLink(netns.name, name, kind, {"state": "up", **attrs})
    link.birth = dict(kind_class(kind).BIRTH)
    return link


def _free(made: _Draw) -> list[tuple[DesiredNetns, str]]:
    return [(netns, name) for netns in made.namespaces.values() for name in LINKS if name not in netns.links]


def _wires(made: _Draw) -> None:
    """Veth pairs between any two free names, in one namespace or two."""
    for _ in range(made.draw(st.integers(0, 4))):
        near_netns, near = made.one(_free(made))
        far_netns, far = made.one([end for end in _free(made) if end != (near_netns, near)])
        _new(near_netns, near, "veth", peer=f"{far_netns.name}/{far}")
        _new(far_netns, far, "veth", peer=f"{near_netns.name}/{near}")


def _singles(made: _Draw, netns: DesiredNetns) -> None:
    for name in [name for name in LINKS if name not in netns.links]:
        kind = made.one(("", "", "bridge", "vxlan", "ifb"))
        if kind == "vxlan":  # the VNI follows from the name: unique per underlay namespace, and a changed name frees it
            vni = 100 + LINKS.index(name)
            _new(netns, name, "vxlan", id=vni, port=made.one((4789, 4790)))
        elif kind == "bridge":
            bridge = _new(netns, name, "bridge")
            if made.chance():
                bridge.attrs["ageing_time"] = made.one((0, 100_000, 300_000))
            if made.chance(3):
                bridge.attrs["stp"] = made.one((True, False))
        elif kind == "ifb":
            _new(netns, name, "ifb")


def _stacked(made: _Draw, netns: DesiredNetns) -> None:
    """macvlans on veths. Their MTU is written only below one that their parent has written: what is unset may be anything."""
    lowers = [
        (where, name) for where, other in made.namespaces.items() for name, link in other.links.items() if link.kind == "veth"
    ]
    near = [lower for lower in lowers if lower[0] == netns.name]
    for position in range(made.draw(st.integers(0, 2)) if lowers else 0):
        where, name = made.one(lowers if made.chance(4) or not near else near)
        made.parents.add((where, name))
        made.namespaces[where].links[name].attrs["controller"] = None  # unwritten it could still be a port from before: EBUSY
        reference = name if where == netns.name else f"{where}/{name}"
        _new(netns, f"m{position}", "macvlan", parent=reference, mode=made.one(("private", "vepa", "bridge")))
    for link in netns.links.values():
        if link.kind == "vxlan" and near and made.chance(3):
            # Another VNI, so that one without a parent is never a left-over with a parent's small MTU: unset is not managed.
            link.attrs |= {"parent": made.one(near)[1], "id": 200 + LINKS.index(link.name)}


def _ports(made: _Draw, netns: DesiredNetns) -> None:
    """Bridge ports: Ethernet, no bridge, nobody's lower link (one rx_handler per device)."""
    bridges = [name for name, link in netns.links.items() if link.kind == "bridge"]
    for name, link in netns.links.items():
        if not bridges or link.kind in ("bridge", "macvlan", "lo") or (netns.name, name) in made.parents:
            continue
        if link.kind == "vxlan" and "parent" in link.attrs:
            continue  # with its MTU the bridge could fall below what IPv6 needs
        if made.chance():
            link.attrs["controller"] = made.one(bridges)
    for link in netns.links.values():
        if link.attrs.get("controller") is not None and made.chance(3):
            _port_options(made, netns, link)


def _port_options(made: _Draw, netns: DesiredNetns, link: DesiredLink) -> None:
    options: dict[str, Value] = {"cost": made.one((7, 8)), "isolated": made.one((True, False))}
    if made.chance():
        options["learning"] = made.one((True, False))
    others = [other.name for other in netns.links.values() if other.attrs.get("controller") == link.attrs["controller"]]
    others.remove(link.name)
    if others and made.chance():
        options["backup_port"] = made.one((*others, None))
    link.port_kind = "bridge"
    link.attrs |= {f"port_options.{name}": value for name, value in options.items()}


def _dress(made: _Draw, link: DesiredLink) -> None:
    attrs = link.attrs
    if link.kind in ("veth", "ifb") and made.chance():
        attrs["mtu"] = made.one(MTUS)
    if link.kind == "bridge" and made.chance(4):
        attrs["mtu"] = made.one(MTUS)
    if link.kind == "macvlan" and made.chance(3):
        where, name = link_id(link.netns, str(attrs["parent"]))
        lower = made.namespaces[where].links[name].attrs.get("mtu")
        if isinstance(lower, int):
            attrs["mtu"] = min(lower, made.one(MTUS))
    if made.chance(3):
        attrs["alias"] = made.one(("uplink", "to the lab", ""))
    if made.chance(4):
        attrs["group"] = made.one((0, 7))
    if made.chance(4):
        attrs["mac"] = _mac(link)
    if made.chance(5):
        attrs["state"] = "down"
    link.altnames = None if made.chance(3) else ()
    if made.chance(5):
        link.altnames = tuple(made.draw(st.lists(st.sampled_from((f"{link.name}-uplink", f"{link.name}-x")), unique=True)))
    if attrs["state"] == "up" and made.chance():
        _addresses(made, link)


def _mac(link: DesiredLink) -> str:
    """Told by the place, so that no two links ever share one (two macvlans of one lower: EADDRINUSE)."""
    return f"02:00:00:00:{NAMES.index(link.netns[-1]):02x}:{ord(link.name[0]) + int(link.name[1:] or 0):02x}"


def _number(name: str) -> int:
    return LINKS.index(name) if name in LINKS else 10 + int(name[1:] or 0)


def _address(link: DesiredLink, text: str, **attrs: Value) -> None:
    link.addresses[text] = Address(link.name, text, {"proto": PROTO_NSMGR, **attrs})


def _addresses(made: _Draw, link: DesiredLink) -> None:
    """Subnets are told by the link's name: no address is on two links. IPv6 is nodad, and never below its MTU."""
    number = _number(link.name)
    for third, host in made.draw(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 3)), max_size=3, unique=True)):
        _address(link, f"10.{number}.{third}.{host}/24")
    if link.kind == "vxlan" and "parent" in link.attrs:
        return  # its MTU is the parent's less 50: perhaps too small for IPv6
    for host in made.draw(st.lists(st.integers(1, 3), max_size=2, unique=True)):
        _address(link, f"2001:db8:{number + 1}::{host}/64", nodad=True)


def _objects(made: _Draw, netns: DesiredNetns) -> None:
    """Next hop objects on veths that have a carrier, and a group of them. A kernel without a far end that is up refuses them."""
    ways = [
        (link, via)
        for link in netns.links.values()
        if link.kind == "veth" and link.attrs["state"] == "up" and _far_end(made, link).attrs["state"] == "up"
        for address in link.addresses
        if ":" not in address and (via := _gateway(address))
    ]
    if not ways or made.chance(2):
        return
    netns.types = frozenset(("nexthop",))
    for number, (link, via) in enumerate(ways[:2], 1):
        attrs: dict[str, Value] = {"id": number, "via": via, "dev": link.name, "family": "ipv4"}
        thing = Thing("nexthop", str(number), link.name, attrs)
        netns.things[thing.id] = thing
    if made.chance():
        members = tuple((number, made.one((1, 2))) for number in range(1, len(ways[:2]) + 1))
        on = tuple(("nexthop", str(number)) for number, _ in members)
        group = Thing("nexthop", "3", "", {"id": 3, "group": members}, on)
        netns.things[group.id] = group
    route = Route("198.18.0.0/15", 254, 0, 0, (), {"proto": PROTO_NSMGR, "nhid": int(made.one([key for _, key in netns.things]))})
    netns.routes[route.key] = route


def _far_end(made: _Draw, link: DesiredLink) -> DesiredLink:
    where, name = link_id(link.netns, str(link.attrs["peer"]))
    return made.namespaces[where].links[name]


def _routes(made: _Draw, netns: DesiredNetns) -> None:
    gateways = [
        NextHop(via, link.name if made.chance() else "")
        for link in netns.links.values()
        for address in link.addresses
        if link.name != "lo" and (via := _gateway(address))
    ]
    for six, destinations in ((False, DESTINATIONS), (True, DESTINATIONS6)):
        ways = list({hop.via: hop for hop in gateways if (":" in hop.via) == six}.values())
        for to in made.draw(st.lists(st.sampled_from(destinations), max_size=2, unique=True)):
            metric = made.one((1024, 50) if six else (0, 50))
            route = Route(to, made.one((254, 100)), metric, 0, (), {"proto": PROTO_NSMGR})
            if ways and made.chance(4) is False:
                count = 2 if len(ways) > 1 and made.chance(3) else 1
                route.nexthops = tuple(made.draw(st.permutations(ways))[:count])
            else:
                route.attrs["type"] = made.one(("blackhole", "unreachable", "prohibit"))
            if made.chance(4):
                route.attrs[made.one(("initcwnd", "hoplimit"))] = made.one((10, 20))
            if six and route.nexthops and made.chance(4):
                route.attrs["pref"] = made.one(("low", "medium", "high"))
            netns.routes[route.key] = route


def _gateway(address: str) -> str:
    """A host of the subnet that nobody in the universe has."""
    if ":" in address:
        return address.partition("::")[0] + "::fe"
    return address.rpartition(".")[0] + ".254"


def _rules(made: _Draw, netns: DesiredNetns) -> None:
    for priority in made.draw(st.lists(st.sampled_from((1000, 1001, 2000)), max_size=2, unique=True)):
        attrs: dict[str, Value] = {"priority": priority, "family": made.one(("ipv4", "ipv6")), "table": made.one((100, 254))}
        if attrs["family"] == "ipv4" and made.chance():
            attrs["from"] = made.one(("10.0.0.0/24", "10.1.0.0/16"))
        if made.chance(3):
            attrs["fwmark"] = made.one((1, 2))
        rule = Rule(attrs, PROTO_NSMGR)
        netns.rules[rule.key] = rule


def _sysctls(made: _Draw, netns: DesiredNetns) -> None:
    for key in made.draw(st.lists(st.sampled_from(sorted(SYSCTLS)), max_size=2, unique=True)):
        netns.sysctls[key] = made.one(SYSCTLS[key])
    for link in netns.links.values():
        if made.chance(6):
            family, _, name = made.one(sorted(LINK_SYSCTLS)).partition(".")
            if family == "ipv6" and link.kind == "vxlan" and "parent" in link.attrs:
                continue  # with its parent's MTU less 50 it may be too small for IPv6, and has no such key then
            key = f"net.{family}.conf.{link.name}.{name}"
            link.sysctls = {**link.sysctls, key: made.one(LINK_SYSCTLS[f"{family}.{name}"])}
