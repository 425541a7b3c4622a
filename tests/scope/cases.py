"""What tests/kernel/test_every_attribute.py tries: every row of every kind, with two values, in a link of its own.

A new kind is found by itself. It needs a line here only where the kernel wants more than the row knows: what every such link
must be given (BODIES), what a row needs beside it or which values (HAND), what cannot be tried and why (UNTRIED).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nsmgr.model.base import Attr, Change
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from tests.scope.values import Underivable, adapter, pair

Body = dict[str, Any]

# kind → what each link of it is given beside the row that is tried; the number tells the links of one namespace apart.
BODIES: Mapping[str, Callable[[int], Body]] = {
    "vxlan": lambda n: {"id": 1000 + n, "port": 20_000 + n},
}

# What ports of a kind join: a bridge, unless …
PORT_OF: Mapping[str, str] = {"bridge": "vrf", "tun": "vrf", "ipvlan": "vrf", "ipvtap": "vrf", "macvtap": "vrf", "vrf": ""}


@dataclass(frozen=True, slots=True)
class Hand:
    """a, b: the values, where they cannot be derived or the kernel takes only some. more: further keys of the link.

    lower: keys of the links that a reference names; ``@`` stands for the link that is tried.
    """

    a: Any = None
    b: Any = None
    more: Body = field(default_factory=dict)
    lower: Body = field(default_factory=dict)


_LACP = {"mode": "802.3ad"}
_MII = {"miimon": "100ms"}
_ARP = {"arp_interval": "1s", "arp_ip_target": ["10.0.0.1"]}

# (kind or "" for every kind, row) → how to try it. MORE: further pairs of the same rows, where the values decide what happens.
HAND: Mapping[tuple[str, str], Hand] = {
    ("", "mtu"): Hand(1400, 1300),
    ("", "gso_max_size"): Hand(40_000, 50_000),
    ("", "gro_max_size"): Hand(40_000, 50_000),
    ("", "gso_ipv4_max_size"): Hand(40_000, 50_000),
    ("", "gro_ipv4_max_size"): Hand(40_000, 50_000),
    ("bridge", "group_address"): Hand("01:80:c2:00:00:0e", "01:80:c2:00:00:00"),
    ("bridge", "mcast_vlan_snooping"): Hand(more={"vlan_filtering": True}),
    ("bond", "updelay"): Hand("400ms", "200ms", _MII),
    ("bond", "downdelay"): Hand("400ms", "200ms", _MII),
    ("bond", "peer_notify_delay"): Hand("400ms", "200ms", _MII),
    ("bond", "miimon"): Hand("200ms", "100ms"),
    ("bond", "arp_interval"): Hand("2s", "1s", {"arp_ip_target": ["10.0.0.1"]}),
    ("bond", "ns_ip6_target"): Hand(["2001:db8::1", "2001:db8::2"], []),
    ("bond", "arp_validate"): Hand("active", "all", {"mode": "active-backup", **_ARP}),
    ("bond", "arp_missed_max"): Hand(more={"mode": "active-backup", **_ARP}),
    ("bond", "primary"): Hand(more={"mode": "active-backup"}, lower={"controller": "@"}),
    ("bond", "fail_over_mac"): Hand(more={"mode": "active-backup"}),
    ("bond", "tlb_dynamic_lb"): Hand(more={"mode": "balance-tlb"}),
    ("bond", "lacp_rate"): Hand(more=_LACP),
    ("bond", "lacp_active"): Hand(more=_LACP),
    ("bond", "ad_select"): Hand(more=_LACP),
    ("bond", "ad_actor_sys_prio"): Hand(more=_LACP),
    ("bond", "ad_user_port_key"): Hand(more=_LACP),
    ("bond", "ad_actor_system"): Hand("02:00:00:00:00:09", "02:00:00:00:00:08", _LACP),
    ("bond", "coupled_control"): Hand(more=_LACP),
    ("bond", "broadcast_neighbor"): Hand(more=_LACP),
    ("macvlan", "macaddrs"): Hand(more={"mode": "source"}),
    ("tun", "owner"): Hand(70_000, 70_001),
    ("tun", "owner_group"): Hand(70_000, 70_001),
    ("tap", "owner"): Hand(70_000, 70_001),
    ("tap", "owner_group"): Hand(70_000, 70_001),
    ("macvtap", "macaddrs"): Hand(more={"mode": "source"}),
    ("vxlan", "external"): Hand(True, False, {"learning": False}),
    ("vxlan", "vnifilter"): Hand(True, False, {"external": True}),
    ("vxlan", "gpe"): Hand(True, False, {"external": True, "learning": False}),
    ("vxlan", "label"): Hand(5, 0, {"remote": "2001:db8::1"}),
    ("vxlan", "label_policy"): Hand(more={"remote": "2001:db8::1"}),
}

MORE: Mapping[tuple[str, str], tuple[Hand, ...]] = {
    ("macvlan", "mode"): (Hand("passthru", "bridge"), Hand("source", "bridge")),
    ("macvtap", "mode"): (Hand("passthru", "bridge"),),
    ("vxlan", "remote"): (Hand("10.0.0.1", "2001:db8::1"), Hand("2001:db8::1", "2001:db8::2")),
    ("vxlan", "local"): (Hand("10.0.0.1", "2001:db8::1"), Hand("2001:db8::1", "2001:db8::2")),
    ("vxlan", "tos"): (Hand(16, 32),),
    ("bond", "mode"): (Hand("802.3ad", "balance-alb"), Hand("balance-xor", "broadcast")),
}

# (kind or "", row) → why it is not tried.
UNTRIED: Mapping[tuple[str, str], str] = {
    ("", "peer"): "another name is the same pair renamed, another namespace a pair made anew: tests/cases/peer-moves-namespace",
}

# What a kernel was built without it takes and forgets (and never dumps): row → option.
OPTIONS: Mapping[str, str] = {
    "rx_queues": "CONFIG_RPS",
    **dict.fromkeys(("nf_call_iptables", "nf_call_ip6tables", "nf_call_arptables"), "CONFIG_BRIDGE_NETFILTER"),
    **dict.fromkeys(
        ("vlan_protocol", "vlan_default_pvid", "vlan_stats_enabled", "vlan_stats_per_port"), "CONFIG_BRIDGE_VLAN_FILTERING"
    ),
}


@dataclass(slots=True)
class Case:
    """One row of one kind. ``link`` is tried; ``others`` are the links it needs, in the same namespace."""

    kind: str
    row_name: str
    row: Attr
    serial: int
    a: Any = None
    b: Any = None
    body: Body = field(default_factory=dict)
    others: dict[str, Body] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    why_not: str = ""

    @property
    def link(self) -> str:
        return "lo" if self.kind == "lo" else f"x{self.serial}"

    def links(self, second: bool) -> dict[str, Body]:
        return {**self.others, self.link: {**self.body, self.row_name: self.b if second else self.a}}


def cases(kind: str) -> Iterator[Case]:
    """A case for every row of the kind that can be set."""
    cls = kind_class(kind)
    serial = 0
    for name, row in cls.rows().items():
        if row.change is not Change.READ_ONLY:
            for hand in (HAND.get((kind, name)) or HAND.get(("", name)) or Hand(), *MORE.get((kind, name), ())):
                yield _case(kind, cls, name, row, serial, hand)
                serial += 1


def _case(kind: str, cls: type[Link], name: str, row: Attr, serial: int, hand: Hand) -> Case:
    case = Case(kind, name, row, serial, needs={kind} if cls.MAKER != "none" else set())
    case.why_not = UNTRIED.get((kind, name)) or UNTRIED.get(("", name), "")
    if kind == "physical":
        case.why_not = "needs a network card"
    if case.why_not:
        return case
    case.body = {"kind": kind, **BODIES.get(kind, lambda number: {})(serial)}
    for required, about in cls.model_fields.items():
        if about.is_required() and required not in case.body:
            case.body[required] = _required(cls, required, serial)
    if cls.PAIR:
        case.body["peer"] = f"p{serial}"
    if cls.PARENT_REQUIRED and "parent" not in case.body:
        case.body["parent"] = _lower(case, "l")
    case.body |= hand.more
    if name == "controller":
        _controllers(case, kind)
    elif row.ref and hand.a is None:
        case.a, case.b = _lower(case, "l", hand.lower), _lower(case, "m", hand.lower)
    elif hand.a is not None:
        case.a, case.b = hand.a, hand.b
    else:
        try:
            case.a, case.b = pair(cls, name, row, serial)
        except Underivable as error:
            case.why_not = f"failed: {error}; name them in tests/scope/cases.py"
    return case


def _required(cls: type[Link], name: str, serial: int) -> Any:
    """A value of its own for a key that must be there: numbers count up, the rest is as derived."""
    row = cls.rows()[name]
    for candidate in (1000 + serial, 100 + serial, 10 + serial):
        try:
            adapter(cls, name).validate_python(candidate)
        except ValueError:
            continue
        return candidate
    return pair(cls, name, row, serial)[0]


def _lower(case: Case, letter: str, more: Body | None = None) -> str:
    """A link to be stacked on, which every kernel has."""
    name = f"{letter}{case.serial}"
    case.others[name] = {"kind": "ifb", **{key: case.link if value == "@" else value for key, value in (more or {}).items()}}
    return name


def _controllers(case: Case, kind: str) -> None:
    controller = PORT_OF.get(kind, "bridge")
    if not controller:
        case.why_not = "cannot be a port"
        return
    for place, letter in enumerate("cd"):
        more = {"table": 100_000 + 2 * case.serial + place} if controller == "vrf" else {}
        case.others[f"{letter}{case.serial}"] = {"kind": controller, **more}
    case.a, case.b = f"c{case.serial}", f"d{case.serial}"
    case.needs.add(controller)


def every() -> Iterator[Case]:
    for kind in kind_names():
        yield from cases(kind)
