"""Numbers and words of addresses, routes and rules: the kernel's enumerations, and text or number → canonical value.

The conversions raise ValueError with words for people. Pure, without pydantic.
"""

from __future__ import annotations

from nsmgr.model.attr import Fixed
from nsmgr.text import cidr, duration, ip, prefix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SCOPES: Mapping[str, int] = {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}  # rtnetlink.h RT_SCOPE_*
ADDRESS_PROTOCOLS: Mapping[str, int] = {"unspec": 0, "kernel_lo": 1, "kernel_ra": 2, "kernel_ll": 3}  # if_addr.h IFAPROT_*
TABLES: Mapping[str, int] = {"main": 254, "local": 255, "default": 253}  # rtnetlink.h RT_TABLE_*
# rtnetlink.h RTPROT_*, with the names of iproute2's rt_protos
PROTOCOLS: Mapping[str, int] = {
    "unspec": 0, "redirect": 1, "kernel": 2, "boot": 3, "static": 4, "gated": 8, "ra": 9, "mrt": 10, "zebra": 11, "bird": 12,
    "dnrouted": 13, "xorp": 14, "ntk": 15, "dhcp": 16, "mrouted": 17, "keepalived": 18, "babel": 42, "ovn": 84,
    "openr": 99, "bgp": 186, "isis": 187, "ospf": 188, "rip": 189, "eigrp": 192,
}  # fmt: skip
# rtnetlink.h RTN_*
TYPES: Mapping[str, int] = {
    "unicast": 1, "local": 2, "broadcast": 3, "anycast": 4, "multicast": 5,
    "blackhole": 6, "unreachable": 7, "prohibit": 8, "throw": 9,
}  # fmt: skip
NO_NEXTHOP = frozenset({"blackhole", "unreachable", "prohibit", "throw"})
IPV6_METRIC = 1024  # IP6_RT_PRIO_USER: what metric 0 becomes
# rtnetlink.h RTAX_*, in the order in which `lock` names them
METRICS: Mapping[str, int] = {
    "lock": 1, "mtu": 2, "window": 3, "rtt": 4, "rttvar": 5, "ssthresh": 6, "cwnd": 7, "advmss": 8, "reordering": 9,
    "hoplimit": 10, "initcwnd": 11, "features": 12, "rto_min": 13, "initrwnd": 14, "quickack": 15, "congctl": 16,
    "fastopen_no_cookie": 17,
}  # fmt: skip
FEATURES: Mapping[str, int] = {"ecn": 1, "sack": 2, "timestamp": 4, "allfrag": 8, "tcp_usec_ts": 16}  # RTAX_FEATURE_*
ACTIONS: Mapping[str, int] = {"lookup": 1, "goto": 2, "nop": 3, "blackhole": 6, "unreachable": 7, "prohibit": 8}  # FR_ACT_*
IP_PROTOCOLS: Mapping[str, int] = {
    "icmp": 1,
    "tcp": 6,
    "udp": 17,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "sctp": 132,
}  # in.h
_RANGE = r"(?a)(\d+)(?:-(\d+))?\Z"


def number_or_name(value: Any, names: Mapping[str, int], highest: int, what: str) -> int:
    """A number in 0…highest, or one of the names that stand for one."""
    if isinstance(value, str) and value in names:
        return names[value]
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or int(text) > highest:
        import difflib  # only where a word is wrong

        near = difflib.get_close_matches(text, names, 1)
        words = f"not a {what}: a number from 0 to {highest}, or {', '.join(names)}"
        raise ValueError(f"{words}; did you mean `{near[0]}`?" if near else words)
    return int(text)


def scope(value: Any) -> str:
    """A scope's name; a number without a name stays decimal text."""
    number = number_or_name(value, SCOPES, 255, "scope")
    return next((name for name, known in SCOPES.items() if known == number), str(number))


def lifetime(value: Any) -> int | str:
    """Milliseconds, or ``forever``."""
    if value == "forever":
        return "forever"
    milliseconds = duration(value)
    if milliseconds % 1000 or milliseconds >= (2**32 - 1) * 1000:
        raise ValueError("a lifetime is `forever` or whole seconds below 2**32-1 (struct ifa_cacheinfo)")
    return milliseconds


def address_protocol(value: Any) -> int:
    """IFA_PROTO by number or name."""
    return number_or_name(value, ADDRESS_PROTOCOLS, 255, "address protocol")


def local_address(value: Any) -> str:
    """An address with or without a prefix length; kept as written, because a peer decides what the length belongs to."""
    text = str(value)
    if "/" in text:
        return cidr(text)
    return ip(text)


def table(value: Any) -> int:
    """A table's number; 0 (RT_TABLE_UNSPEC) is none."""
    number = number_or_name(value, TABLES, 2**32 - 1, "routing table")
    if not number:
        raise ValueError("table 0 is no table: a number from 1 to 4294967295, or main, local, default")
    return number


