"""Addresses, routes and rules: what goes out comes back canonical; defaults; every truncation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from nsmgr.kernel import messages, reading
from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.describe import describe
from nsmgr.kernel.port import EVERYTHING, KERNEL_ROUTES, LOCAL_ROUTES
from nsmgr.kernel.port import ROUTES as WITH_ROUTES
from nsmgr.plan.plan import Verb
from nsmgr.plan.state import Address, NetnsState, NextHop, Route, Rule
from tests.wire.support import dumps, no_fd, step

NAMES = {1: "lo", 10: "v0", 11: "v1", 12: "br0"}
INDEXES = {name: index for index, name in NAMES.items()}


def encoded(verb: Verb, obj: Any, **args: Any) -> bytes:
    (raw,) = messages.encode(step(verb, index=10, name="v0", obj=obj, args={"indexes": INDEXES, **args}), no_fd)
    return raw


ADDRESSES = [
    Address("v0", "10.0.0.1/24"),
    Address("v0", "10.0.0.1 peer 10.0.0.2/32", {"label": "v0:1", "scope": "link"}),
    Address("v0", "127.0.0.1/8"),
    Address("v0", "10.0.0.1/8", {"broadcast": "10.255.255.255", "metric": 7, "proto": 9, "noprefixroute": True}),
    Address("v0", "2001:db8::1/64", {"nodad": True, "home": True, "mngtmpaddr": True}),
    Address("v0", "ff05::77/128", {"optimistic": True, "autojoin": True}),
    Address("v0", "fe80::1/64", {"scope": "77", "valid_lifetime": 90_000, "preferred_lifetime": 0}),
    Address("v0", "2001:db8::1 peer 2001:db8::2/128", {"valid_lifetime": 5_000}),
]


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.address)
def test_address_comes_back(address: Address) -> None:
    raw = encoded(Verb.ADDR_ADD, address)
    read = messages.decode_address(raw, 16, len(raw), NAMES)
    assert read is not None
    assert (read.link, read.address) == (address.link, address.address)
    expected = {"proto": 78, "scope": "host" if "127" in address.address else "global", **address.attrs}
    if "valid_lifetime" in expected:
        expected.setdefault("preferred_lifetime", expected["valid_lifetime"])  # the kernel: never longer than valid
    assert {name: read.attrs[name] for name in expected} == expected


def test_address_flags_of_the_request() -> None:
    address = ADDRESSES[0]
    assert describe(encoded(Verb.ADDR_ADD, address))["flags"] == ["REQUEST", "EXCL", "CREATE"]
    assert describe(encoded(Verb.ADDR_ADD, address, replace=True))["flags"] == ["REQUEST", "REPLACE", "CREATE"]
    deleted = describe(encoded(Verb.ADDR_DEL, ADDRESSES[1]))
    assert deleted["attributes"] == [["IFA_LOCAL", "10.0.0.1"], ["IFA_ADDRESS", "10.0.0.2"], ["IFA_LABEL", "v0:1"]]
    assert (deleted["header"]["prefixlen"], deleted["header"]["index"]) == (32, 10)


def test_addresses_of_unknown_links_and_families_are_left_out() -> None:
    raw = encoded(Verb.ADDR_ADD, ADDRESSES[0])
    assert messages.decode_address(raw, 16, len(raw), {}) is None
    mctp = raw[:16] + b"\x2d" + raw[17:]
    assert messages.decode_address(mctp, 16, len(mctp), NAMES) is None


ROUTES = [
    Route("0.0.0.0/0", nexthops=(NextHop("10.0.0.2", "v0"),)),
    Route("::/0", metric=1024, nexthops=(NextHop("fe80::1", "v0"),)),
    Route("10.9.0.0/16", nexthops=(NextHop("", "v0"),)),
    Route("10.9.0.0/16", 1000, 50, 16, (NextHop("10.0.0.2", "v0", 1, True),), {"mtu": 1300, "advmss": 1200, "prefsrc": "10.0.0.1"}),
    Route("10.9.0.0/16", nexthops=(NextHop("2001:db8::1", "v0"),), attrs={"proto": 4}),
    Route("10.9.0.0/16", nexthops=(NextHop("10.0.0.2", "v0", 256), NextHop("fe80::1", "v1", 1, True), NextHop("", "br0"))),
    Route("2001:db8::/32", 255, 7, nexthops=(NextHop("fe80::1", "v0", 3), NextHop("fe80::2", "v1")), attrs={"hoplimit": 9}),
    Route("192.0.2.0/24", 100, 50, attrs={"type": "blackhole"}),
    Route("2001:db8::/32", metric=1024, attrs={"type": "prohibit"}),
    Route("10.1.1.1/32", 255, nexthops=(NextHop("", "lo"),), attrs={"type": "local", "scope": "host"}),
    Route("10.9.0.0/16", attrs={"nhid": 7}),
    Route("10.9.0.0/16", nexthops=(NextHop("10.0.0.2", "v0"),), attrs={"congctl": "cubic", "quickack": True, "realms": 0xA0014}),
    Route("10.9.0.0/16", nexthops=(NextHop("10.0.0.2", "v0"),), attrs={"cwnd": 5, "lock": ("mtu", "cwnd"), "rttvar": 7}),
    *(
        Route(to, metric=1024 if ":" in to else 0, nexthops=(NextHop("fe80::2", "v0", encap=encap),))
        for to, encap in (
            ("10.9.0.0/16", "mpls 100/200 ttl 7"),
            ("10.9.0.0/16", "ip id 30 src 10.0.0.1 dst 10.0.0.9 ttl 3 tos 4 key csum seq"),
            ("2001:db8::/32", "ip6 id 30 src fd00::1 dst fd00::9 hoplimit 3 tc 4 key"),
            ("2001:db8::/32", "seg6 mode inline segs fd00::1,fd00::2"),
            ("2001:db8::/32", "seg6 mode l2encap.red segs fd00::1 hmac 5"),
            ("2001:db8::/32", "seg6local action End.X nh6 fe80::1 flavors next-csid lblen 48 nflen 8 count"),
            ("2001:db8::/32", "seg6local action End.DX2 oif v1"),
            ("2001:db8::/32", "seg6local action End.DT46 vrftable 100"),
            ("2001:db8::/32", "seg6local action End.T table 100"),
            ("2001:db8::/32", "seg6local action End.DX4 nh4 10.0.0.2"),
            ("2001:db8::/32", "seg6local action End.B6 srh segs fd00::1,fd00::2"),
            ("2001:db8::/32", "seg6local action End.B6.Encaps srh segs fd00::1 hmac 7"),
            ("2001:db8::/32", "xfrm if_id 7 link_dev v1"),
        )
    ),
    Route("mpls 100", nexthops=(NextHop("10.0.0.2", "v0", labels="200/300"), NextHop("fe80::1", "v1", 3, labels="16"))),
]


def decoded_cut(raw: bytes) -> None:
    """Every truncation of a message is a CodecError or something shorter, never another exception."""
    for end in range(16, len(raw)):
        with contextlib.suppress(CodecError):
            messages.decode_route(raw[:end], 16, end, NAMES)


def test_a_link_in_an_encapsulation_without_a_name() -> None:
    route = Route("2001:db8::/32", nexthops=(NextHop("", "v0", encap="seg6local action End.DX2 oif v1"),))
    raw = encoded(Verb.ROUTE_ADD, route)
    for names, shown in ((NAMES, "v1"), ({10: "v0"}, "?/#11"), ({10: "v0", 11: "other"}, "other")):
        read = messages.decode_route(raw, 16, len(raw), names)
        assert read is not None
        assert read.nexthops[0].encap == f"seg6local action End.DX2 oif {shown}"


def test_what_a_next_hop_object_says_is_not_the_routes() -> None:
    """net.ipv4.nexthop_compat_mode shows gateway and device as well; a blackhole object makes the type a blackhole."""
    raw = bytearray(encoded(Verb.ROUTE_ADD, Route("10.9.0.0/16", attrs={"nhid": 7})))
    raw[23] = 6  # RTN_BLACKHOLE
    raw += bytes((8, 0, 4, 0, 10, 0, 0, 0))  # RTA_OIF 10
    read = messages.decode_route(raw, 16, len(raw), NAMES)
    assert read is not None
    assert (read.nexthops, read.attrs["type"], read.attrs["nhid"]) == ((), "unicast", 7)


def test_a_route_that_expires_is_read_anew() -> None:
    """rta_expires is no part of what is learnt about a route (:class:`nsmgr.kernel.routedecode.Pattern`)."""
    plain = encoded(Verb.ROUTE_ADD, Route("2001:db8::/32", 254, 1024, 0, (NextHop("", "v0"),)))
    for ticks, shown in ((0, None), (9000, 90_000), (8999, 89_990), (-5, 0)):
        used = bytes((7, 0, 0, 0)) + bytes((9, 0, 0, 0)) + ticks.to_bytes(4, "little", signed=True) + bytes(20)
        raw = plain + bytes((36, 0, 12, 0)) + used  # RTA_CACHEINFO
        read = messages.decode_route(raw, 16, len(raw), NAMES)
        assert read is not None
        assert read.attrs.get("expires") == shown


@pytest.mark.parametrize("number", [3, 6, 8, 9, 77])
def test_encapsulations_that_nobody_can_say_are_named(number: int) -> None:
    plain = encoded(Verb.ROUTE_ADD, Route("2001:db8::/32", nexthops=(NextHop("", "v0"),)))
    raw = plain + bytes((6, 0, 21, 0, number, 0, 0, 0)) + bytes((8, 0, 22, 0x80, 1, 2, 3, 4))
    read = messages.decode_route(raw, 16, len(raw), NAMES)
    assert read is not None
    assert read.nexthops[0].encap in ("ila", "bpf", "rpl", "ioam6", "type77")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.to}-{len(route.nexthops)}-{route.attrs.get('type', '')}")
def test_route_comes_back(route: Route) -> None:
    raw = encoded(Verb.ROUTE_ADD, route)
    read = messages.decode_route(raw, 16, len(raw), NAMES)
    assert read is not None
    assert (read.key, read.nexthops) == (route.key, route.nexthops)
    assert decoded_cut(raw) is None
    direct = len(route.nexthops) == 1 and not route.nexthops[0].via and ":" not in route.to
    assert read.attrs == {"type": "unicast", "proto": 78, "scope": "link" if direct else "global", **route.attrs}


def test_route_flags_scope_and_deletion() -> None:
    route = Route("10.9.0.0/16", nexthops=(NextHop("10.0.0.2", "v0"),), attrs={"mtu": 1300})
    assert describe(encoded(Verb.ROUTE_ADD, route))["flags"] == ["REQUEST", "EXCL", "CREATE"]
    assert describe(encoded(Verb.ROUTE_ADD, route, replace=True))["flags"] == ["REQUEST", "REPLACE", "CREATE"]
    deleted = describe(encoded(Verb.ROUTE_DEL, route))
    assert (deleted["type"], deleted["header"]["scope"], deleted["header"]["proto"]) == ("RTM_DELROUTE", 255, 0)
    assert deleted["attributes"] == [["RTA_DST", "10.9.0.0"], ["RTA_GATEWAY", "10.0.0.2"], ["RTA_OIF", 10]]
    observed = Route(
        "10.9.0.0/16", nexthops=(NextHop("10.0.0.2", "gone"),), attrs={"type": "unicast", "scope": "global", "proto": 4}
    )
    deleted = describe(encoded(Verb.ROUTE_DEL, observed, indexes={"gone": 0}))
    assert (deleted["header"]["scope"], deleted["header"]["proto"]) == (0, 4)
    assert [name for name, _ in deleted["attributes"]] == ["RTA_DST", "RTA_GATEWAY"], "an unknown device is not compared"


def test_routes_that_are_none() -> None:
    raw = bytearray(encoded(Verb.ROUTE_ADD, ROUTES[0]))
    raw[25] |= 0x02  # RTM_F_CLONED: a cached entry
    assert messages.decode_route(raw, 16, len(raw), NAMES) is None
    raw[25] &= ~0x02
    raw[16] = 45  # AF_MCTP
    assert messages.decode_route(raw, 16, len(raw), NAMES) is None


def test_the_kernels_own_routes_may_be_left_out() -> None:
    def read(kinds: int) -> list[Route]:
        state = NetnsState("recorded")
        reading.read_routes([(raw, 16, len(raw)) for raw in dumps()["routes"]], kinds, NAMES, state)
        return [route for routes in state.routes.values() for route in routes]

    def kernels(route: Route) -> int:
        return 0 if route.attrs["proto"] != 2 else LOCAL_ROUTES if route.table == 255 else KERNEL_ROUTES

    whole = read(EVERYTHING)
    assert len(whole) == len(dumps()["routes"])
    for left_out in (LOCAL_ROUTES, KERNEL_ROUTES, LOCAL_ROUTES | KERNEL_ROUTES):
        assert read(EVERYTHING & ~left_out) == [route for route in whole if not kernels(route) & left_out]
        assert any(kernels(route) & left_out for route in whole)
    ours = encoded(Verb.ROUTE_ADD, Route("10.9.0.0/16", 255, nexthops=(NextHop("", "lo"),), attrs={"type": "local"}))
    state = NetnsState("recorded")
    reading.read_routes([(ours, 16, len(ours))], WITH_ROUTES, {1: "lo"}, state)
    assert state.routes, "a declared one is seen"


def test_a_device_without_a_name() -> None:
    raw = encoded(Verb.ROUTE_ADD, ROUTES[0])
    read = messages.decode_route(raw, 16, len(raw), {})
    assert read is not None
    assert read.nexthops[0].dev == "?/#10"


def test_ipv6_discarding_routes_do_not_go_through_lo() -> None:
    raw = encoded(Verb.ROUTE_ADD, Route("2001:db8::/32", nexthops=(NextHop("", "lo"),), attrs={"type": "unreachable"}))
    read = messages.decode_route(raw, 16, len(raw), NAMES)
    assert read is not None
    assert (read.nexthops, read.metric) == ((), 1024)


RULES: list[dict[str, Any]] = [
    {"priority": 1, "family": "ipv4", "table": 100, "dscp": 46, "dscp_mask": 62, "tun_id": 2**40, "realms": 0xA0014},
    {"priority": 1, "family": "ipv6", "table": 100, "flowlabel": 5, "dscp": 0, "suppress_ifgroup": 7},
    {"priority": 1, "family": "ipv6", "table": 100, "flowlabel": 5, "flowlabel_mask": 255},
    {"priority": 1, "family": "ipv4", "table": 100, "sport": "80-80", "sport_mask": 0xFFF0, "dport": "90-90", "dport_mask": 0xF0},
    {"priority": 1000, "family": "ipv4", "from": "10.0.0.0/24", "table": 100},
    {"priority": 0, "family": "ipv6", "to": "2001:db8::/32", "table": 5000},
    {"priority": 5, "family": "ipv4", "fwmark": 5, "table": 254},
    {"priority": 5, "family": "ipv4", "fwmark": 5, "fwmask": 255, "iif": "a", "oif": "b", "tos": 16, "table": 254},
    {"priority": 5, "family": "ipv6", "fwmask": 7, "table": 254},
    {"priority": 5, "family": "ipv4", "type": "goto", "goto": 20, "invert": True},
    {"priority": 5, "family": "ipv4", "type": "blackhole", "ipproto": 6, "sport": "10-20", "dport": "80-80", "uidrange": "0-99"},
    {"priority": 5, "family": "ipv4", "type": "nop"},
    {"priority": 5, "family": "ipv4", "l3mdev": True},
    {"priority": 5, "family": "ipv4", "suppress_prefixlength": 0, "suppress_ifgroup": 3, "table": 254},
]


@pytest.mark.parametrize("attrs", RULES)
def test_rule_comes_back(attrs: dict[str, Any]) -> None:
    for proto, marked in ((0, 78), (4, 4)):
        raw = encoded(Verb.RULE_ADD, Rule(dict(attrs), proto))
        read = messages.decode_rule(raw, 16, len(raw))
        assert (read.attrs, read.proto) == (attrs, marked)
    raw = encoded(Verb.RULE_DEL, Rule(dict(attrs)))
    assert messages.decode_rule(raw, 16, len(raw)).proto == 0, "a protocol that is not known is not compared"
    assert describe(raw)["type"] == "RTM_DELRULE"


def test_the_kernels_own_rules() -> None:
    rules = [messages.decode_rule(raw, 16, len(raw)) for raw in dumps()["rules"]]
    own = [rule.attrs for rule in rules if rule.proto == 2 and rule.attrs["family"] == "ipv4"]
    assert own == [
        {"priority": 0, "family": "ipv4", "table": 255},
        {"priority": 32766, "family": "ipv4", "table": 254},
        {"priority": 32767, "family": "ipv4", "table": 253},
    ]
    assert {rule.attrs["family"] for rule in rules} - {"ipv4", "ipv6"} <= {"#128", "#129"}, "multicast routing has rules too"


@pytest.mark.parametrize(
    ("family", "decode"),
    [
        ("addresses", lambda raw, start, end: messages.decode_address(raw, start, end, NAMES)),
        ("routes", lambda raw, start, end: messages.decode_route(raw, start, end, NAMES)),
        ("rules", messages.decode_rule),
    ],
)
def test_cut_at_every_length(family: str, decode: Callable[[bytes, int, int], Any]) -> None:
    for raw in dumps()[family]:
        assert decode(raw, 16, len(raw)) is not None
        for end in range(16, len(raw)):
            with contextlib.suppress(CodecError):
                decode(raw[:end], 16, end)
        for at in range(16, len(raw)):
            garbled = raw[:at] + b"\xff" + raw[at + 1 :]
            with contextlib.suppress(CodecError):
                decode(garbled, 16, len(raw))
