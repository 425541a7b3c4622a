"""What tests/kernel/test_every_attribute.py tries: every row of every kind, with two values, in a link of its own.

A new kind is found by itself. It needs a line here only where the kernel wants more than the row knows: what every such link
must be given (BODIES), what a row needs beside it or which values (HAND), what cannot be tried and why (UNTRIED).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nsmgr.model.base import Attr, Change, Names
from nsmgr.model.links import kind_class, kind_names
from nsmgr.model.links.base import Link
from nsmgr.model.port import PREFIX
from nsmgr.model.ports import port_class, port_kinds
from nsmgr.model.ports.base import Port
from tests.scope.values import Underivable, adapter, pair

Body = dict[str, Any]


# kind → what each link of it is given beside the row that is tried; the number tells the links of one namespace apart.
def _four(n: int) -> Body:
    """Ends of a tunnel of its own."""
    return {"local": f"10.8.{n // 250}.{n % 250 + 1}", "remote": f"10.9.{n // 250}.{n % 250 + 1}"}


def _six(n: int) -> Body:
    return {"local": f"2001:db8:8::{n + 1:x}", "remote": f"2001:db8:9::{n + 1:x}"}


_PLAIN: Body = {"okey": None, "oseq": None}  # before 6.8 a link that sends no ERSPAN header by itself does not tell them
_SESSION: Body = {"ikey": 9, "okey": 9, "oseq": True, "iseq": True}
BODIES: Mapping[str, Callable[[int], Body]] = {
    "gre": _four,
    "gretap": _four,
    "erspan": lambda n: _four(n) | _SESSION,
    "ip6gre": _six,
    "ip6gretap": _six,
    "ip6erspan": lambda n: _six(n) | _SESSION,
    "ipip": _four,
    "sit": _four,
    "ip6tnl": _six,
    "vti": _four,
    "vti6": _six,
    "xfrm": lambda n: {"if_id": 1000 + n},
    "geneve": lambda n: {"id": 1000 + n, "remote": f"10.9.{n // 250}.{n % 250 + 1}"},
    "bareudp": lambda n: {"port": 20_000 + n, "ethertype": "ipv4"},
    "gtp": lambda n: {"local": f"127.1.{n // 250}.{n % 250 + 1}"},
    "vxlan": lambda n: {"id": 1000 + n, "port": 20_000 + n},
}

# What ports of a kind join: a bridge if they have an Ethernet header, else a vrf, unless …
PORT_OF: Mapping[str, str] = {
    "bridge": "vrf",
    "ipvlan": "vrf",
    "ipvtap": "vrf",
    "macvtap": "vrf",
    "netkit": "vrf",
    "vrf": "",
}


@dataclass(frozen=True, slots=True)
class Hand:
    """a, b: the values, where they cannot be derived or the kernel takes only some. more: further keys of the link.

    lower: keys of the links that a reference names, ``@`` stands for the link that is tried. Of a port: keys of its controller, and
    ``@`` in ``more`` stands for another port. once: keys that only the first document has. None takes a key away.
    """

    a: Any = None
    b: Any = None
    more: Body = field(default_factory=dict)
    lower: Body = field(default_factory=dict)
    once: Body = field(default_factory=dict)


_LACP = {"mode": "802.3ad"}
_MII = {"miimon": "100ms"}
_ARP = {"arp_interval": "1s", "arp_ip_target": ["10.0.0.1"]}

# (kind or "" for every kind, row) → how to try it. MORE: further pairs of the same rows, where the values decide what happens.
HAND: dict[tuple[str, str], Hand] = {
    ("", "mtu"): Hand(1400, 1300),
    ("", "gso_max_size"): Hand(40_000, 50_000),
    ("", "gro_max_size"): Hand(40_000, 50_000),
    ("", "gso_ipv4_max_size"): Hand(40_000, 50_000),
    ("", "gro_ipv4_max_size"): Hand(40_000, 50_000),
    ("", "token"): Hand("::a:b:c", "::"),
    **{(kind, "token"): Hand("::a:b:c", "::", {"mode": "l2"}) for kind in ("ipvlan", "ipvtap", "netkit")},
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
    ("batadv", "mtu"): Hand(1400, 1300),
    ("batadv", "algo"): Hand("BATMAN_V", "BATMAN_IV"),
    ("batadv", "gw_sel_class"): Hand(30, 20),
    ("hsr", "version"): Hand(1, 0),
    ("macsec", "sci"): Hand("0200000000a10001", "0200000000b20002"),
    ("macsec", "icvlen"): Hand(12, 16),
    ("macsec", "send_sci"): Hand(False, True),
    ("macsec", "end_station"): Hand(True, False, {"send_sci": False}),
    ("macsec", "scb"): Hand(True, False, {"send_sci": False}),
    ("macsec", "window"): Hand(5, 64, {"replay": True}),
    ("netkit", "mac"): Hand("02:00:00:00:00:a1", "02:00:00:00:00:a2", {"mode": "l2"}),
    ("team", "mode"): Hand("roundrobin", "broadcast"),
    ("team", "activeport"): Hand(more={"mode": "activebackup"}, lower={"controller": "@"}),
    ("team", "lb_tx_method"): Hand("hash_to_port_mapping", "hash", {"mode": "loadbalance"}),
    ("team", "lb_stats_refresh_interval"): Hand("500ms", "0s", {"mode": "loadbalance"}),
    ("vcan", "mtu"): Hand(16, 72),
    ("vxcan", "mtu"): Hand(16, 72),
    ("macvlan", "macaddrs"): Hand(more={"mode": "source"}),
    ("tun", "owner"): Hand(70_000, 70_001),
    ("tun", "owner_group"): Hand(70_000, 70_001),
    ("tap", "owner"): Hand(70_000, 70_001),
    ("tap", "owner_group"): Hand(70_000, 70_001),
    ("macvtap", "macaddrs"): Hand(more={"mode": "source"}),
    **{(kind, "addrgenmode"): Hand("none", "random") for kind in ("bareudp", "gtp", "xfrm")},
    **{
        ("sit", name): Hand(
            a, b, {"prefix_6rd": "2001:db8::", "prefixlen_6rd": 32, "relay_prefix_6rd": "10.0.0.0", "relay_prefixlen_6rd": 8}
        )
        for name, a, b in (
            ("prefix_6rd", "2001:db9::", "2001:dba::"),
            ("prefixlen_6rd", 40, 38),
            ("relay_prefix_6rd", "11.0.0.0", "12.0.0.0"),
            ("relay_prefixlen_6rd", 9, 10),
        )
    },
    ("sit", "ttl"): Hand(7, 64),
    ("erspan", "icsum"): Hand(more=_PLAIN | {"erspan_ver": 0}),
    ("erspan", "ocsum"): Hand(more=_PLAIN | {"erspan_ver": 0}),
    ("ip6erspan", "external"): Hand(True, False, once=_PLAIN),
    ("erspan", "ikey"): Hand(7, 1023),
    ("erspan", "okey"): Hand(7, 1023),
    ("erspan", "erspan_dir"): Hand(more={"erspan_ver": 2}),
    ("erspan", "erspan_hwid"): Hand(more={"erspan_ver": 2}),
    ("ip6erspan", "ikey"): Hand(7, 1023),
    ("ip6erspan", "okey"): Hand(7, 1023),
    ("ip6erspan", "erspan_dir"): Hand(more={"erspan_ver": 2}),
    ("ip6erspan", "erspan_hwid"): Hand(more={"erspan_ver": 2}),
    ("gre", "ignore_df"): Hand(more={"pmtudisc": False}),
    ("gretap", "ignore_df"): Hand(more={"pmtudisc": False}),
    ("erspan", "ignore_df"): Hand(more={"pmtudisc": False}),
    ("geneve", "label"): Hand(5, 0, {"remote": "2001:db8::1"}),
    ("geneve", "udp6zerocsumtx"): Hand(more={"remote": "2001:db8::2"}),
    ("geneve", "udp6zerocsumrx"): Hand(more={"remote": "2001:db8::3"}),
    ("geneve", "port_range"): Hand([1024, 2048], [1, 65535]),
    ("vxlan", "external"): Hand(True, False, {"learning": False}),
    ("vxlan", "vnifilter"): Hand(True, False, {"external": True}),
    ("vxlan", "gpe"): Hand(True, False, {"external": True, "learning": False}),
    ("vxlan", "label"): Hand(5, 0, {"remote": "2001:db8::1"}),
    ("vxlan", "label_policy"): Hand(more={"remote": "2001:db8::1"}),
}

_ENCAPSULATED = ("gre", "gretap", "erspan", "ip6gre", "ip6gretap", "ip6erspan", "ip6tnl", "ipip", "sit")
HAND |= {
    **{
        (kind, f"encap_{name}"): Hand(more={"encap": "fou"})
        for kind in _ENCAPSULATED
        for name in ("sport", "dport", "csum", "csum6", "remcsum")
    },
    ("geneve", "external"): Hand(True, False, {"port": 30_000}, once={"id": None, "remote": None}),
    ("xfrm", "external"): Hand(True, False, once={"if_id": None}),
    ("macsec", "replay"): Hand(True, False, once={"window": 5}),
    ("bridge-port", "backup_nhid"): Hand(5, 0, {"backup_port": "@"}),
    ("bridge-port", "mab"): Hand(more={"locked": True}),
    ("bond-port", "prio"): Hand(-7, 12, lower={"mode": "active-backup"}),
    ("bond-port", "actor_port_prio"): Hand(lower=_LACP),
}
MORE: Mapping[tuple[str, str], tuple[Hand, ...]] = {
    ("macvlan", "mode"): (Hand("passthru", "bridge"), Hand("source", "bridge")),
    ("macvtap", "mode"): (Hand("passthru", "bridge"),),
    ("gre", "remote"): (Hand("10.7.0.1", "10.7.0.2"), Hand("10.7.0.3", "any")),
    ("ipip", "remote"): (Hand("10.7.0.1", "10.7.0.2"),),
    ("sit", "remote"): (Hand("10.7.0.1", "10.7.0.2"),),
    ("vti", "remote"): (Hand("10.7.0.1", "10.7.0.2"),),
    ("geneve", "remote"): (Hand("10.7.0.1", "2001:db8:7::1"), Hand("2001:db8:7::2", "2001:db8:7::3")),
    ("vxlan", "remote"): (Hand("10.0.0.1", "2001:db8::1"), Hand("2001:db8::1", "2001:db8::2")),
    ("vxlan", "local"): (Hand("10.0.0.1", "2001:db8::1"), Hand("2001:db8::1", "2001:db8::2")),
    ("vxlan", "tos"): (Hand(16, 32),),
    ("bond", "mode"): (Hand("802.3ad", "balance-alb"), Hand("balance-xor", "broadcast")),
    ("team", "mode"): (Hand("activebackup", "loadbalance"), Hand("random", "roundrobin")),
}

# (kind or "", row) → why it is not tried.
_NO_ND = "a device that asks for no neighbours (inet6_set_iftoken)"
UNTRIED: Mapping[tuple[str, str], str] = {
    ("vlan", "token"): "the link below is a dummy, and vlan_dev_init takes its IFF_NOARP over",
    **{
        (kind, "token"): _NO_ND
        for kind in (
            "lo",
            "dummy",
            "ifb",
            "nlmon",
            "vrf",
            "tun",
            "gre",
            "ip6gre",
            "ipip",
            "sit",
            "ip6tnl",
            "vti",
            "vti6",
            "xfrm",
            "wireguard",
            "bareudp",
            "gtp",
            "vcan",
            "vxcan",
        )
    },
    **{
        (kind, "underlay"): "needs a second namespace: tests/kernel/test_tunnel_kinds.py"
        for kind in (
            "gre",
            "gretap",
            "erspan",
            "ip6gre",
            "ip6gretap",
            "ip6erspan",
            "ipip",
            "sit",
            "ip6tnl",
            "vti",
            "vti6",
            "xfrm",
            "geneve",
            "bareudp",
            "gtp",
        )
    },
    ("ip6erspan", "icsum"): "no ERSPAN link may have it (ip6erspan_tap_validate) but one that is `external`",
    ("ip6erspan", "ocsum"): "no ERSPAN link may have it (ip6erspan_tap_validate) but one that is `external`",
    ("gtp", "create_sockets"): "always true: a configuration cannot hand over sockets",
    ("", "peer"): "another name is the same pair renamed, another namespace a pair made anew: tests/cases/peer-moves-namespace",
    ("macsec", "offload"): "needs hardware, or netdevsim: tests/kernel/test_physical.py",
    ("hsr", "interlink"): "the kernel does not tell it: tests/kernel/test_more_kinds.py",
}

# Kinds of which a namespace has one, always or on some kernels (gtp before IFLA_GTP_LOCAL): each row has a namespace of its own.
ALONE = frozenset(("lo", "gtp"))

# What a kernel was built without it takes and forgets (and never dumps), or refuses (EINVAL): row → option.
OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("encap", *(f"encap_{name}" for name in ("sport", "dport", "csum", "csum6", "remcsum"))), "CONFIG_NET_FOU"),
    **dict.fromkeys(("prefix_6rd", "prefixlen_6rd", "relay_prefix_6rd", "relay_prefixlen_6rd"), "CONFIG_IPV6_SIT_6RD"),
    "rx_queues": "CONFIG_RPS",
    **dict.fromkeys(("nf_call_iptables", "nf_call_ip6tables", "nf_call_arptables"), "CONFIG_BRIDGE_NETFILTER"),
    **dict.fromkeys(
        ("vlan_protocol", "vlan_default_pvid", "vlan_stats_enabled", "vlan_stats_per_port"), "CONFIG_BRIDGE_VLAN_FILTERING"
    ),
}


@dataclass(slots=True)
class Case:
    """One row of one subject. ``link`` is tried; ``others`` are the links it needs, in the same namespace.

    subject: a kind of link, or ``bridge-port``: a port of such a controller, with what is written under ``port_options``.
    """

    subject: str
    row_name: str
    row: Attr
    serial: int
    a: Any = None
    b: Any = None
    body: Body = field(default_factory=dict)
    options: Body = field(default_factory=dict)
    once: Body = field(default_factory=dict)
    others: dict[str, Body] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    why_not: str = ""

    @property
    def link(self) -> str:
        return "lo" if self.subject == "lo" else f"x{self.serial}"

    @property
    def attribute(self) -> str:
        """What the row is called among the link's attributes."""
        return f"{PREFIX}{self.row_name}" if self.subject.endswith(PORT) else self.row_name

    def links(self, second: bool) -> dict[str, Body]:
        value = self.b if second else self.a
        row = {self.row_name: value}
        own = {"port_options": {**self.options, **row}} if self.subject.endswith(PORT) else row
        body = {**self.body, **({} if second else self.once)}
        return {**self.others, self.link: {**{key: value for key, value in body.items() if value is not None}, **own}}