def protocol(value: Any) -> int:
    """rtm_protocol by number or rt_protos name."""
    try:
        return number_or_name(value, PROTOCOLS, 255, "route protocol")
    except ValueError:
        import difflib  # only where a word is wrong

        near = difflib.get_close_matches(str(value), PROTOCOLS, 1)
        words = "not a route protocol: a number from 0 to 255, or kernel, boot, static, dhcp, bird, ospf, bgp …"
        raise ValueError(f"{words}; did you mean `{near[0]}`?" if near else words) from None


def destination(value: Any) -> str:
    """A prefix, or ``default``; a bare address is a host route."""
    return "default" if value == "default" else prefix(value)


def cidr_or_default(value: Any) -> str:
    """As :func:`destination`, with rules' word ``all`` for the same thing."""
    return "default" if value == "all" else destination(value)


def route_destination(value: Any) -> str:
    """As :func:`destination`; also an MPLS label, ``mpls 100``."""
    text = str(value)
    if text.startswith("mpls "):
        from nsmgr.model.encap import labels

        found = labels(text[5:].strip())
        if len(found) != 1:
            raise ValueError("an MPLS route is for one label")
        if found[0] < 16:
            raise ValueError("labels 0 to 15 are reserved (MPLS_LABEL_FIRST_UNRESERVED)")
        return f"mpls {found[0]}"
    return destination(value)


def realm_numbers(value: Any) -> int:
    """``to``, or ``from/to``: the kernel's number, 16 bits each (rtnl_from_inet_realm)."""
    source, slash, target = str(value).rpartition("/")
    parts = [source or "0", target] if slash else ["0", target]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32:
        return value
    if not all(part.isascii() and part.isdecimal() and int(part) < 2**16 for part in parts):
        raise ValueError("realms are a number, or FROM/TO, each from 0 to 65535")
    return int(parts[0]) << 16 | int(parts[1])


def names_of(value: Any, known: Mapping[str, int], what: str) -> list[str]:
    """A list of names, in the order of ``known``."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    for part in parts:
        if part not in known:
            raise ValueError(f"`{part}` is no {what}: {', '.join(known)}")
    return [name for name in known if name in parts]


def feature_names(value: Any) -> list[str]:
    """RTAX_FEATURES as names."""
    return names_of(value, FEATURES, "feature")


def locked(value: Any) -> list[str]:
    """RTAX_LOCK as names of metrics; rto_min always is."""
    return names_of(value, {name: number for name, number in METRICS.items() if name not in ("lock", "rto_min")}, "metric")


def members(value: Any) -> tuple[tuple[int, int], ...]:
    """Numbers of next hops, or mappings of ``id`` and ``weight`` → (id, weight), by id."""
    found: dict[int, int] = {}
    for part in value if isinstance(value, (list, tuple)) else [value]:
        body = part if isinstance(part, dict) else {"id": part}
        member, weight = body.get("id"), body.get("weight", 1)
        if not {"id", "weight"}.issuperset(body) or type(member) is not int or not 1 <= member < 2**32:
            raise ValueError("a member is the number of a next hop, or a mapping of `id` and `weight`")
        if type(weight) is not int or not 1 <= weight <= 65536:
            raise ValueError("a weight is a number from 1 to 65536 (256 before Linux 6.13)")
        if member in found:
            raise ValueError(f"next hop {member} stands in the group twice")
        found[member] = weight
    if not found:
        raise ValueError("a group has at least one member")
    return tuple(sorted(found.items()))


class Range(Fixed):
    """A number or ``low-high``, up to ``highest`` → ``low-high``."""

    __slots__ = ("highest",)

    def __init__(self, highest: int) -> None:
        self.highest = highest

    def __call__(self, value: Any) -> str:
        import re

        match = None if isinstance(value, bool) else re.match(_RANGE, str(value))
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not low <= high <= self.highest:
            raise ValueError(f"not a number or range low-high up to {self.highest}")
        return f"{low}-{high}"


def ip_protocol(value: Any) -> int:
    """An IP protocol's number."""
    return number_or_name(value, IP_PROTOCOLS, 255, "IP protocol")


# ethtool(8)'s short names and what each stands for (off_flag_def in its features.c)
FEATURE_GROUPS: Mapping[str, tuple[str, ...]] = {
    "rx": ("rx-checksum",),
    "tx": (
        "tx-checksum-ipv4",
        "tx-checksum-ip-generic",
        "tx-checksum-ipv6",
        "tx-checksum-fcoe-crc",
        "tx-checksum-sctp",
    ),
    "sg": ("tx-scatter-gather", "tx-scatter-gather-fraglist"),
    "tso": (
        "tx-tcp-segmentation",
        "tx-tcp-ecn-segmentation",
        "tx-tcp-mangleid-segmentation",
        "tx-tcp6-segmentation",
        "tx-tcp-accecn-segmentation",
    ),
    "ufo": ("tx-udp-fragmentation",),
    "gso": ("tx-generic-segmentation",),
    "gro": ("rx-gro",),
    "lro": ("rx-lro",),
    "rxvlan": ("rx-vlan-hw-parse",),
    "txvlan": ("tx-vlan-hw-insert",),
    "ntuple": ("rx-ntuple-filter",),
    "rxhash": ("rx-hashing",),
}
