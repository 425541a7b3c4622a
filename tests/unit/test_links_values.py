"""What the link kinds accept, refuse and complain about; and that conversions lose nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nsmgr.model.base import Names, Scale
from nsmgr.model.convert import BridgeId, Flag, HeaderBits, Listed, Mixed, Nest, Pairs, Struct, by_number
from nsmgr.model.links import kind_class
from nsmgr.model.links.base import Link

REQUIRED: dict[str, dict[str, Any]] = {
    "vxlan": {"id": 7}, "vlan": {"id": 5, "parent": "eth0"}, "vrf": {"table": 10}, "macvlan": {"parent": "eth0"},
    "macvtap": {"parent": "eth0"}, "ipvlan": {"parent": "eth0"}, "ipvtap": {"parent": "eth0"},
    "physical": {"match": {"name": "eth0"}},
}  # fmt: skip


def make(kind: str, **fields: Any) -> Link:
    return kind_class(kind).model_validate(REQUIRED.get(kind, {}) | fields)


def faults(kind: str, name: str = "x", **fields: Any) -> set[str]:
    """The fields that problems() names."""
    return {field for field, _, _ in make(kind, **fields).problems(name)}


@pytest.mark.parametrize(
    ("kind", "field", "written", "value"),
    [
        ("bridge", "hello_time", "1s", 1000),
        ("bridge", "hello_time", 2, 2000),
        ("bridge", "max_age", "40s", 40_000),
        ("bridge", "forward_delay", 0, 0),
        ("bridge", "ageing_time", "0.5s", 500),
        ("bridge", "group_fwd_mask", 8, 8),
        ("bridge", "group_address", "01-80-C2-00-00-0E", "01:80:c2:00:00:0e"),
        ("bridge", "mcast_router", 2, "permanent"),
        ("bridge", "mcast_router", "auto", "auto"),
        ("bridge", "vlan_protocol", "802.1AD", "802.1ad"),
        ("bridge", "vlan_default_pvid", 0, 0),
        ("vxlan", "id", 2**24 - 1, 2**24 - 1),
        ("vxlan", "srcport", [1024, 2048], (1024, 2048)),
        ("vxlan", "srcport", "1024-2048", (1024, 2048)),
        ("vxlan", "tos", "inherit", "inherit"),
        ("vxlan", "tos", 1, "inherit"),
        ("vxlan", "tos", 16, 16),
        ("vxlan", "df", 1, "set"),
        ("vxlan", "remote", "2001:DB8::1", "2001:db8::1"),
        ("vxlan", "ageing", "10m", 600_000),
        ("vxlan", "ttl", 64, 64),
        ("macvlan", "mode", "passthru", "passthru"),
        ("macvlan", "mode", 4, "bridge"),
        ("macvlan", "macaddrs", ["02:00:00:00:00:02", "02:00:00:00:00:01", "02:00:00:00:00:02"],
         ("02:00:00:00:00:01", "02:00:00:00:00:02")),
        ("vlan", "id", 0, 0),
        ("vlan", "id", 4094, 4094),
        ("vlan", "protocol", "802.1q", "802.1Q"),
        ("vlan", "ingress_qos", {3: 5, 0: 1}, ((0, 1), (3, 5))),
        ("vlan", "egress_qos", [[3, 5], [0, 0]], ((3, 5),)),
        ("vrf", "table", 2**32 - 1, 2**32 - 1),
        ("ipvlan", "mode", "l3s", "l3s"),
        ("ipvlan", "flags", "vepa", "vepa"),
        ("bond", "mode", "802.3ad", "802.3ad"),
        ("bond", "mode", 4, "802.3ad"),
        ("bond", "miimon", "100ms", 100),
        ("bond", "xmit_hash_policy", "layer3+4", "layer3+4"),
        ("bond", "arp_ip_target", ["10.0.0.1", "10.0.0.2"], ("10.0.0.1", "10.0.0.2")),
        ("bond", "lp_interval", "3s", 3000),
    ],
)  # fmt: skip
def test_accepts(kind: str, field: str, written: Any, value: Any) -> None:
    assert getattr(make(kind, **{field: written}), field) == value


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("bridge", {"hello_time": "0.9s"}),
        ("bridge", {"hello_time": "11s"}),
        ("bridge", {"max_age": "5s"}),
        ("bridge", {"max_age": "41s"}),
        ("bridge", {"group_fwd_mask": 4}),
        ("bridge", {"group_fwd_mask": 65536}),
        ("bridge", {"group_address": "01:80:c2:00:00:02"}),
        ("bridge", {"group_address": "01:80:c2:00:00:10"}),
        ("bridge", {"mcast_query_interval": "0.5s"}),
        ("bridge", {"mcast_igmp_version": 1}),
        ("bridge", {"mcast_mld_version": 3}),
        ("bridge", {"vlan_default_pvid": 4095}),
        ("bridge", {"mcast_router": 3}),
        ("bridge", {"nonsense": 1}),
        ("vxlan", {"id": 2**24}),
        ("vxlan", {"id": -1}),
        ("vxlan", {"remote": "10.0.0.300"}),
        ("vxlan", {"remote": "0.0.0.0"}),
        ("vxlan", {"local": "::"}),
        ("vxlan", {"port": 65536}),
        ("vxlan", {"srcport": [2, 1]}),
        ("vxlan", {"srcport": [1]}),
        ("vxlan", {"ttl": 256}),
        ("vxlan", {"ttl": "none"}),
        ("vxlan", {"tos": 256}),
        ("vxlan", {"label": 2**20}),
        ("vxlan", {"ageing": 0}),
        ("vxlan", {"ageing": "1.5s"}),
        ("macvlan", {"mode": "vebpa"}),
        ("macvlan", {"macaddrs": ["01:00:00:00:00:01"]}),
        ("vlan", {"id": 4095}),
        ("vlan", {"protocol": "802.3"}),
        ("vlan", {"ingress_qos": {8: 1}}),
        ("vlan", {"egress_qos": {0: 8}}),
        ("vlan", {"egress_qos": "3:5"}),
        ("vrf", {"table": 0}),
        ("vrf", {"table": 2**32}),
        ("ipvlan", {"mode": "l4"}),
        ("bond", {"mode": 7}),
        ("bond", {"ad_user_port_key": 1024}),
        ("bond", {"ad_actor_sys_prio": 0}),
        ("bond", {"peer_notify_delay": "301s"}),
        ("bond", {"arp_ip_target": ["10.0.0.1"] * 17}),
        ("physical", {"match": {}}),
        ("physical", {"match": {"name": "a", "mac": "02:00:00:00:00:01"}}),
        ("tun", {"owner": -1}),
    ],
)  # fmt: skip
def test_refuses(kind: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make(kind, **fields)


@pytest.mark.parametrize("kind", ["vlan", "vrf", "physical"])
def test_what_a_kind_cannot_do_without(kind: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        kind_class(kind).model_validate({})


def test_a_duration_out_of_range_is_told_in_seconds() -> None:
    with pytest.raises(ValidationError, match=r"1s to 10s \(BR_MIN_HELLO_TIME"):
        make("bridge", hello_time="500ms")


@pytest.mark.parametrize(
    ("kind", "fields", "named"),
    [
        ("veth", {}, set()),
        ("veth", {"peer": "x"}, {"peer"}),
        ("veth", {"mtu": 67}, {"mtu"}),
        ("veth", {"mtu": 65535}, set()),
        ("veth", {"parent": "eth0"}, {"parent"}),
        ("tap", {"mtu": 65522}, {"mtu"}),
        ("ifb", {"mtu": 1}, set()),
        ("vrf", {"mtu": 1279}, {"mtu"}),
        ("lo", {}, {"kind"}),
        ("bridge", {"parent": "eth0"}, {"parent"}),
        ("bridge", {"forward_delay": 0}, set()),
        ("bridge", {"forward_delay": 0, "stp": False}, set()),
        ("bridge", {"forward_delay": 0, "stp": True}, {"forward_delay"}),
        ("bridge", {"forward_delay": 30, "stp": True}, set()),
        ("bridge", {"stp_mode": "user"}, set()),
        ("bridge", {"stp_mode": "user", "stp": True}, {"stp_mode"}),
        ("bridge", {"mcast_vlan_snooping": True}, {"mcast_vlan_snooping"}),
        ("bridge", {"mcast_vlan_snooping": True, "vlan_filtering": True}, set()),
        ("bridge", {"mcast_querier": True, "mcast_snooping": False}, {"mcast_querier"}),
        ("bridge", {"bridge_id": "8000.02:00:00:00:00:01"}, {"bridge_id"}),
        ("vxlan", {}, set()),
        ("vxlan", {"id": None}, {"id"}),
        ("vxlan", {"id": None, "external": True}, set()),
        ("vxlan", {"remote": "239.1.1.1"}, {"remote"}),
        ("vxlan", {"remote": "239.1.1.1", "parent": "eth0"}, set()),
        ("vxlan", {"remote": "ff05::1"}, {"remote"}),
        ("vxlan", {"remote": "fe80::1"}, {"remote"}),
        ("vxlan", {"remote": "fe80::1", "parent": "red/eth0"}, set()),
        ("vxlan", {"local": "239.1.1.1"}, {"local"}),
        ("vxlan", {"local": "10.0.0.1", "remote": "2001:db8::1"}, {"local"}),
        ("vxlan", {"label": 5, "remote": "10.0.0.1"}, {"label"}),
        ("vxlan", {"label": 5, "remote": "2001:db8::1"}, set()),
        ("vxlan", {"vnifilter": True}, {"vnifilter"}),
        ("vxlan", {"gpe": True}, {"gpe"}),
        ("vxlan", {"gpe": True, "external": True, "learning": False}, set()),
        ("vxlan", {"gpe": True, "external": True, "learning": False, "gbp": True}, {"gbp"}),
        ("vxlan", {"parent": "x"}, {"parent"}),
        ("macvlan", {"parent": None}, {"parent"}),
        ("macvlan", {"macaddrs": ["02:00:00:00:00:01"]}, {"macaddrs"}),
        ("macvlan", {"macaddrs": ["02:00:00:00:00:01"], "mode": "source"}, set()),
        ("macvtap", {"parent": None}, {"parent"}),
        ("vlan", {"parent": None}, {"parent"}),
        ("vlan", {"parent": "host/eth0"}, set()),
        ("ipvlan", {"parent": None}, {"parent"}),
        ("ipvlan", {"mac": "02:00:00:00:00:01"}, {"mac"}),
        ("tun", {"mac": "02:00:00:00:00:01"}, {"mac"}),
        ("tun", {"persist": True}, {"persist"}),
        ("tap", {"queues": 4}, {"queues"}),
        ("tap", {"tx_queues": 4}, {"tx_queues"}),
        ("tap", {"mac": "02:00:00:00:00:01", "controller": "br0"}, set()),
        ("bond", {"primary": "eth0"}, {"primary"}),
        ("bond", {"primary": "eth0", "mode": "active-backup"}, set()),
        ("bond", {"active_slave": "eth0", "mode": "active-backup"}, {"active_slave"}),
        ("bond", {"miimon": "100ms", "arp_interval": "1s", "arp_ip_target": ["10.0.0.1"]}, {"arp_interval"}),
        ("bond", {"arp_interval": "1s"}, {"arp_interval"}),
        ("bond", {"arp_interval": "1s", "arp_ip_target": ["10.0.0.1"]}, set()),
        ("bond", {"arp_interval": "1s", "arp_ip_target": ["10.0.0.1"], "mode": "802.3ad"}, {"arp_interval"}),
        ("bond", {"arp_ip_target": ["2001:db8::1"]}, {"arp_ip_target"}),
        ("bond", {"ns_ip6_target": ["10.0.0.1"]}, {"ns_ip6_target"}),
        ("bond", {"updelay": "200ms"}, {"updelay"}),
        ("bond", {"updelay": "200ms", "miimon": "100ms"}, set()),
        ("bond", {"updelay": "250ms", "miimon": "100ms"}, {"updelay"}),
        ("bond", {"downdelay": "200ms", "mode": "802.3ad"}, set()),
        ("bond", {"lacp_rate": "fast"}, {"lacp_rate"}),
        ("bond", {"lacp_rate": "fast", "mode": "802.3ad"}, set()),
        ("bond", {"packets_per_slave": 5, "mode": "802.3ad"}, {"packets_per_slave"}),
        ("bond", {"ad_actor_system": "01:00:00:00:00:01", "mode": "802.3ad"}, {"ad_actor_system"}),
    ],
)  # fmt: skip
def test_problems(kind: str, fields: dict[str, Any], named: set[str]) -> None:
    assert faults(kind, **fields) == named


def test_lo_is_called_lo() -> None:
    assert faults("lo", "lo", mtu=1_000_000) == set()
    assert faults("lo", "lo", controller="br0", mac="02:00:00:00:00:01") == {"controller", "mac"}


def test_ttl_inherit_is_an_attribute_of_its_own() -> None:
    with pytest.raises(ValidationError, match="write `ttl_inherit: true`"):
        make("vxlan", ttl="inherit")


# ------------------------------------------------------------------------------------------------------------ conversions

u16, u32 = st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
macs = st.binary(min_size=6, max_size=6).map(lambda octets: octets.hex(":"))


def back(convert: Any, value: Any) -> Any:
    return convert.from_wire(convert.to_wire(value))


@given(st.booleans())
def test_flag(value: bool) -> None:
    assert Flag().to_wire(value) == (True if value else None)
    assert Flag().from_wire(value) is value


@given(st.integers(0, 255))
def test_mixed(number: int) -> None:
    mixed = Mixed({"inherit": 1})
    assert mixed.from_wire(number) == ("inherit" if number == 1 else number)
    assert mixed.to_wire(mixed.from_wire(number)) == number


@given(st.tuples(u16, u16))
def test_struct(value: tuple[int, int]) -> None:
    assert back(Struct(("low", "high")), value) == value


@given(st.lists(st.ip_addresses(v=4).map(str)).map(tuple))
def test_listed(value: tuple[str, ...]) -> None:
    assert back(Listed(), value) == value


@given(st.lists(macs, unique=True).map(lambda found: tuple(sorted(found))))
def test_nest(value: tuple[str, ...]) -> None:
    assert back(Nest("IFLA_MACVLAN_MACADDR"), value) == value


@given(st.dictionaries(st.integers(0, 7), u32).map(lambda found: tuple(sorted(found.items()))))
def test_pairs(value: tuple[tuple[int, int], ...]) -> None:
    assert back(Pairs("IFLA_VLAN_QOS_MAPPING"), value) == value


@given(st.integers(0, 2**64 - 1))
def test_header_bits(value: int) -> None:
    assert back(HeaderBits(), value) == value


@given(u16, macs)
def test_bridge_id(priority: int, address: str) -> None:
    assert back(BridgeId(), f"{priority:04x}.{address}") == f"{priority:04x}.{address}"


def test_bridge_id_priority_is_big_endian() -> None:
    from sys import byteorder

    prio = int.from_bytes(b"\x80\x00", byteorder)
    assert BridgeId().from_wire({"prio": prio, "addr": "02:00:00:00:00:01"}) == "8000.02:00:00:00:00:01"


@given(st.integers(0, 2**32 * 10 - 1))
def test_clock_loses_less_than_a_tick(milliseconds: int) -> None:
    assert 0 <= milliseconds - back(Scale(100), milliseconds) < 10


@given(st.sampled_from(["None", "none", 0, "ALL", 1, True, 2.5, None]))
def test_by_number_leaves_strangers_to_validation(value: Any) -> None:
    names = Names({"none": 0, "all": 1})
    expected = {"None": "none", "none": "none", "ALL": "all"}.get(value, value) if isinstance(value, str) else value
    if isinstance(value, int) and not isinstance(value, bool):
        expected = ("none", "all")[value]
    assert by_number(names).func(value) == expected  # type: ignore[call-arg] # pydantic's union of validator signatures