PORT = "-port"


def subjects() -> tuple[str, ...]:
    """Every kind, and the ports of every kind of controller that has options for them."""
    return (*kind_names(), *(f"{kind}{PORT}" for kind in port_kinds()))


def model(subject: str) -> type[Link | Port]:
    return port_class(subject.removesuffix(PORT)) if subject.endswith(PORT) else kind_class(subject)


def cases(subject: str) -> Iterator[Case]:
    """A case for every row of the subject that can be set, and for every value of its own enumerations."""
    serial = 0
    for name, row in model(subject).rows().items():
        if row.change is not Change.READ_ONLY:
            first = HAND.get((subject, name)) or HAND.get(("", name)) or Hand()
            for hand in (first, *MORE.get((subject, name), ()), *_further(subject, name, row, first)):
                yield _port(subject, name, row, serial, hand) if subject.endswith(PORT) else _link(subject, name, row, serial, hand)
                serial += 1


def _further(subject: str, name: str, row: Attr, hand: Hand) -> Iterator[Hand]:
    """The values of an enumeration that the first pair leaves out, each after the one before it."""
    if subject.endswith(PORT) or name not in kind_class("").rows():
        words = list(row.convert.numbers) if isinstance(row.convert, Names) else []
        for one, other in zip(words[2:], words[1:], strict=False):
            yield replace(hand, a=one, b=other)


def _link(kind: str, name: str, row: Attr, serial: int, hand: Hand) -> Case:
    cls = kind_class(kind)
    case = Case(kind, name, row, serial, needs={kind} if cls.MAKER != "none" else set())
    case.why_not = UNTRIED.get((kind, name)) or UNTRIED.get(("", name), "")
    if kind == "physical":
        case.why_not = "needs a network card"
    if case.why_not:
        return case
    case.body = {"kind": kind, **BODIES.get(kind, lambda number: {})(serial)}
    for required, about in cls.model_fields.items():
        if about.is_required() and required in cls.rows() and cls.rows()[required].ref:
            case.body[required] = _lower(case, "st"[required.endswith("2")])
        elif about.is_required() and required not in case.body:
            case.body[required] = _required(cls, required, serial)
    if cls.PAIR:
        case.body["peer"] = f"p{serial}"
    if cls.PARENT_REQUIRED and "parent" not in case.body:
        case.body["parent"] = _lower(case, "l")
    case.body |= hand.more
    case.once = hand.once
    if name == "controller":
        _controllers(case, kind)
    else:
        _values(case, cls, hand)
    return case


def _port(subject: str, name: str, row: Attr, serial: int, hand: Hand) -> Case:
    """A port of a controller of its own, which has what ``hand.lower`` says."""
    controller = subject.removesuffix(PORT)
    case = Case(subject, name, row, serial, needs={controller}, why_not=UNTRIED.get((subject, name), ""))
    case.others[f"c{serial}"] = {"kind": controller, **hand.lower}
    case.body = {"kind": "veth", "peer": f"p{serial}", "controller": f"c{serial}"}  # with a MAC that a bond can set
    case.options = {
        key: _lower(case, "b", {"controller": f"c{serial}"}) if value == "@" else value for key, value in hand.more.items()
    }
    if row.ref:
        case.a, case.b = (_lower(case, letter, {"controller": f"c{serial}"}) for letter in "lm")
    else:
        _values(case, port_class(controller), hand)
    return case


def _values(case: Case, cls: type[Link | Port], hand: Hand) -> None:
    if hand.a is not None:
        case.a, case.b = hand.a, hand.b
    elif case.row.ref:
        case.a, case.b = _lower(case, "l", hand.lower), _lower(case, "m", hand.lower)
    else:
        try:
            case.a, case.b = pair(cls, case.row_name, case.row, case.serial)
        except Underivable as error:
            case.why_not = f"failed: {error}; name them in tests/scope/cases.py"


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
    """A link to be stacked on, or to be a port, which every kernel has."""
    name = f"{letter}{case.serial}"
    case.others[name] = {"kind": "ifb", **{key: case.link if value == "@" else value for key, value in (more or {}).items()}}
    return name


def _controllers(case: Case, kind: str) -> None:
    controller = PORT_OF.get(kind, "bridge" if kind_class(kind).ETHERNET else "vrf")
    if not controller:
        case.why_not = "cannot be a port"
        return
    for place, letter in enumerate("cd"):
        more = {"table": 100_000 + 2 * case.serial + place} if controller == "vrf" else {}
        case.others[f"{letter}{case.serial}"] = {"kind": controller, **more}
    case.a, case.b = f"c{case.serial}", f"d{case.serial}"
    case.needs.add(controller)
